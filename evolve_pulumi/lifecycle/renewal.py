"""Living on: the time limits that a vendor has for a sandbox, counted anew."""

from collections.abc import Mapping
from typing import Any

from evolve_pulumi.errors import EvolveError
from evolve_pulumi.lifecycle.kinds import KINDS
from evolve_pulumi.vendors.base import Opener


def renew(resource: Mapping[str, Any], expires_at: str, open_account: Opener) -> None:
    """Let a stack's sandbox live on until then, as far as its vendor limits it. Changes nothing that is declared."""
    outs = resource["outputs"]
    table = KINDS["sandbox"].table(outs["connection"]["backend"])
    try:
        recorded = table.fields(table.normalised(outs))
        open_account(outs["connection"]).renew(resource["id"], recorded, expires_at)
    except EvolveError as error:
        raise error.about(f"sandbox {outs['owner']['resource']!r}: renew") from None
