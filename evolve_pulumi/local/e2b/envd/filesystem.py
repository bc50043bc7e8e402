"""envd's service for files and folders: one method per operation of the table, under its name there."""

import contextlib
import stat
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from pydantic import StrictBool, StrictInt, StrictStr

from evolve_pulumi.local import files
from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.envd.access import Access
from evolve_pulumi.local.e2b.envd.rpc import Answer, Code, Message, RpcError, Service, server_stream, unary
from evolve_pulumi.local.records import Sandbox
from evolve_pulumi.local.watches import Event, Watches

METADATA = "user.e2b."
"""What the extended attributes that hold a file's metadata begin with."""
KEEPALIVE: Answer = {"keepalive": {}}
TYPES = {stat.S_IFREG: "FILE_TYPE_FILE", stat.S_IFDIR: "FILE_TYPE_DIRECTORY"}
LETTERS = {stat.S_IFDIR: "d", stat.S_IFLNK: "L", stat.S_IFIFO: "p", stat.S_IFSOCK: "S", stat.S_IFCHR: "Dc"}
BITS = ((stat.S_ISUID, "u"), (stat.S_ISGID, "g"), (stat.S_ISVTX, "t"))
"""How Go, which envd is written in, spells what a mode says besides permissions."""


class Path(Message):
    """A file or folder that is meant."""

    path: StrictStr = ""


class ListDir(Path):
    """A folder to be listed, so many levels deep."""

    depth: StrictInt = 0


class Move(Message):
    """What is to get another path."""

    source: StrictStr
    destination: StrictStr


class Watch(Path):
    """A folder to be watched."""

    recursive: StrictBool = False
    include_entry: StrictBool = False


class Watcher(Message):
    """A watch that is meant."""

    watcher_id: StrictStr


class FilesystemService(Service):
    """Files and folders, as envd serves them."""

    def __init__(self, cloud: Cloud, access: Access) -> None:
        super().__init__(cloud, access)
        self._watches = Watches(cloud)

    @unary(Path)
    async def filesystem_stat(self, sandbox: Sandbox, given: Path) -> Answer:
        """One file or folder."""
        return {"entry": await self._entry(sandbox, self.access.path(sandbox, given.path))}

    @unary(ListDir)
    async def filesystem_list_dir(self, sandbox: Sandbox, given: ListDir) -> Answer:
        """What is in a folder."""
        path = self.access.path(sandbox, given.path)
        found = await files.entries(self.cloud.guest(sandbox), path, given.depth or 1)
        return {"entries": [entry_body(each) for each in found]}

    @unary(Path)
    async def filesystem_make_dir(self, sandbox: Sandbox, given: Path) -> Answer:
        """Make a folder that is not there yet."""
        path = self.access.path(sandbox, given.path)
        try:
            made = await files.make_folder(self.cloud.guest(sandbox), path)
        except FileExistsError:
            raise RpcError(Code.INVALID_ARGUMENT, f"path already exists but it is not a directory: {path}") from None
        if not made:
            raise RpcError(Code.ALREADY_EXISTS, f"directory already exists: {path}")
        return {"entry": await self._entry(sandbox, path)}

    @unary(Move)
    async def filesystem_move(self, sandbox: Sandbox, given: Move) -> Answer:
        """Give a file or folder another path."""
        destination = self.access.path(sandbox, given.destination)
        source = self.access.path(sandbox, given.source)
        await files.move(self.cloud.guest(sandbox), source, destination, parents=True)
        return {"entry": await self._entry(sandbox, destination)}

    @unary(Path)
    async def filesystem_remove(self, sandbox: Sandbox, given: Path) -> Answer:
        """Remove a file, or a folder with all that is in it, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            await files.remove(self.cloud.guest(sandbox), self.access.path(sandbox, given.path), recursive=True)
        return {}

    @server_stream(Watch, KEEPALIVE)
    async def filesystem_watch_dir(
        self, sandbox: Sandbox, given: Watch, seconds: float | None
    ) -> AsyncGenerator[Answer | None]:
        """Tell what happens in a folder as it does."""
        del seconds
        path = self.access.path(sandbox, given.path)
        followed = self._watches.follow(sandbox, path, recursive=given.recursive, detailed=given.include_entry)
        async with contextlib.aclosing(followed):
            await anext(followed)
            yield {"start": {}}
            async for events in followed:
                if not events:
                    yield None
                for event in events:
                    yield {"filesystem": _event(event)}

    @unary(Watch)
    async def filesystem_create_watcher(self, sandbox: Sandbox, given: Watch) -> Answer:
        """Keep what happens in a folder until it is asked for."""
        path = self.access.path(sandbox, given.path)
        key = await self._watches.open(sandbox, path, recursive=given.recursive, detailed=given.include_entry)
        return {"watcherId": key}

    @unary(Watcher)
    async def filesystem_get_watcher_events(self, sandbox: Sandbox, given: Watcher) -> Answer:
        """What has happened since it was last asked for."""
        return {"events": [_event(event) for event in await self._watches.events(sandbox, given.watcher_id)]}

    @unary(Watcher)
    async def filesystem_remove_watcher(self, sandbox: Sandbox, given: Watcher) -> Answer:
        """Watch a folder no longer."""
        await self._watches.close(sandbox, given.watcher_id)
        return {}

    async def _entry(self, sandbox: Sandbox, path: str) -> Answer:
        return entry_body(await files.describe(self.cloud.guest(sandbox), path))


def entry_body(known: dict[str, Any]) -> Answer:
    """A file or folder as envd describes it; of a link, type and mode are those of what it leads to."""
    link = known["link"]
    itself = link or known
    broken = link is not None and stat.S_ISLNK(known["mode"])
    metadata = {name.removeprefix(METADATA): text for name, text in known["attributes"].items() if METADATA in name}
    body: Answer = {
        "name": _text(known["name"]),
        "type": TYPES.get(stat.S_IFMT(known["mode"]), "FILE_TYPE_UNSPECIFIED"),
        "path": _text(known["path"]),
        "size": str(itself["size"]),
        "mode": 0 if broken else stat.S_IMODE(known["mode"]) & 0o777,
        "permissions": _permissions(itself["mode"]),
        "owner": itself["owner"],
        "group": itself["group"],
        "modifiedTime": datetime.fromtimestamp(itself["modified"], UTC).isoformat().replace("+00:00", "Z"),
        "metadata": metadata,
    }
    return {**body, "symlinkTarget": _text(link["target"]), "isSymlink": True} if link else body


def _event(event: Event) -> Answer:
    entry = {"entry": entry_body(event.details)} if event.details else {}
    return {"name": _text(event.path), "type": f"EVENT_TYPE_{event.kind.upper()}", **entry}


def _permissions(mode: int) -> str:
    letters = LETTERS.get(stat.S_IFMT(mode), "") + "".join(letter for bit, letter in BITS if mode & bit)
    return (letters or "-") + stat.filemode(mode & 0o777)[1:]


def _text(name: str) -> str:
    """A name as a message can carry it, which bytes that are not UTF-8 cannot be in."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
