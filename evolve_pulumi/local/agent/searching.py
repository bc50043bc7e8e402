"""Looking for files by their text and by their names, and replacing text in them, from inside the sandbox."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any

SNIFFED = 512
"""A file with a null byte among so many first ones is not text."""


def find_text(path: str, text: str) -> dict[str, Any]:
    """The lines that contain a text, in a file or in all text files below a folder; what cannot be read has none."""
    return {"matches": [match for file in _below(path) for match in _lines(file, text.encode())]}


def find_names(path: str, pattern: str) -> dict[str, Any]:
    """What is below a folder and has a name that matches, with the usual wildcards."""
    wanted = pattern.replace("[^", "[!")
    return {"paths": [each for each in _below(path) if fnmatch.fnmatchcase(os.path.basename(each), wanted)]}


def replace_text(paths: list[str], text: str, by: str) -> dict[str, Any]:
    """Replace a text wherever it is in each of the files; says why for those where that was impossible, else None."""
    return {"problems": [_replace(path, text.encode(), by.encode()) for path in paths]}


def _below(path: str) -> Iterator[str]:
    """A file, or everything below a folder, by name; links are not followed."""
    if not os.path.isdir(path) or os.path.islink(path):
        yield from [path] if os.path.lexists(path) else []
        return
    try:
        names = sorted(os.listdir(path))
    except OSError:
        return
    for name in names:
        entry = os.path.normpath(os.path.join(path, name))
        if os.path.isdir(entry) and not os.path.islink(entry):
            yield entry
        yield from _below(entry)


def _lines(path: str, text: bytes) -> list[tuple[str, int, str]]:
    try:
        # A pipe would wait for a writer.
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return []
        with open(path, "rb") as file:
            if b"\0" in file.read(SNIFFED):
                return []
            file.seek(0)
            return [
                (path, number, line.decode(errors="replace").rstrip("\r\n"))
                for number, line in enumerate(file, 1)
                if text in line
            ]
    except OSError:
        return []


def _replace(path: str, text: bytes, by: bytes) -> str | None:
    try:
        with open(path, "r+b") as file:
            content = file.read().replace(text, by)
            file.seek(0)
            file.truncate()
            file.write(content)
    except OSError as error:
        return error.strerror or str(error)
    return None


SLOW: dict[str, Callable[..., dict[str, Any]]] = {
    "find_text": find_text,
    "find_names": find_names,
    "replace_text": replace_text,
}
"""Operations that take as long as the tree is large."""
