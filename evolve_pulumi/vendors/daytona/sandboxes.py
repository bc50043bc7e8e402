"""Sandboxes as Daytona keeps them: create, read, update, delete."""

import contextlib
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from daytona import CreateSandboxFromImageParams, CreateSandboxFromSnapshotParams, Daytona, Sandbox, SandboxState
from daytona_api_client import PortPreviewUrl

from evolve_pulumi.errors import (
    BusyError,
    EvolveError,
    NameTakenError,
    NotFoundError,
    NotReadyError,
    UnreachableError,
    VendorError,
)
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Change, Values
from evolve_pulumi.vendors import ownership
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.build_log import BuildLog
from evolve_pulumi.vendors.daytona import builds, labels
from evolve_pulumi.vendors.daytona.errors import translated
from evolve_pulumi.vendors.daytona.operations import RESIZE, SET_STATE, SIZES, STARTING
from evolve_pulumi.vendors.daytona.options import MAX_AUTO_ARCHIVE_MINUTES
from evolve_pulumi.vendors.retry import made_after_all, patiently, wait_until

STARTED = SandboxState.STARTED.value
LASTING = {
    SandboxState.STARTED: "started",
    SandboxState.STARTING: "started",
    SandboxState.CREATING: "started",
    SandboxState.RESTORING: "started",
    SandboxState.RESUMING: "started",
    SandboxState.STOPPED: "stopped",
    SandboxState.STOPPING: "stopped",
    SandboxState.PAUSED: "paused",
    SandboxState.PAUSING: "paused",
    SandboxState.ARCHIVED: "archived",
    SandboxState.ARCHIVING: "archived",
}
"""The states that can be declared, and those that are on the way to them."""
FAILED = (SandboxState.ERROR, SandboxState.BUILD_FAILED)
GONE = (SandboxState.DESTROYED, SandboxState.DESTROYING)
ANY_PORT = 80
"""Preview URLs differ in the port alone, so asking for one tells all."""
COMPOSED = (
    *("connection", "owner", "default_labels", "state", "errored"),
    *("image", "dockerfile", "cpu", "memory", "disk", "gpu", "gpu_type"),
)
"""Declared values that are no parameters of their own."""
SPELLED_OTHERWISE = {"volumes", "gpu_type"}
"""Fields that Daytona answers in another form than it takes."""
READ_SECONDS = 30
UNDO_SECONDS = 60
"""How long a failed creation may take to be deleted again; Daytona deletes nothing that is still starting."""


