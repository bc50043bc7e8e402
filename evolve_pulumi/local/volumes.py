"""Volumes: folders that sandboxes share and that outlive them. Knows no HTTP and no vendor.

<folder>/volumes/<id>/  meta.json  data/
"""

import asyncio
import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, Field

from evolve_pulumi.local import host
from evolve_pulumi.local.errors import NotFoundError, VolumeNameTakenError, VolumeNotReadyError
from evolve_pulumi.local.records import PASSABLE_FOLDER, Mount, remove_tree
from evolve_pulumi.local.trees import Tree

CHANGE_SECONDS = 0.2
"""How long a volume is on its way into the world and out of it, so that nobody gets used to none."""


class VolumeState(StrEnum):
    """Where a volume is in its life."""

    PENDING = "pending_create"
    READY = "ready"
    LEAVING = "pending_delete"


class Volume(BaseModel):
    """One volume."""

    id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    vendor: str
    name: str
    state: VolumeState = VolumeState.PENDING
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Volumes:
    """The volumes of one folder; what is on disk there is taken up again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=PASSABLE_FOLDER, exist_ok=True)
        self._volumes: dict[str, Volume] = {}
        for meta in folder.glob("*/meta.json"):
            volume = Volume.model_validate_json(meta.read_bytes())
            self._volumes[volume.id] = volume
            self._settle(volume)

    def count(self) -> int:
        """How many there are, of all vendors."""
        return len(self._volumes)

    def all(self, vendor: str) -> list[Volume]:
        """Those of a vendor, oldest first."""
        found = [volume for volume in self._volumes.values() if volume.vendor == vendor]
        return sorted(found, key=lambda volume: volume.created_at)

    def find(self, vendor: str, wanted: Callable[[Volume], bool], what: str) -> Volume:
        """The first that is wanted; raises NotFoundError in words."""
        for volume in self.all(vendor):
            if wanted(volume):
                return volume
        raise NotFoundError(f"Volume {what} not found")

    def create(self, vendor: str, name: str, *, at_once: bool = False) -> Volume:
        """Add one, which is ready at once or a little later; raises VolumeNameTakenError."""
        if any(volume.name == name for volume in self.all(vendor)):
            raise VolumeNameTakenError(f"Volume with name {name} already exists")
        volume = Volume(vendor=vendor, name=name)
        self._volumes[volume.id] = volume
        data = self._place(volume) / "data"
        data.mkdir(parents=True)
        self._place(volume).chmod(PASSABLE_FOLDER)
        _give(data)
        self._save(volume)
        if at_once:
            self._settle(volume)
        else:
            asyncio.get_running_loop().call_later(CHANGE_SECONDS, self._settle, volume)
        return volume

    def delete(self, volume: Volume) -> None:
        """Begin to remove one with what is in it; its name is free a little later."""
        volume.state = VolumeState.LEAVING
        self._save(volume)
        asyncio.get_running_loop().call_later(CHANGE_SECONDS, self._settle, volume)

    def remove(self, volume: Volume) -> None:
        """Remove one at once, also where sandboxes mount it, who keep an empty folder."""
        self._volumes.pop(volume.id, None)
        remove_tree(self._place(volume))

    def clear(self) -> None:
        """Remove all at once."""
        for volume in list(self._volumes.values()):
            self.remove(volume)

    def source(self, mount: Mount) -> Path:
        """The folder that a mount shows, made where it is missing; raises NotFoundError or VolumeNotReadyError."""
        volume = self._volumes.get(mount.volume_id)
        if volume is None:
            raise NotFoundError(f"Volume '{mount.volume_id}' not found")
        if volume.state != VolumeState.READY:
            raise VolumeNotReadyError(
                f"Volume '{volume.name}' is not in a ready state. Current state: {volume.state.value}"
            )
        return self.tree(volume).find_folder(mount.subpath or "/")

    def tree(self, volume: Volume) -> Tree:
        """What is in one, to be used from outside."""
        return Tree(self._place(volume) / "data")

    def _settle(self, volume: Volume) -> None:
        """End the change that a volume is in."""
        if volume.state == VolumeState.PENDING:
            volume.state = VolumeState.READY
            self._save(volume)
        elif volume.state == VolumeState.LEAVING:
            self.remove(volume)

    def _save(self, volume: Volume) -> None:
        if volume.id in self._volumes:
            (self._place(volume) / "meta.json").write_text(volume.model_dump_json())

    def _place(self, volume: Volume) -> Path:
        return self._folder / volume.id


def _give(folder: Path) -> None:
    """Let sandboxes write there."""
    owner = host.sandbox_owner()
    if owner is not None:
        os.chown(folder, owner, owner)
