"""Local folders and files: what is in them by hash, and their content."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from evolve_pulumi.errors import ConfigurationError, RefusedError

FILE_MODE, PROGRAM_MODE = "644", "755"
"""As Git has it: of a file's permissions, only whether it is a program travels."""


@dataclass(frozen=True)
class Folder:
    """A local folder as it was when it was looked at."""

    path: str
    """Absolute."""
    stamps: dict[str, str]
    """By path below the folder: what a file is to be, see `stamp`."""


def stamp(content: bytes, mode: str = FILE_MODE) -> str:
    """What a file is, as a text to compare: its permissions and the SHA-256 of its content."""
    return f"{mode} {hashlib.sha256(content).hexdigest()}"


def look(source: str, exclude: Sequence[str] = ()) -> Folder:
    """All files of a folder but those excluded, or one file; raises ConfigurationError for what cannot be sent."""
    path = Path(source).expanduser().absolute()
    if path.is_file():
        return Folder(str(path.parent), {path.name: _stamp_of(path)})
    if not path.is_dir():
        raise ConfigurationError(f"there is no {source} on this machine")
    return Folder(str(path), {str(below): _stamp_of(path / below) for below in _walk(path, PurePosixPath(), exclude)})


def content(folder: str, below: str, expected: str) -> bytes:
    """A file's content; raises RefusedError where it is not what it was when the program looked at it."""
    path = Path(folder, below)
    try:
        found = path.read_bytes()
    except OSError as error:
        raise RefusedError(f"{below} cannot be read: {error.strerror}") from error
    if stamp(found, expected.split()[0]) != expected:
        raise RefusedError(f"{below} changed since the program looked at it", remedy="Run it again.")
    return found


def _walk(root: Path, below: PurePosixPath, exclude: Sequence[str]) -> Iterator[PurePosixPath]:
    for item in sorted(os.scandir(root / below), key=lambda item: item.name):
        path = below / item.name
        if any(fnmatch(item.name, pattern) or fnmatch(str(path), pattern) for pattern in exclude):
            continue
        if item.is_dir(follow_symlinks=False):
            yield from _walk(root, path, exclude)
        elif item.is_file():
            yield path
        else:
            raise ConfigurationError(
                f"{path} in {root} is neither a file nor a folder", remedy=f"Name it in exclude: {item.name!r}."
            )


def _stamp_of(path: Path) -> str:
    return stamp(path.read_bytes(), PROGRAM_MODE if path.stat().st_mode & 0o100 else FILE_MODE)
