"""Snapshots: what sandboxes are made from, built in or made here. Knows no HTTP and no vendor.

<folder>/snapshots/<id>.json
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from evolve_pulumi.local.builds import INTERRUPTED, Builds
from evolve_pulumi.local.dockerfile_recipe import DockerfileRecipe
from evolve_pulumi.local.errors import (
    BuildFailedError,
    NotFoundError,
    SnapshotNameTakenError,
    SnapshotNotActiveError,
    SnapshotProtectedError,
)
from evolve_pulumi.local.records import CLOSED_FOLDER, Snapshot, SnapshotState
from evolve_pulumi.local.volumes import CHANGE_SECONDS

BASE = "evolve/local:1"
"""The one image there is to begin with: what every sandbox has, and no registry's."""


class Snapshots:
    """The snapshots of one folder, and those that are built in; what is on disk there is taken up again."""

    def __init__(self, folder: Path, builds: Builds) -> None:
        self._folder = folder
        self._builds = builds
        self._built_in: dict[str, Snapshot] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._background: set[asyncio.Task[None]] = set()
        folder.mkdir(mode=CLOSED_FOLDER, exist_ok=True)
        for meta in folder.glob("*.json"):
            snapshot = Snapshot.model_validate_json(meta.read_bytes())
            self._snapshots[snapshot.id] = snapshot
            if snapshot.state == SnapshotState.BUILDING:
                snapshot.error_reason = INTERRUPTED
                self._change(snapshot, SnapshotState.BUILD_FAILED)
            elif snapshot.state == SnapshotState.PENDING:
                self._in_background(snapshot)
            elif snapshot.state == SnapshotState.REMOVING:
                self._remove(snapshot)

    def build_in(self, snapshots: Sequence[Snapshot]) -> None:
        """Add snapshots that are always there, and that Dockerfiles may begin from."""
        self._built_in |= {snapshot.id: snapshot for snapshot in snapshots}

    def is_built_in(self, snapshot: Snapshot) -> bool:
        """Whether it is always there."""
        return snapshot.id in self._built_in

    def count(self) -> int:
        """How many there are, of all vendors."""
        return len(self._built_in) + len(self._snapshots)

    def made(self, vendor: str) -> list[Snapshot]:
        """Those of a vendor that are not built in."""
        return [snapshot for snapshot in self._snapshots.values() if snapshot.vendor == vendor]

    def all(self, vendor: str) -> list[Snapshot]:
        """Those of a vendor, oldest first."""
        built_in = [snapshot for snapshot in self._built_in.values() if snapshot.vendor == vendor]
        return [*built_in, *sorted(self.made(vendor), key=lambda snapshot: snapshot.created_at)]

    def find(self, vendor: str, id_or_name: str) -> Snapshot:
        """A snapshot by its id or name."""
        for snapshot in self.all(vendor):
            if id_or_name in (snapshot.id, snapshot.name):
                return snapshot
        raise NotFoundError(f"Snapshot {id_or_name} not found")

    def recipe(self, snapshot: Snapshot) -> DockerfileRecipe | None:
        """How a snapshot is built; None for one that is not."""
        if snapshot.dockerfile is None:
            return None
        names = [each.name for each in self._built_in.values() if each.vendor == snapshot.vendor]
        return DockerfileRecipe(snapshot.dockerfile, bases=[BASE, *names])

    def contents(self) -> set[str]:
        """What is built for them."""
        needed = [each for each in self._snapshots.values() if each.state != SnapshotState.REMOVING]
        return {recipe.content for recipe in map(self.recipe, needed) if recipe}

    def create(self, snapshot: Snapshot) -> None:
        """Add one and begin to make it; raises SnapshotNameTakenError."""
        if any(snapshot.name == other.name for other in self.all(snapshot.vendor)):
            raise SnapshotNameTakenError(f'Snapshot with name "{snapshot.name}" already exists for this organization')
        self._snapshots[snapshot.id] = snapshot
        self._change(snapshot, SnapshotState.BUILDING if snapshot.dockerfile else SnapshotState.PENDING)
        self._in_background(snapshot)

    def delete(self, snapshot: Snapshot) -> None:
        """Begin to remove one, whoever was made from it; its name is free a little later."""
        if self.is_built_in(snapshot):
            raise SnapshotProtectedError(f"Snapshot {snapshot.name} is built in")
        self._change(snapshot, SnapshotState.REMOVING)
        asyncio.get_running_loop().call_later(CHANGE_SECONDS, self._remove, snapshot)

    def activate(self, snapshot: Snapshot) -> None:
        """Begin to make an inactive one active again."""
        if snapshot.state != SnapshotState.INACTIVE:
            raise SnapshotNotActiveError(f"Snapshot {snapshot.name} is {snapshot.state}, not inactive")
        self._change(snapshot, SnapshotState.PENDING)
        self._in_background(snapshot)

    def deactivate(self, snapshot: Snapshot) -> None:
        """Put one aside, so that no sandbox can be made from it."""
        if snapshot.state != SnapshotState.ACTIVE or self.is_built_in(snapshot):
            raise SnapshotNotActiveError(f"Snapshot {snapshot.name} is {snapshot.state} and cannot be deactivated")
        self._change(snapshot, SnapshotState.INACTIVE)

    def clear(self) -> None:
        """Remove all but those that are built in."""
        for snapshot in list(self._snapshots.values()):
            self._remove(snapshot)

    async def build(self, snapshot: Snapshot) -> None:
        """Give a snapshot what its Dockerfile makes; raises BuildFailedError."""
        recipe = self.recipe(snapshot)
        if recipe is None:
            return
        snapshot.take(recipe.content, await self._builds.build(recipe))

    async def _make(self, snapshot: Snapshot) -> None:
        """Bring one to the end of what it is on its way to."""
        state = SnapshotState.ACTIVE
        try:
            if snapshot.image not in (None, BASE):
                raise BuildFailedError(f"The local cloud has no registry: the one image that it has is {BASE}")
            await (self.build(snapshot) if snapshot.dockerfile else asyncio.sleep(CHANGE_SECONDS))
        except BuildFailedError as error:
            state = SnapshotState.BUILD_FAILED if snapshot.dockerfile else SnapshotState.ERROR
            snapshot.error_reason = str(error)
        # It may have been deleted meanwhile.
        if snapshot.state != SnapshotState.REMOVING:
            self._change(snapshot, state)

    def _in_background(self, snapshot: Snapshot) -> None:
        task = asyncio.create_task(self._make(snapshot))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _change(self, snapshot: Snapshot, state: SnapshotState) -> None:
        snapshot.state = state
        if snapshot.id in self._snapshots:
            (self._folder / f"{snapshot.id}.json").write_text(snapshot.model_dump_json())

    def _remove(self, snapshot: Snapshot) -> None:
        self._snapshots.pop(snapshot.id, None)
        (self._folder / f"{snapshot.id}.json").unlink(missing_ok=True)
