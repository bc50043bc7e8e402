"""Snapshots as Daytona keeps them: built once, and never changed but for being active."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from daytona import CreateSnapshotParams, Daytona
from daytona.common.snapshot import Snapshot
from daytona_api_client import SnapshotDto, SnapshotState

from evolve_pulumi.errors import EvolveError, NotFoundError, NotReadyError, VendorError
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Values
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.build_log import BuildLog
from evolve_pulumi.vendors.daytona import builds
from evolve_pulumi.vendors.daytona.errors import translated
from evolve_pulumi.vendors.retry import patiently, wait_until

T = TypeVar("T")

READ_SECONDS = 30
FAILED = (SnapshotState.ERROR, SnapshotState.BUILD_FAILED)
SETTLED = (SnapshotState.ACTIVE, SnapshotState.INACTIVE, *FAILED)


class Snapshots:
    """The snapshots of one account."""

    def __init__(self, sdk: Daytona, endpoint: str) -> None:
        self._sdk = sdk
        self._endpoint = endpoint

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Build one and wait until it is active; a failed build leaves nothing but the end of its log, in the error."""
        deadline, name = time.monotonic() + timeout_seconds, declared["name"]
        was_free = self._find(name) is None
        build = BuildLog(name)
        try:
            made = patiently(lambda: self._create(declared, was_free, build, deadline), timeout_seconds)
            return self._observe(self._settled(made.id, deadline))
        except EvolveError as error:
            if was_free:
                self._undo(name)
            error.details = error.details or build.tail()
            raise

    def read(self, id: str, recorded: Values) -> Observed | None:
        """Look at one."""
        found = self._find(id)
        return self._observe(found) if found and found.state != SnapshotState.REMOVING else None

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Activate it, which is all that can be changed; Daytona puts aside what nobody used for weeks."""
        deadline = time.monotonic() + timeout_seconds
        patiently(lambda: self._call(lambda: self._sdk.snapshot.activate(id)), timeout_seconds)
        return self._observe(self._settled(id, deadline))

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """Delete one and wait until its name is free."""
        deadline = time.monotonic() + timeout_seconds
        found = self._find(id)
        if found is None:
            return False
        if found.state != SnapshotState.REMOVING:
            patiently(lambda: self._delete(id), timeout_seconds)
        if not wait_until(lambda: self._find(id) is None, deadline):
            raise NotReadyError(
                f"snapshot {id} is still being removed", remedy="Run it again, or raise delete_minutes."
            )
        return True

    def all(self) -> Iterator[SnapshotDto]:
        """Those that are not being removed."""
        number = pages = 1
        while number <= pages:
            page = patiently(lambda asked=number: self._call(lambda: self._sdk.snapshot.list(page=asked)), READ_SECONDS)
            yield from (snapshot for snapshot in page.items if snapshot.state != SnapshotState.REMOVING)
            number, pages = number + 1, page.total_pages

    def _create(self, declared: Values, was_free: bool, build: BuildLog, deadline: float) -> Snapshot:
        """Ask once; where nobody knows what came of it, one that has appeared under the name is ours."""
        params = CreateSnapshotParams(
            name=declared["name"],
            image=builds.image(declared) or "",
            resources=builds.resources(declared),
            entrypoint=declared.get("entrypoint"),
            region_id=declared.get("region_id"),
        )
        left = max(deadline - time.monotonic(), 1)
        try:
            return self._call(lambda: self._sdk.snapshot.create(params, on_logs=build, timeout=left))
        except VendorError:
            ours = self._find(declared["name"]) if was_free else None
            if ours is None or ours.state in FAILED:
                raise
            return ours

    def _settled(self, id: str, deadline: float) -> Snapshot:
        """The snapshot once it is active; raises NotReadyError where it does not become so."""
        seen: list[Snapshot] = []

        def settled() -> bool:
            seen[:] = [self._get(id)]
            return seen[0].state in SETTLED

        wait_until(settled, deadline)
        (snapshot,) = seen
        if snapshot.state != SnapshotState.ACTIVE:
            reason = f" ({snapshot.error_reason})" if snapshot.error_reason else ""
            raise NotReadyError(
                f"snapshot {snapshot.name} is {snapshot.state.value}{reason} instead of active",
                remedy="If it only needs longer, raise timeouts.create_minutes.",
            )
        return snapshot

    def _delete(self, id: str) -> None:
        with contextlib.suppress(NotFoundError):
            self._call(lambda: self._sdk.snapshot.delete(id))

    def _undo(self, name: str) -> None:
        with contextlib.suppress(VendorError):
            self._delete(name)

    def _find(self, id_or_name: str) -> Snapshot | None:
        try:
            return self._get(id_or_name)
        except NotFoundError:
            return None

    def _get(self, id_or_name: str) -> Snapshot:
        return patiently(lambda: self._call(lambda: self._sdk.snapshot.get(id_or_name)), READ_SECONDS)

    def _call(self, call: Callable[[], T]) -> T:
        with translated(self._endpoint):
            return call()

    def _observe(self, snapshot: Snapshot) -> Observed:
        attributes: dict[str, Any] = {
            "name": snapshot.name,
            "cpu": snapshot.cpu,
            "memory": snapshot.mem,
            "disk": snapshot.disk,
            "gpu": snapshot.gpu,
            "active": snapshot.state not in (SnapshotState.INACTIVE, *FAILED),
        }
        if snapshot.build_info:
            attributes["dockerfile"] = snapshot.build_info.dockerfile_content
        else:
            attributes |= {"image": snapshot.image_name, "entrypoint": snapshot.entrypoint}
        outputs = {"account": snapshot.organization_id, "name": snapshot.name}
        return Observed(snapshot.id, attributes, outputs)
