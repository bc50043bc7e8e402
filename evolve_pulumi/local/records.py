"""What the local cloud remembers, and the folder it is kept in.

<folder>/address.json  server.lock  server.log
         runtime/               the agent and the launcher's program, where sandboxes can reach them
         sandboxes/<id>/        meta.json  agent.sock  console.log  logs/  root/
         snapshots/<id>.json
         templates/<id>/        meta.json  <build>.log  files/
         images/<content>/      image.json  build.log  root/
         volumes/<id>/          meta.json  data/
"""

import os
import secrets
import shutil
import uuid
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, JsonValue

CLOSED_FOLDER, PASSABLE_FOLDER = 0o700, 0o711


class State(StrEnum):
    """Where a sandbox is in its life; desired is started, stopped, paused, archived or destroyed."""

    PENDING_BUILD = "pending_build"
    BUILDING = "building_snapshot"
    BUILD_FAILED = "build_failed"
    CREATING = "creating"
    STARTING = "starting"
    STARTED = "started"
    RESIZING = "resizing"
    SNAPSHOTTING = "snapshotting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    ARCHIVING = "archiving"
    ARCHIVED = "archived"
    RESTORING = "restoring"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"
    ERROR = "error"


CHANGING = {
    *(State.CREATING, State.STARTING, State.STOPPING, State.DESTROYING, State.RESIZING, State.SNAPSHOTTING),
    *(State.PAUSING, State.RESUMING, State.ARCHIVING, State.RESTORING),
}
"""States on the way to another."""


class FirstProcess(BaseModel):
    """A sandbox's first process on the host; the start time, in clock ticks, tells it from a later one of that pid."""

    pid: int
    started: int


class SignedPreview(BaseModel):
    """A preview URL that opens one port without another token until it expires."""

    token: str
    port: int
    expires_at: datetime


class SnapshotState(StrEnum):
    """Where a snapshot is in its life."""

    PENDING = "pending"
    BUILDING = "building"
    ACTIVE = "active"
    INACTIVE = "inactive"
    BUILD_FAILED = "build_failed"
    ERROR = "error"
    REMOVING = "removing"


class Image(BaseModel):
    """What a build leaves beside files."""

    env: dict[str, str] = {}
    """What processes in sandboxes start with, beside what all have."""
    build_env: dict[str, str] = {}
    """What the steps of a recipe upon it start with."""
    workdir: str | None = None
    entrypoint: list[str] = []
    """The program that runs when a sandbox starts, and its arguments."""
    ready: list[str] = []
    """The program that ends well as soon as that one is ready, and its arguments."""


class Snapshot(BaseModel):
    """What sandboxes are made from: a name, the resources they are said to have, and what was built.

    `options` are what its vendor's API takes and answers but nothing here acts upon.
    """

    id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    vendor: str
    name: str
    cpu: int = 1
    memory_gib: int = 1
    disk_gib: int = 3
    gpu: int = 0
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    state: SnapshotState = SnapshotState.ACTIVE
    error_reason: str | None = None
    image: str | None = None
    """The image of a registry that it was made from."""
    dockerfile: str | None = None
    """The text that it was built from."""
    content: str | None = None
    """What it was built from, in one word; None for one that was not built."""
    env: dict[str, str] = {}
    workdir: str | None = None
    entrypoint: list[str] = []
    """What runs when a sandbox starts."""
    ready: list[str] = []
    """What ends well as soon as that is ready, for which a start waits."""
    options: dict[str, JsonValue] = {}
    can_pause: bool = False
    """Whether its sandboxes can be paused, as virtual machines can."""

    def take(self, content: str, image: Image) -> None:
        """Take over what was built."""
        self.content = content
        self.env, self.workdir = image.env, image.workdir
        self.entrypoint, self.ready = image.entrypoint, image.ready

    def built(self) -> Image:
        """What it has beside files."""
        return Image(env=self.env, workdir=self.workdir, entrypoint=self.entrypoint, ready=self.ready)


class Mount(BaseModel):
    """A volume, or a folder of it, at a path inside a sandbox."""

    volume_id: str
    path: str
    subpath: str | None = None


def _as_the_snapshot(field: str) -> Any:
    return Field(default_factory=lambda given: getattr(given["snapshot"], field))


