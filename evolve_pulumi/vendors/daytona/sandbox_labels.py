"""Labels on sandboxes that are owned elsewhere, as Daytona keeps them: create, read, update, delete.

The id is `<sandbox id>/<random>`.
"""

import secrets
from collections.abc import Sequence

from daytona import Daytona, Sandbox

from evolve_pulumi.errors import NotFoundError, RefusedError
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Values
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.daytona import labels
from evolve_pulumi.vendors.daytona.errors import translated
from evolve_pulumi.vendors.daytona.sandboxes import Sandboxes
from evolve_pulumi.vendors.retry import patiently


class SandboxLabels:
    """The labels on one account's sandboxes."""

    def __init__(self, sdk: Daytona, endpoint: str) -> None:
        self._sandboxes = Sandboxes(sdk, endpoint)
        self._endpoint = endpoint

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Set them; one that is there with another value is somebody else's."""
        id = f"{declared['sandbox_id']}/{secrets.token_hex(4)}"
        sandbox = self._set(id, {}, declared, timeout_seconds)
        return Observed(id, outputs={"account": sandbox.organization_id})

    def read(self, id: str, recorded: Values) -> Observed | None:
        """What has become of them."""
        sandbox = self._sandboxes.find(_sandbox_id(id))
        if sandbox is None:
            return None
        own = recorded.get("labels", {})
        found = {name: sandbox.labels[name] for name in own if name in sandbox.labels}
        return Observed(id, {"labels": found}, {"account": sandbox.organization_id})

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Exchange those that were declared for those that are now."""
        self._set(id, recorded, declared, timeout_seconds)
        return Observed(id)

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """Take them off; where the sandbox is gone, they are too."""
        try:
            self._set(id, recorded, {}, timeout_seconds)
        except NotFoundError:
            return False
        return True

    def _set(self, id: str, recorded: Values, declared: Values, timeout_seconds: float) -> Sandbox:
        sandbox = self._sandboxes.find(_sandbox_id(id))
        if sandbox is None:
            raise NotFoundError(f"there is no sandbox {_sandbox_id(id)} in this account", remedy="Check sandbox_id.")
        own, wanted = recorded.get("labels", {}), declared.get("labels", {})

        def exchanged(current: dict[str, str]) -> dict[str, str]:
            taken = [name for name, value in wanted.items() if name not in own and current.get(name, value) != value]
            if taken:
                raise RefusedError(
                    f"{', '.join(taken)}: is already set on the sandbox, to another value",
                    remedy="Take it out there, or here.",
                )
            return {name: value for name, value in current.items() if name not in own} | wanted

        def once() -> None:
            with translated(self._endpoint):
                labels.change(sandbox, exchanged)

        patiently(once, timeout_seconds)
        return sandbox


def _sandbox_id(id: str) -> str:
    return id.partition("/")[0]
