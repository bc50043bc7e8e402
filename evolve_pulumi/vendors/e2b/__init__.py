"""E2B: its options, its operations, and its SDK behind the protocols of `vendors.base`.

Importing this package does not import the SDK; `open` and `warm_up` do.
"""

from evolve_pulumi.models.managed import Connection
from evolve_pulumi.vendors.base import Account, KindAtVendor
from evolve_pulumi.vendors.e2b import contradictions
from evolve_pulumi.vendors.e2b.connection import KEYS, connection, credentials
from evolve_pulumi.vendors.e2b.operations import SANDBOX_OPERATIONS, SNAPSHOT_OPERATIONS
from evolve_pulumi.vendors.e2b.options import E2BOptions, E2BSnapshotOptions, limited

__all__ = ["connection", "credentials", "keys", "kinds", "limited", "open", "warm_up"]

keys = KEYS

kinds = {
    "sandbox": KindAtVendor(E2BOptions, SANDBOX_OPERATIONS, contradictions.of_sandbox),
    "snapshot": KindAtVendor(E2BSnapshotOptions, SNAPSHOT_OPERATIONS, contradictions.of_snapshot, is_tagged=True),
    "labels": KindAtVendor(None, (), contradictions.of_labels),
    "volume": KindAtVendor(None, (), contradictions.of_volume),
}


def open(connection: Connection, credentials: str) -> Account:
    """Reach an account."""
    from evolve_pulumi.vendors.e2b.account import E2BAccount

    return E2BAccount(connection, credentials)


def warm_up() -> None:
    """Import the SDK, which takes a second."""
    import evolve_pulumi.vendors.e2b.account as _  # noqa: F401
