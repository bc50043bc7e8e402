"""Living on: the time limits that a vendor has for a sandbox, counted anew."""

from collections.abc import Mapping
from typing import Any

from evolve_pulumi.errors import EvolveError
from evolve_pulumi.lifecycle.kinds import KINDS
from evolve_pulumi.vendors.base import Opener


def renew(resource: Mapping[str, Any], ttl_minutes: int | None, expires_at: str | None, open_account: Opener) -> None:
    """Let a stack's sandbox live on, as far as its vendor limits it. Changes nothing that is declared.

    Args:
        resource: The sandbox, in the stack's state.
        ttl_minutes: How long from now on; None as is declared.
        expires_at: When that is over, in ISO 8601; None where it has no end.
        open_account: Reaches the vendor.
    """
    outs = resource["outputs"]
    table = KINDS["sandbox"].table(outs["connection"]["backend"])
    try:
        recorded = table.fields(table.normalised(outs))
        open_account(outs["connection"]).renew(resource["id"], recorded, ttl_minutes, expires_at)
    except EvolveError as error:
        raise error.about(f"sandbox {outs['owner']['resource']!r}: renew") from None
