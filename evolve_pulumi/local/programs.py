"""Programs in a running sandbox, each run to its end: what it is given, and what it answers."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from io import FileIO

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.errors import CommandTimeoutError
from evolve_pulumi.local.pipes import read_all
from evolve_pulumi.local.records import Sandbox


@dataclass(frozen=True)
class Finished:
    """A program that has ended: its exit code and its output; `errors` is empty where both streams were one."""

    code: int
    output: bytes
    errors: bytes


class Programs:
    """Runs programs in the sandboxes of a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def run(
        self,
        sandbox: Sandbox,
        argv: list[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        given: bytes = b"",
        apart: bool = False,
        seconds: float | None = None,
    ) -> Finished:
        """Run a program until nobody can write to its output any more; `given` is its standard input.

        Raises NotRunningError, and CommandTimeoutError where it takes too long, which ends it.
        """
        guest = self._cloud.guest(sandbox)
        environment = {**self._cloud.environment(sandbox), **(env or {})}
        with _holding(given) as stdin, _pipe() as (output, sink), _pipe() as (errors, error_sink):
            fds = [stdin.fileno(), sink.fileno(), error_sink.fileno() if apart else sink.fileno()]
            pid, ended = await guest.spawn(argv, environment, cwd or self._cloud.workdir(sandbox), fds)
            sink.close()
            error_sink.close()
            try:
                async with asyncio.timeout(seconds):
                    texts = await asyncio.gather(read_all(output), read_all(errors))
                    return Finished(await ended, *texts)
            except TimeoutError:
                await guest.call("kill", pid=pid, number=signal.SIGKILL)
                raise CommandTimeoutError(f"Command took longer than {seconds:g} seconds") from None


@contextlib.contextmanager
def _holding(content: bytes) -> Generator[FileIO]:
    """A file in memory, at its beginning."""
    with FileIO(os.memfd_create("given"), "r+") as file:
        file.write(content)
        file.seek(0)
        yield file


@contextlib.contextmanager
def _pipe() -> Generator[tuple[FileIO, FileIO]]:
    """A pipe's end to read from, and the one to write to."""
    source, sink = os.pipe()
    with FileIO(source, "r") as reader, FileIO(sink, "w") as writer:
        yield reader, writer
