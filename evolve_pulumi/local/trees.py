"""Folders whose content sandboxes write, used from outside.

A link in there may lead anywhere and change at any time, so that no path is ever left to the system: every part is
entered by itself, through descriptors, and what links say is looked up from the tree's root.
"""

import asyncio
import errno
import os
import posixpath
import shutil
import stat
from collections.abc import AsyncIterable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evolve_pulumi.local import host
from evolve_pulumi.local.files import OpenFile

MOST_LINKS = 40
PERMISSIONS = 0o777
ENTER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW
GENTLY = os.O_NOFOLLOW | os.O_NONBLOCK
"""A named pipe without a peer must not hold up the server."""


@dataclass(frozen=True)
class Entry:
    """What the system knows about a file, folder or link; the path is absolute in the tree."""

    path: str
    status: os.stat_result
    target: str | None
    """Where a link leads."""

    @property
    def ours(self) -> bool:
        """Whether it belongs to the one user of all sandboxes."""
        owner = host.sandbox_owner()
        return self.status.st_uid == (os.geteuid() if owner is None else owner)


class Tree:
    """A folder as the root of all paths in it. Every method raises OSError."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def describe(self, path: str) -> Entry:
        """A file, a folder, or a link itself."""
        with self._holding(path, follow=False) as (folder, name):
            return _entry(folder, name, _clean(path))

    async def entries(self, path: str, depth: int) -> list[Entry]:
        """What is in a folder, by name, and in the folders in it, `depth` levels down."""
        return await asyncio.to_thread(self._list, path, depth)

    def make_folder(self, path: str, mode: int, *, parents: bool) -> Entry:
        """Make a folder; with those above it, where one that is there is left alone."""
        path = _clean(path)
        if parents:
            self._make_parents(path)
        try:
            self._make(path, mode)
        except FileExistsError:
            if not parents or not stat.S_ISDIR(self.describe(path).status.st_mode):
                raise
        return self.describe(path)

    def open_to_read(self, path: str) -> OpenFile:
        """Open a regular file."""
        with self._holding(path, follow=True) as (folder, name):
            fd = _regular(os.open(name, os.O_RDONLY | GENTLY, dir_fd=folder))
        return OpenFile(fd, os.fstat(fd).st_size)

    async def write(self, path: str, content: AsyncIterable[bytes], mode: int, *, force: bool) -> Entry:
        """Write a new file; where forced, also over one that is there, and with the folders above it."""
        path = _clean(path)
        if force:
            self._make_parents(path)
        flags = os.O_WRONLY | os.O_CREAT | GENTLY | (0 if force else os.O_EXCL)
        with self._holding(path, follow=force) as (folder, name):
            fd = _regular(os.open(name, flags, mode, dir_fd=folder))
        with open(fd, "wb") as file:
            file.truncate(0)
            async for data in content:
                file.write(data)
            owner = host.sandbox_owner()
            if owner is not None:
                os.fchown(fd, owner, owner)
            os.fchmod(fd, mode & PERMISSIONS)
        return self.describe(path)

    def set_mode(self, path: str, mode: int) -> None:
        """Set the permissions of a file or folder."""
        with self._holding(path, follow=True) as (folder, name):
            _set_mode(folder, name, mode)

    async def remove(self, path: str) -> None:
        """Remove a file, a link, or a folder with all that is in it."""
        await asyncio.to_thread(self._remove, path)

    def find_folder(self, path: str) -> Path:
        """Where a folder really is, made with those above it where it is missing."""
        self._make_parents(f"{_clean(path)}/.")
        with self._holding(f"{path}/.", follow=True) as (folder, _):
            return Path(os.readlink(f"/proc/self/fd/{folder}"))

    def _remove(self, path: str) -> None:
        with self._holding(path, follow=False) as (folder, name):
            if name == ".":
                raise OSError(errno.EINVAL, "The root cannot be removed")
            if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                shutil.rmtree(name, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)

    def _list(self, path: str, depth: int) -> list[Entry]:
        with self._holding(path, follow=True) as (folder, name):
            return _inside(folder, name, _clean(path), depth)

    def _make_parents(self, path: str) -> None:
        parts = path.split("/")
        for end in range(2, len(parts)):
            try:
                self._make("/".join(parts[:end]), PERMISSIONS)
            except FileExistsError:
                continue

    def _make(self, path: str, mode: int) -> None:
        with self._holding(path, follow=False) as (folder, name):
            os.mkdir(name, dir_fd=folder)
            owner = host.sandbox_owner()
            if owner is not None:
                os.chown(name, owner, owner, dir_fd=folder, follow_symlinks=False)
            _set_mode(folder, name, mode)

    @contextmanager
    def _holding(self, path: str, *, follow: bool) -> Generator[tuple[int, str]]:
        """The folder that holds an entry, and the entry's name in it, which was no link if that was to be followed."""
        folders = [os.open(self._root, ENTER)]
        try:
            name = self._walk(folders, path, follow=follow)
            yield folders[-1], name
        finally:
            for folder in folders:
                os.close(folder)

    def _walk(self, folders: list[int], path: str, *, follow: bool) -> str:
        """Enter the folders of a path; returns the name of the last part, or a dot where that is entered too."""
        ahead = path.split("/")[::-1]
        links = 0
        while ahead:
            name = ahead.pop()
            if name in ("", "."):
                continue
            if name == "..":
                _leave(folders, max(len(folders) - 1, 1))
                continue
            last = not any(ahead)
            target = _link(name, folders[-1]) if follow or not last else None
            if target is None and last:
                return name
            if target is None:
                folders.append(os.open(name, ENTER, dir_fd=folders[-1]))
                continue
            links += 1
            if links > MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if target.startswith("/"):
                _leave(folders, 1)
            ahead += target.split("/")[::-1]
        return "."


def _clean(path: str) -> str:
    return posixpath.normpath(f"/{path.lstrip('/')}")


def _leave(folders: list[int], depth: int) -> None:
    while len(folders) > depth:
        os.close(folders.pop())


def _link(name: str, folder: int) -> str | None:
    """Where a link leads; None for what is none, or is not there."""
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError:
        return None


def _entry(folder: int, name: str, path: str) -> Entry:
    return Entry(path, os.stat(name, dir_fd=folder, follow_symlinks=False), _link(name, folder))


def _inside(folder: int, name: str, path: str, depth: int) -> list[Entry]:
    """What is in a folder; what vanishes meanwhile is passed over."""
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    found: list[Entry] = []
    try:
        for each in sorted(os.listdir(fd)):
            try:
                entry = _entry(fd, each, posixpath.join(path, each))
                found.append(entry)
                if depth > 1 and stat.S_ISDIR(entry.status.st_mode):
                    found += _inside(fd, each, entry.path, depth - 1)
            except FileNotFoundError:
                continue
    finally:
        os.close(fd)
    return found


def _set_mode(folder: int, name: str, mode: int) -> None:
    fd = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=folder)
    try:
        # By a descriptor that needs no right to read; the system cannot do it to one by itself.
        os.chmod(f"/proc/self/fd/{fd}", mode & PERMISSIONS)
    finally:
        os.close(fd)


def _regular(fd: int) -> int:
    """A descriptor of a regular file; raises IsADirectoryError for any other, and closes it."""
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    raise IsADirectoryError(errno.EISDIR, "Not a regular file")
