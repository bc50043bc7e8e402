"""A running sandbox's files: streamed through descriptors that were opened inside, described by its agent."""

import os
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from evolve_pulumi.local.guest import Guest

CHUNK = 1 << 18
TREE_SECONDS = 600
"""How long it may take to go through a whole tree of files."""


@dataclass(frozen=True)
class OpenFile:
    """A file that is being read; `size` is what it had when it was opened."""

    fd: int
    size: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """The content up to that size, a piece at a time; the file is closed afterwards."""
        left = self.size
        try:
            while left and (data := os.read(self.fd, min(CHUNK, left))):
                left -= len(data)
                yield data
        finally:
            os.close(self.fd)


async def open_to_read(guest: Guest, path: str) -> OpenFile:
    """Open a file; raises OSError as the sandbox's user would meet it."""
    fd = await guest.open(path, os.O_RDONLY)
    return OpenFile(fd, os.fstat(fd).st_size)


async def write(
    guest: Guest, path: str, content: AsyncIterable[bytes], attributes: Mapping[str, str] | None = None
) -> int:
    """Write a file anew, with the folders above it and with extended attributes; returns its size."""
    fd = await guest.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, parents=True)
    with open(fd, "wb") as file:
        for name, value in (attributes or {}).items():
            os.setxattr(fd, name, value.encode())
        async for data in content:
            file.write(data)
        return file.tell()


async def describe(guest: Guest, path: str) -> dict[str, Any]:
    """Name, path, mode, size, time and owner of a file or folder, and where it leads if it is a link."""
    return await guest.call("info", path=path)


async def entries(guest: Guest, path: str, depth: int) -> list[dict[str, Any]]:
    """The same for what is in a folder, `depth` levels down."""
    return (await guest.call("list", patience=TREE_SECONDS, path=path, depth=depth))["entries"]


async def make_folder(guest: Guest, path: str, mode: int | None = None) -> bool:
    """Make a folder and those above it; whether it is new. With a mode, it has that afterwards in any case."""
    return (await guest.call("make_folder", path=path, mode=mode))["made"]


async def move(guest: Guest, source: str, destination: str, *, parents: bool = False, replace: bool = True) -> None:
    """Give a file or folder another path, if wanted in the place of what is there, its folders made on demand."""
    await guest.call(
        "move", patience=TREE_SECONDS, source=source, destination=destination, parents=parents, replace=replace
    )


async def remove(guest: Guest, path: str, *, recursive: bool) -> None:
    """Remove a file or, with all that is in it, a folder."""
    await guest.call("remove", patience=TREE_SECONDS, path=path, recursive=recursive)


async def set_permissions(guest: Guest, path: str, mode: int | None, owner: str | None, group: str | None) -> None:
    """Set mode, owner and group of a path, where given."""
    await guest.call("set_permissions", path=path, mode=mode, owner=owner, group=group)
