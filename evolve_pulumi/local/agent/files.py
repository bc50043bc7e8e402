"""Files, folders and sockets, opened and looked at from inside the sandbox."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import shutil
import socket
from collections.abc import Callable
from typing import Any


def open_socket(passed: list[int], family: int) -> dict[str, Any]:
    """Pass a TCP socket of the sandbox's network; wherever it is connected from, it reaches this loopback."""
    passed.append(socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET).detach())
    return {}


def open_file(passed: list[int], path: str, flags: int, mode: int, parents: bool) -> dict[str, Any]:
    """Pass an opened file, its folders made on demand."""
    if parents and os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    # A named pipe without a peer must not hold up the sandbox.
    passed.append(os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, mode))
    return {}


def info(path: str) -> dict[str, Any]:
    """What the system knows about a path; links are followed where they lead somewhere."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        found = os.lstat(path)
    return {
        "name": os.path.basename(path.rstrip("/")) or "/",
        "path": os.path.abspath(path),
        "mode": found.st_mode,
        "size": found.st_size,
        "modified": found.st_mtime,
        "owner": _user_name(found.st_uid),
        "group": _user_name(found.st_gid),
    }


def _user_name(number: int) -> str:
    """The name of a user, and so of the group each user has, or the number of one without."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def list_folder(path: str, depth: int) -> dict[str, Any]:
    """The entries of a folder, by name, and of the folders in it, `depth` levels down."""
    entries: list[dict[str, Any]] = []
    for name in sorted(os.listdir(path)):
        entry = os.path.join(path, name)
        entries.append(info(entry))
        if depth > 1 and os.path.isdir(entry) and not os.path.islink(entry):
            entries += list_folder(entry, depth - 1)["entries"]
    return {"entries": entries}


def make_folder(path: str, mode: int) -> dict[str, Any]:
    """Make a folder and those above it; one that is there keeps its content and gets the mode."""
    os.makedirs(path, exist_ok=True)
    os.chmod(path, mode)
    return {}


def remove(path: str, recursive: bool) -> dict[str, Any]:
    """Remove a file, a link or, where asked, a whole folder."""
    if not os.path.isdir(path) or os.path.islink(path):
        os.unlink(path)
    elif recursive:
        shutil.rmtree(path)
    else:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return {}


def set_permissions(path: str, mode: int | None, owner: str | None, group: str | None) -> dict[str, Any]:
    """Set mode, owner and group of a path, where given; users and groups by name or number."""
    if mode is not None:
        os.chmod(path, mode)
    if owner is not None or group is not None:
        _give(path, _number(owner, _user_number), _number(group, _group_number))
    return {}


def _give(path: str, user: int, group: int) -> None:
    try:
        os.chown(path, user, group)
    except OSError as error:
        # Users that the sandbox's namespace does not have are users that nothing can be given to.
        if error.errno == errno.EINVAL:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM)) from error
        raise


def _number(name: str | None, look_up: Callable[[str], int]) -> int:
    """The number behind a name; -1 leaves things as they are."""
    if name is None:
        return -1
    try:
        return int(name) if name.isdigit() else look_up(name)
    except KeyError:
        raise OSError(errno.EINVAL, f"There is no user or group {name}") from None


def _user_number(name: str) -> int:
    return pwd.getpwnam(name).pw_uid


def _group_number(name: str) -> int:
    return grp.getgrnam(name).gr_gid


SLOW: dict[str, Callable[..., dict[str, Any]]] = {
    "info": info,
    "list": list_folder,
    "make_folder": make_folder,
    "remove": remove,
    "set_permissions": set_permissions,
}
"""Operations that take as long as the tree is large."""