class Sandbox(BaseModel):
    """One sandbox; `options` are what its vendor's API takes and answers and the cloud does not act upon."""

    id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    vendor: str
    name: str
    snapshot: Snapshot
    user: str
    env: dict[str, str] = {}
    running_env: dict[str, str | None] = {}
    """Variables that were set, or taken away, for what starts from then on until it stops."""
    labels: dict[str, str] = {}
    public: bool = False
    mounts: list[Mount] = []
    cpu: int = _as_the_snapshot("cpu")
    memory_gib: int = _as_the_snapshot("memory_gib")
    disk_gib: int = _as_the_snapshot("disk_gib")
    gpu: int = _as_the_snapshot("gpu")
    can_pause: bool = _as_the_snapshot("can_pause")
    auto_stop_minutes: int = 0
    """Idle minutes until it stops; 0 is never."""
    auto_pause_minutes: int = 0
    """Idle minutes until it pauses; 0 is never."""
    auto_archive_minutes: int = 0
    """Minutes until it is archived once stopped; 0 is never."""
    auto_delete_minutes: int = -1
    """Idle minutes until it is deleted once stopped; 0 is on stopping, a negative value never."""
    destroy_at: datetime | None = None
    ends_at: datetime | None = None
    """When its time to run is over; it counts while it is started."""
    at_end: State = State.DESTROYED
    """What becomes of it then: destroyed, stopped or paused."""
    wakes_for_seconds: int = 0
    """How long it runs on where a request wakes it from being paused; 0 is not at all."""
    options: dict[str, JsonValue] = {}
    state: State = State.CREATING
    desired: State = State.STARTED
    error_reason: str | None = None
    recoverable: bool = False
    """Whether starting it again may cure its error."""
    token: str = Field(default_factory=lambda: Sandbox.new_token())
    """What opens the preview URLs of a sandbox that is not public."""
    keeps_token: bool = False
    """Whether the token outlives a stop."""
    shown_host: str | None = None
    """The `Host` that programs inside see of a request to a preview URL, in which `${PORT}` is the port."""
    inner_token: str = Field(default_factory=lambda: Sandbox.new_token())
    """What opens the API inside it, where its vendor's does not take the cloud's key there."""
    request_key: str | None = None
    """A key of the request that it was made for, by which a repetition is told; the digest is of its body."""
    request_digest: str | None = None
    signed_previews: list[SignedPreview] = []
    signing_key: str = Field(default_factory=lambda: Sandbox.new_token())
    """What URLs of its files are signed with."""
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    started_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    """When it began to run, or last went on."""
    updated_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    last_activity_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    process: FirstProcess | None = None

    @staticmethod
    def new_token() -> str:
        """A token that nobody guesses."""
        return secrets.token_urlsafe(24)


class Place:
    """The folder of one sandbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.meta = folder / "meta.json"
        self.socket = folder / "agent.sock"
        self.console = folder / "console.log"
        self.logs = folder / "logs"
        self.root = folder / "root"


class Store:
    """The sandboxes' records on disk; what is written there is the only truth after a crash."""

    def __init__(self, folder: Path) -> None:
        self.volumes = folder / "volumes"
        self.snapshots = folder / "snapshots"
        self.templates = folder / "templates"
        self.images = folder / "images"
        self._folder = folder / "sandboxes"
        self._folder.mkdir(mode=PASSABLE_FOLDER, exist_ok=True)

    def place(self, sandbox: Sandbox) -> Place:
        """Where a sandbox's files are."""
        return Place(self._folder / sandbox.id)

    def load(self) -> list[Sandbox]:
        """All records, oldest first; what a crash left without one is removed."""
        found: list[Sandbox] = []
        for folder in self._folder.iterdir():
            meta = Place(folder).meta
            if meta.exists():
                found.append(Sandbox.model_validate_json(meta.read_bytes()))
            else:
                remove_tree(folder)
        return sorted(found, key=lambda sandbox: sandbox.created_at)

    def save(self, sandbox: Sandbox) -> None:
        """Write a record in one step, readable by its owner only."""
        place = self.place(sandbox)
        place.folder.mkdir(mode=PASSABLE_FOLDER, exist_ok=True)
        place.logs.mkdir(mode=CLOSED_FOLDER, exist_ok=True)
        write_record(place.meta, sandbox)

    def remove(self, sandbox: Sandbox) -> None:
        """Remove a sandbox's folder, the record first."""
        place = self.place(sandbox)
        place.meta.unlink(missing_ok=True)
        remove_tree(place.folder)


def write_record(path: Path, record: BaseModel) -> None:
    """Write a record in one step, readable by its owner only."""
    draft = path.with_suffix(".new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(record.model_dump_json())
    draft.replace(path)


def remove_tree(folder: Path) -> None:
    """Remove a folder, also where somebody took away the right to look into it."""
    try:
        shutil.rmtree(folder)
    except PermissionError:
        for path, _, _ in os.walk(folder):
            for entry in os.scandir(path):
                if entry.is_dir(follow_symlinks=False):
                    Path(entry.path).chmod(CLOSED_FOLDER)
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
