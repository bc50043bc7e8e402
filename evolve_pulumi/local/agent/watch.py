"""Watching folders: what the kernel's inotify tells about them, kept until it is asked for."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import selectors
import struct
from typing import Any

from .files import info

MODIFY, ATTRIB, MOVED_FROM, MOVED_TO, CREATE = 0x2, 0x4, 0x40, 0x80, 0x100
DELETE, DELETE_SELF, MOVE_SELF, OVERFLOW, IGNORED, OF_FOLDER = 0x200, 0x400, 0x800, 0x4000, 0x8000, 0x40000000
ONLY_FOLDERS, WITHOUT_UNLINKED = 0x01000000, 0x04000000
KINDS = {
    CREATE: "create",
    MOVED_TO: "create",
    MODIFY: "write",
    DELETE: "remove",
    DELETE_SELF: "remove",
    MOVED_FROM: "rename",
    MOVE_SELF: "rename",
    ATTRIB: "chmod",
}
"""What an event is called; both ends of a move are events, and the one that appears was created."""
EVENT = struct.Struct("iIII")
CHUNK = 1 << 16
MOST_EVENTS = 1 << 14
"""How many events may wait to be asked for."""

_libc = ctypes.CDLL(None, use_errno=True)


class Watch:
    """A folder that is watched, with all those in it where `recursive`; `detailed` events say what is at their path."""

    def __init__(self, selector: selectors.BaseSelector, path: str, recursive: bool, detailed: bool) -> None:
        self._selector = selector
        self._root = path
        self._recursive = recursive
        self._detailed = detailed
        self._folders: dict[int, str] = {}
        self._left: tuple[int, str] | None = None
        self._found: set[str] = set()
        self._events: list[dict[str, Any]] = []
        self._overflown = False
        # Refuses a zero byte, at which the C library would end the path.
        os.stat(path)
        self._fd = _checked(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        try:
            self._enter(path, tell=False)
        except OSError:
            os.close(self._fd)
            raise
        selector.register(self._fd, selectors.EVENT_READ, self._take)

    def take_events(self) -> dict[str, Any]:
        """The events since the last time: kind, path below the folder, details or None."""
        self._take()
        if self._overflown:
            raise OSError(errno.EOVERFLOW, "Too many events have happened since they were last asked for")
        events, self._events = self._events, []
        return {"events": events}

    def close(self) -> None:
        """Watch no longer."""
        self._selector.unregister(self._fd)
        os.close(self._fd)

    def _enter(self, folder: str, tell: bool) -> None:
        """Watch a folder and, where asked, those in it; tell what was made there before it was watched."""
        flags = ONLY_FOLDERS | WITHOUT_UNLINKED | sum(KINDS)
        watched = _checked(_libc.inotify_add_watch(self._fd, os.fsencode(folder), flags))
        self._folders[watched] = folder
        if not self._recursive:
            return
        for entry in list(os.scandir(folder)):
            if tell:
                self._note(CREATE, entry.path)
                # The kernel may tell of it too, if it was made at the very moment.
                self._found.add(entry.path)
            if entry.is_dir(follow_symlinks=False):
                self._try_to_enter(entry.path, tell)

    def _try_to_enter(self, folder: str, tell: bool) -> None:
        """Watch a folder unless it is gone already, may not be seen, or is one too many."""
        with contextlib.suppress(OSError):
            self._enter(folder, tell)

    def _take(self) -> None:
        """Move what the kernel has told into the events."""
        try:
            data = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return
        while data:
            watched, mask, move, length = EVENT.unpack_from(data)
            name = os.fsdecode(data[EVENT.size : EVENT.size + length].rstrip(b"\0"))
            data = data[EVENT.size + length :]
            self._heed(watched, mask, move, name)

    def _heed(self, watched: int, mask: int, move: int, name: str) -> None:
        """Note one event, and go after folders that come and go; `move` is the same at both ends of one."""
        origin = self._origin(mask, move)
        self._overflown = self._overflown or bool(mask & OVERFLOW)
        folder = self._folders.get(watched)
        if folder is None:
            return
        path = os.path.join(folder, name) if name else folder
        if mask & IGNORED:
            del self._folders[watched]
        elif name or path == self._root:
            known = path in self._found
            self._found.discard(path)
            if not (known and mask & CREATE):
                self._note(mask, path)
                if not (self._recursive and mask & OF_FOLDER and name):
                    return
                if mask & MOVED_FROM:
                    self._left = move, path
                elif origin:
                    self._rename(origin, path)
                elif mask & (CREATE | MOVED_TO):
                    self._try_to_enter(path, tell=bool(mask & CREATE))

    def _origin(self, mask: int, move: int) -> str | None:
        """Where a folder comes from that left with the event before; one that does not come is forgotten."""
        left, self._left = self._left, None
        if left and mask & MOVED_TO and left[0] == move:
            return left[1]
        if left:
            self._forget(left[1])
        return None

    def _rename(self, folder: str, to: str) -> None:
        """Go on watching a folder that has another path now."""
        for watched, path in self._within(folder):
            self._folders[watched] = to + path[len(folder) :]

    def _forget(self, folder: str) -> None:
        """Watch a folder no longer that went elsewhere."""
        for watched, _ in self._within(folder):
            _libc.inotify_rm_watch(self._fd, watched)
            del self._folders[watched]

    def _within(self, folder: str) -> list[tuple[int, str]]:
        return [(watched, path) for watched, path in self._folders.items() if f"{path}/".startswith(f"{folder}/")]

    def _note(self, mask: int, path: str) -> None:
        if len(self._events) >= MOST_EVENTS:
            self._overflown = True
            return
        details = _details(path) if self._detailed else None
        below = os.path.relpath(path, self._root)
        self._events += [{"kind": kind, "path": below, "details": details} for bit, kind in KINDS.items() if mask & bit]


def _details(path: str) -> dict[str, Any] | None:
    try:
        return info(path)
    except OSError:
        return None


def _checked(result: int) -> int:
    """What a function of the system answered; raises OSError where that says so."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
