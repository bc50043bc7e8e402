"""Files, folders and sockets, opened and looked at from inside the sandbox."""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import pwd
import shutil
import socket
import stat
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
    """What the system knows about a path; links are followed where they lead somewhere.

    `link` is what it knows about the link itself, and where that leads in the end; a broken one leads to itself.
    """
    itself = os.lstat(path)
    link = None
    found = itself
    if stat.S_ISLNK(itself.st_mode):
        link = {**_details(itself), "target": os.path.abspath(path)}
        with contextlib.suppress(OSError):
            found = os.stat(path)
            link["target"] = os.path.realpath(path)
    return {
        "name": os.path.basename(path.rstrip("/")) or "/",
        "path": os.path.abspath(path),
        **_details(found),
        "link": link,
        "attributes": _attributes(path),
    }


def _details(found: os.stat_result) -> dict[str, Any]:
    return {
        "mode": found.st_mode,
        "size": found.st_size,
        "modified": found.st_mtime,
        "owner": _user_name(found.st_uid),
        "group": _user_name(found.st_gid),
    }


def _attributes(path: str) -> dict[str, str]:
    """What users have noted about a file, by name, in its extended attributes."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for name in os.listxattr(path):
            if name.startswith("user."):
                found[name] = os.getxattr(path, name).decode(errors="replace")
    return found


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


def make_folder(path: str, mode: int | None) -> dict[str, Any]:
    """Make a folder and those above it, and say whether it is new; one that is there keeps its content.

    With a mode, it has that afterwards in any case.
    """
    made = not os.path.isdir(path)
    os.makedirs(path, exist_ok=True)
    if mode is not None:
        os.chmod(path, mode)
    return {"made": made}


def move(source: str, destination: str, parents: bool, replace: bool) -> dict[str, Any]:
    """Give a file or folder another path, if wanted in the place of what is there, its folders made on demand."""
    if parents:
        os.makedirs(os.path.dirname(os.path.abspath(destination)), exist_ok=True)
    if not replace and os.path.lexists(destination):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    try:
        os.rename(source, destination)
    except OSError as error:
        # Into a volume or out of it, only a copy goes.
        if error.errno != errno.EXDEV or os.path.isdir(destination):
            raise
        shutil.move(source, destination)
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
    "move": move,
    "remove": remove,
    "set_permissions": set_permissions,
}
"""Operations that take as long as the tree is large."""
