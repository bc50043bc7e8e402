"""Daytona: its options, its operations, and its SDK behind the protocols of `vendors.base`.

Importing this package does not import the SDK; `open` and `warm_up` do.
"""

from evolve_pulumi.models.managed import Connection
from evolve_pulumi.vendors.base import Account, KindAtVendor
from evolve_pulumi.vendors.daytona import contradictions
from evolve_pulumi.vendors.daytona.connection import KEYS, connection, credentials
from evolve_pulumi.vendors.daytona.operations import LABELS_OPERATIONS, SANDBOX_OPERATIONS, SNAPSHOT_OPERATIONS
from evolve_pulumi.vendors.daytona.options import DaytonaOptions, DaytonaSnapshotOptions, limited

__all__ = ["connection", "credentials", "keys", "kinds", "limited", "open", "warm_up"]

keys = KEYS

kinds = {
    "sandbox": KindAtVendor(DaytonaOptions, SANDBOX_OPERATIONS, contradictions.of_sandbox),
    "snapshot": KindAtVendor(DaytonaSnapshotOptions, SNAPSHOT_OPERATIONS, contradictions.of_snapshot),
    "labels": KindAtVendor(None, LABELS_OPERATIONS, contradictions.of_labels),
    "volume": KindAtVendor(None, ()),
}


def open(connection: Connection, credentials: str) -> Account:
    """Reach an account."""
    from evolve_pulumi.vendors.daytona.account import DaytonaAccount

    return DaytonaAccount(connection, credentials)


def warm_up() -> None:
    """Import the SDK, which takes seconds."""
    import evolve_pulumi.vendors.daytona.account as _  # noqa: F401
