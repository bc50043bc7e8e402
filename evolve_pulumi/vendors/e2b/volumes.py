"""Volumes as E2B keeps them (in private beta): create, read, delete; nothing of them changes in place."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from e2b import E2B, VolumeInfo

from evolve_pulumi.errors import NotFoundError, VendorError
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Values
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.e2b.errors import translated
from evolve_pulumi.vendors.e2b.place import Place
from evolve_pulumi.vendors.retry import patiently

T = TypeVar("T")

READ_SECONDS = 30


class Volumes:
    """The volumes of one account."""

    def __init__(self, sdk: E2B, place: Place) -> None:
        # Its methods that work on the class and on one volume have no types.
        self._sdk: Any = sdk.Volume
        self._place = place

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Make one, which is ready when E2B answers."""
        name = declared["name"]
        was_free = self._named(name) is None

        def once() -> VolumeInfo:
            """Ask once; where nobody knows what came of it, one that has appeared under the name is ours."""
            try:
                made = self._call(lambda: self._sdk.create(name))
                return VolumeInfo(volume_id=made.volume_id, name=made.name)
            except VendorError:
                ours = self._named(name) if was_free else None
                if ours is None:
                    raise
                return ours

        return self._observe(patiently(once, timeout_seconds))

    def read(self, id: str, recorded: Values) -> Observed | None:
        """Look at one."""
        found = self.find(id)
        return found and self._observe(found)

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Nothing: no wire of a volume names an operation."""
        return Observed(id)

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """Delete one; E2B does not ask who mounts it."""
        return patiently(lambda: self._call(lambda: self._sdk.destroy(id)), timeout_seconds)

    def find(self, id: str) -> VolumeInfo | None:
        """One by its id; None where there is none."""
        try:
            return patiently(lambda: self._call(lambda: self._sdk.get_info(id)), READ_SECONDS)
        except NotFoundError:
            return None

    def all(self) -> list[VolumeInfo]:
        """Those of the account."""
        return patiently(lambda: self._call(self._sdk.list), READ_SECONDS)

    def _named(self, name: str) -> VolumeInfo | None:
        return next((volume for volume in self.all() if volume.name == name), None)

    def _call(self, call: Callable[[], T]) -> T:
        with translated(self._place.endpoint):
            return call()

    def _observe(self, volume: VolumeInfo) -> Observed:
        outputs = {"account": self._place.account, "name": volume.name}
        return Observed(volume.volume_id, {"name": volume.name}, outputs)