class Sandboxes:
    """The sandboxes of one account."""

    def __init__(self, sdk: Daytona, endpoint: str) -> None:
        self._sdk = sdk
        self._endpoint = endpoint

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Make one, wait until it has started, and undo it where that fails.

        The random token in its labels tells our own sandbox, whose answer was lost, from somebody else's of the
        same name.
        """
        deadline = time.monotonic() + timeout_seconds
        token = secrets.token_hex(8)
        sandbox = patiently(lambda: self._create(declared, token, deadline), timeout_seconds)
        try:
            return self._made_ready(sandbox, declared, deadline)
        except EvolveError as error:
            raise self._undone(sandbox, error) from error

    def read(self, id: str, recorded: Values) -> Observed | None:
        """Look at one, by id: Daytona's list lags behind."""
        sandbox = self.find(id)
        return sandbox and self._observe(sandbox, recorded)

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Carry out the operations; each may be replayed."""
        sandbox = self._existing(id)
        deadline = time.monotonic() + timeout_seconds
        for step in steps:
            self._apply(sandbox, step, recorded, deadline)
        starts = any(step.operation in STARTING for step in steps)
        return Observed(id, outputs=self._outputs(sandbox) if starts else {})

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """Delete one and wait until it is destroyed."""
        deadline = time.monotonic() + timeout_seconds
        sandbox = self.find(id)
        if sandbox is None:
            return False
        patiently(lambda: self._delete(sandbox), timeout_seconds)
        if not wait_until(lambda: not self._exists(id), deadline):
            raise NotReadyError(f"sandbox {id} is still being deleted", remedy="Run it again, or raise delete_minutes.")
        return True

    def renew(self, id: str, ttl_minutes: int, expires_at: str | None) -> None:
        """Count its time to live from now on, and say in a label when that is over. 0 minutes let it live."""
        sandbox = self._existing(id)

        def once() -> None:
            with translated(self._endpoint):
                sandbox.set_ttl(ttl_minutes)
                labels.change(sandbox, lambda current: _ending(current, expires_at))

        patiently(once, READ_SECONDS)

    def _create(self, declared: Values, token: str, deadline: float) -> Sandbox:
        """Ask once; where nobody knows what came of it, look the sandbox up."""
        build = BuildLog(declared["name"])
        params = _params(declared, token)
        try:
            with translated(self._endpoint):
                if isinstance(params, CreateSandboxFromSnapshotParams):
                    return self._sdk.create(params, timeout=_left(deadline))
                return self._sdk.create(params, timeout=_left(deadline), on_snapshot_create_logs=build)
        except EvolveError as error:
            error.details = error.details or build.tail()
            ours = made_after_all(lambda: self._created_with(token, declared["name"]), error, deadline)
            if ours is None:
                raise
            if isinstance(error, NameTakenError | UnreachableError) and time.monotonic() < deadline:
                return ours
            raise self._undone(ours, error) from error

    def _made_ready(self, sandbox: Sandbox, declared: Values, deadline: float) -> Observed:
        """Wait until it has started, and bring it from there to the sizes and the state that are declared."""
        if sandbox.state != SandboxState.STARTED:
            with translated(self._endpoint):
                sandbox.wait_for_sandbox_start(timeout=_left(deadline))
        if sizes := {field: declared[field] for field in SIZES if field in declared}:
            self._apply(sandbox, Step(RESIZE, sizes), declared, deadline)
        seen = self._observe(sandbox, declared)
        if declared.get("state", STARTED) != STARTED:
            self._apply(sandbox, Step(SET_STATE, {"state": declared["state"]}), declared, deadline)
        return seen

    def _created_with(self, token: str, name: str) -> Sandbox | None:
        """The sandbox that a failed call made after all."""
        try:
            with translated(self._endpoint):
                found = self._sdk.get(name)
        except VendorError:
            return None
        return found if found.labels.get(ownership.CREATE_TOKEN) == token else None

    def _undone(self, sandbox: Sandbox, error: EvolveError) -> EvolveError:
        """Delete what was made, and say what became of it."""
        try:
            patiently(lambda: self._delete(sandbox), UNDO_SECONDS)
        except VendorError as failed:
            return NotReadyError(
                f"{error.words}; the sandbox {sandbox.id} that was made could not be deleted: {failed.words}",
                remedy=f"Delete {sandbox.id} at Daytona.",
            )
        reason = f" ({sandbox.error_reason})" if sandbox.error_reason else ""
        return NotReadyError(
            f"{error.words}{reason}; the sandbox {sandbox.id} that was made is deleted again",
            remedy=error.remedy,
            details=error.details,
        )

    def find(self, id: str) -> Sandbox | None:
        """The SDK's object; None where it is gone, or going."""

        def get() -> Sandbox | None:
            try:
                with translated(self._endpoint):
                    sandbox = self._sdk.get(id)
            except NotFoundError:
                return None
            return None if sandbox.state in GONE else sandbox

        return patiently(get, READ_SECONDS)

    def _existing(self, id: str) -> Sandbox:
        sandbox = self.find(id)
        if sandbox is None:
            raise NotFoundError(f"sandbox {id} does not exist any more", remedy="Run `pulumi up --refresh`.")
        return sandbox

    def _apply(self, sandbox: Sandbox, step: Step, recorded: Values, deadline: float) -> None:
        """Carry out one operation, again while Daytona is busy with the one before."""

        def once() -> None:
            try:
                with translated(self._endpoint):
                    step.operation.call(sandbox, Change(step.values, recorded, _left(deadline)))
            except BusyError:
                with translated(self._endpoint):
                    sandbox.refresh_data()
                raise

        patiently(once, _left(deadline))

    def _delete(self, sandbox: Sandbox) -> None:
        with contextlib.suppress(NotFoundError), translated(self._endpoint):
            sandbox.delete()

    def _exists(self, id: str) -> bool:
        """Whether Daytona still shows it, if only as being destroyed."""

        def look() -> bool:
            with translated(self._endpoint):
                return self._sdk.get(id).state != SandboxState.DESTROYED

        try:
            return patiently(look, READ_SECONDS)
        except NotFoundError:
            return False

    def _observe(self, sandbox: Sandbox, recorded: Values) -> Observed:
        attributes: dict[str, Any] = {
            field: getattr(sandbox, field) for field in recorded.keys() - SPELLED_OTHERWISE if hasattr(sandbox, field)
        } | labels.observed(sandbox.labels, recorded)
        attributes["os_user"], attributes["env_vars"] = sandbox.user, sandbox.env
        attributes["errored"] = sandbox.state in FAILED
        attributes["ephemeral"] = sandbox.auto_delete_interval == 0
        if sandbox.build_info:
            dockerfile = sandbox.build_info.dockerfile_content or ""
            attributes |= {"dockerfile": dockerfile, "image": dockerfile.removeprefix("FROM ").strip()}
        if sandbox.state:
            attributes["state"] = LASTING.get(sandbox.state, sandbox.state.value)
        if recorded.get("auto_archive_interval") == 0 and sandbox.auto_archive_interval == MAX_AUTO_ARCHIVE_MINUTES:
            attributes["auto_archive_interval"] = 0
        return Observed(sandbox.id, attributes, self._outputs(sandbox))

    def _preview_link(self, sandbox: Sandbox) -> PortPreviewUrl:
        with translated(self._endpoint):
            return sandbox.get_preview_link(ANY_PORT)

    def _outputs(self, sandbox: Sandbox) -> dict[str, Any]:
        """Answers that stay, and the preview token, which is a new one after each start."""
        sizes = {name: int(getattr(sandbox, field)) for field, name in {**SIZES, "gpu": "gpu"}.items()}
        outputs: dict[str, Any] = {"account": sandbox.organization_id, "name": sandbox.name, "resources": sizes}
        if sandbox.state == SandboxState.STARTED:
            link = patiently(lambda: self._preview_link(sandbox), READ_SECONDS)
            outputs["preview_url_template"] = link.url.replace(f"//{ANY_PORT}-", "//{port}-", 1)
            outputs["preview_token"] = link.token
        return outputs


def _params(declared: Values, token: str) -> CreateSandboxFromSnapshotParams | CreateSandboxFromImageParams:
    """What is declared, as the SDK takes it; sizes go only with an image."""
    fields: dict[str, Any] = {"target": declared["connection"].get("region")} | dict(declared)
    fields["labels"] = {**ownership.stamped(declared), ownership.CREATE_TOKEN: token}
    for composed in COMPOSED:
        fields.pop(composed, None)
    image = builds.image(declared)
    if image is None:
        return CreateSandboxFromSnapshotParams(**fields)
    return CreateSandboxFromImageParams(image=image, resources=builds.resources(declared), **fields)


def _ending(current: Mapping[str, str], expires_at: str | None) -> dict[str, str]:
    """Labels that say when their sandbox ends, or not."""
    others = {name: value for name, value in current.items() if name != ownership.EXPIRES_AT}
    return {**others, ownership.EXPIRES_AT: expires_at} if expires_at else others


def _left(deadline: float) -> float:
    """Seconds until then; the SDK takes none for all the time there is."""
    return max(deadline - time.monotonic(), 1)
