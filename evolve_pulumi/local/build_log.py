"""The log of one build of a template: lines with the time they were heard and the step they belong to."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, Field

STEP = re.compile(r"Step (?P<step>\w+)(?:/\d+)? : ")
FAILED = "ERROR: "


class Entry(BaseModel):
    """One line."""

    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    message: str
    step: str | None = None
    failed: bool = False
    """Whether it tells why the build failed."""


class BuildLog:
    """A file of entries, each a line of JSON, to which is only added."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_bytes().splitlines() if path.exists() else []
        self.entries = [Entry.model_validate_json(line) for line in lines]

    def add(self, message: str, step: str | None = None, *, failed: bool = False) -> None:
        """Add an entry."""
        entry = Entry(message=message, step=step, failed=failed)
        self.entries.append(entry)
        with self._path.open("a") as file:
            file.write(f"{entry.model_dump_json()}\n")

    async def copy(self, pieces: AsyncIterator[bytes], *, cached: bool) -> None:
        """Add what a build writes; of one that was built earlier, just that it was."""
        step: str | None = None
        rest = b""
        async for piece in pieces:
            *lines, rest = (rest + piece).split(b"\n")
            for line in (text.decode(errors="replace") for text in lines):
                begun = STEP.match(line)
                step = begun["step"] if begun else step
                if not cached:
                    failed = line.startswith(FAILED)
                    self.add(line.removeprefix(FAILED) if failed else line, step, failed=failed)
                elif begun:
                    self.add(f"CACHED {line}", step)
        if rest:
            self.add(rest.decode(errors="replace"), step)
