"""A sandbox in which an image is put together: what recipes do there, without a network and without rights on the host.

What comes from outside, such as an archive, is opened in here and nowhere else.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, BinaryIO

from evolve_pulumi.local import files
from evolve_pulumi.local.errors import FailedCommandError
from evolve_pulumi.local.guest import Guest

TAIL = 2048
"""How much of a failed command's output, in bytes, is worth repeating."""


class Workbench:
    """The running sandbox of one build, and the log that everything in it writes to."""

    def __init__(self, guest: Guest, environment: dict[str, str], log: BinaryIO) -> None:
        self.environment = environment
        """What every process starts with, `HOME` among it."""
        self._guest = guest
        self._log = log

    def say(self, line: str) -> None:
        """Write a line to the build's log."""
        self._log.write(f"{line}\n".encode())

    async def run(self, argv: list[str], env: dict[str, str], cwd: str, given: Path | None = None) -> None:
        """Run a program to its end, with a file as its input; raises FailedCommandError, or OSError without `cwd`."""
        begins = os.fstat(self._log.fileno()).st_size
        with open(given or os.devnull, "rb") as source:
            ended = await self._spawn(argv, env, cwd, source, self._log)
        if code := await ended:
            raise FailedCommandError(code, self._written_since(begins))

    async def start(self, argv: list[str], env: dict[str, str], cwd: str) -> "asyncio.Future[int]":
        """Start a program; the future of its exit code."""
        with open(os.devnull, "rb") as nothing:
            return await self._spawn(argv, env, cwd, nothing, self._log)

    async def succeeds(self, argv: list[str], env: dict[str, str], cwd: str) -> bool:
        """Whether a program ends well; nobody hears what it says."""
        with open(os.devnull, "r+b") as nothing:
            return await (await self._spawn(argv, env, cwd, nothing, nothing)) == 0

    async def write(self, path: str, content: bytes) -> None:
        """Write a file anew, with the folders above it."""
        await files.write(self._guest, path, _once(content))

    async def _spawn(
        self, argv: list[str], env: dict[str, str], cwd: str, source: IO[bytes], sink: IO[bytes]
    ) -> "asyncio.Future[int]":
        fds = [source.fileno(), sink.fileno(), sink.fileno()]
        return (await self._guest.spawn(argv, env, cwd, fds))[1]

    def _written_since(self, begins: int) -> str:
        ends = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), TAIL, max(begins, ends - TAIL)).decode(errors="replace").strip()


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
