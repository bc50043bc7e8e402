"""Volumes as Daytona keeps them: create, read, delete; nothing of them changes in place."""

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from daytona import Daytona
from daytona.common.volume import Volume

from evolve_pulumi.errors import NotFoundError, NotReadyError, VendorError
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Values
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.daytona.errors import translated
from evolve_pulumi.vendors.retry import patiently, wait_until

T = TypeVar("T")

READ_SECONDS = 30
LEAVING = ("pending_delete", "deleting", "deleted")


class Volumes:
    """The volumes of one account."""

    def __init__(self, sdk: Daytona, endpoint: str) -> None:
        self._sdk = sdk
        self._endpoint = endpoint

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Make one and wait until it is ready, which Daytona's own call does not."""
        deadline, name = time.monotonic() + timeout_seconds, declared["name"]
        was_free = self._named(name) is None
        made = patiently(lambda: self._create(name, was_free), timeout_seconds)
        try:
            ready = wait_until(lambda: self._state(name) not in ("pending_create", "creating"), deadline)
            if not ready or self._state(name) != "ready":
                raise NotReadyError(f"volume {made.id} is {self._state(name)}{_reason(made)} instead of ready")
        except VendorError as error:
            self._undo(made)
            raise NotReadyError(f"{error.words}; the volume {made.id} that was made is deleted again") from error
        return _observe(made)

    def read(self, id: str, recorded: Values) -> Observed | None:
        """Look at one."""
        found = self._find(id)
        return found and _observe(found)

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Nothing: no wire of a volume names an operation."""
        return Observed(id)

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """Delete one as soon as no sandbox mounts it, and wait until its name is free."""
        deadline = time.monotonic() + timeout_seconds
        found = self._find(id)
        if found is None:
            return False
        patiently(lambda: self._delete(found), timeout_seconds)
        if not wait_until(lambda: self._named(found.name) is None, deadline):
            raise NotReadyError(f"volume {id} is still being deleted", remedy="Run it again, or raise delete_minutes.")
        return True

    def all(self) -> list[Volume]:
        """Those that are not being deleted."""
        every = patiently(lambda: self._call(self._sdk.volume.list), READ_SECONDS)
        return [volume for volume in every if volume.state not in LEAVING]

    def _create(self, name: str, was_free: bool) -> Volume:
        """Ask once; where nobody knows what came of it, one that has appeared under the name is ours."""
        try:
            return self._call(lambda: self._sdk.volume.create(name))
        except VendorError:
            ours = self._named(name) if was_free else None
            if ours is None:
                raise
            return ours

    def _delete(self, volume: Volume) -> None:
        with contextlib.suppress(NotFoundError):
            self._call(lambda: self._sdk.volume.delete(volume))

    def _undo(self, volume: Volume) -> None:
        with contextlib.suppress(VendorError):
            self._delete(volume)

    def _state(self, name: str) -> str | None:
        found = self._named(name)
        return found.state.value if found else None

    def _find(self, id: str) -> Volume | None:
        """By id, for which the SDK has only the list."""
        return next((volume for volume in self.all() if volume.id == id), None)

    def _named(self, name: str) -> Volume | None:
        try:
            found = patiently(lambda: self._call(lambda: self._sdk.volume.get(name)), READ_SECONDS)
        except NotFoundError:
            return None
        return None if found.state in LEAVING else found

    def _call(self, call: Callable[[], T]) -> T:
        with translated(self._endpoint):
            return call()


def _observe(volume: Volume) -> Observed:
    return Observed(volume.id, {"name": volume.name}, {"account": volume.organization_id, "name": volume.name})


def _reason(volume: Volume) -> str:
    return f" ({volume.error_reason})" if volume.error_reason else ""
