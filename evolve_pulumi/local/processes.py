"""Processes that outlive their clients and the server: started, listed, fed, followed and ended."""

import asyncio
import contextlib
import fcntl
import os
import signal
import tempfile
import termios
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from evolve_pulumi.local.agent.running import WINDOW
from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.errors import NotFoundError
from evolve_pulumi.local.guest import Guest, GuestLostError
from evolve_pulumi.local.logs import LogReader, Record, exit_code
from evolve_pulumi.local.pipes import write_all
from evolve_pulumi.local.records import Sandbox, State


@dataclass(frozen=True)
class Size:
    """A terminal's size, in characters."""

    columns: int
    rows: int


@dataclass(frozen=True)
class Program:
    """What is to be run; `env` is added to what every process of the sandbox gets."""

    argv: list[str]
    cwd: str
    env: dict[str, str]
    tag: str | None = None


@dataclass(frozen=True)
class Process:
    """A process that has not ended."""

    pid: int
    started: datetime
    size: Size | None
    """Of its terminal, where it has one."""
    program: Program


class Output:
    """What a process writes, from some time on; a context manager, since it holds the log open."""

    def __init__(
        self,
        process: Process,
        log: int,
        position: int,
        over: Callable[[], bool],
        ended: "asyncio.Future[int] | None" = None,
    ) -> None:
        self.process = process
        self._over = over
        self._log = log
        self._position = position
        self._ended = ended

    def __enter__(self) -> "Output":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._log)

    async def records(self) -> AsyncIterator[list[Record]]:
        """The records as they come, the exit code last; an empty list where nothing has come for a moment.

        Raises GuestLostError where the sandbox stops or pauses first.
        """
        reader = LogReader(self._log, self._position)
        async for records in reader.follow(self._over, self._ended):
            yield records
            if records and exit_code(records[-1]) is not None:
                return
        raise GuestLostError("The sandbox stopped")


class Processes:
    """Runs processes in the sandboxes of a cloud. Every call raises NotRunningError where that is stopped."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._deadlines: set[asyncio.Task[None]] = set()

    async def start(
        self,
        sandbox: Sandbox,
        program: Program,
        *,
        stdin: bool = False,
        size: Size | None = None,
        alone: bool = False,
        seconds: float | None = None,
    ) -> Output:
        """Start a process, with a pipe to feed it by, on a terminal, or with neither; it is killed after so long.

        It has ended when what it has started writes no more; `alone`, when it is gone itself. Raises FileNotFoundError
        where its folder does not exist.
        """
        guest = self._cloud.guest(sandbox)
        environment = {**self._cloud.environment(sandbox), **program.env}
        # It has no name, so that it goes when nobody has it open any more.
        with tempfile.TemporaryFile(dir=self._cloud.place(sandbox).logs, buffering=0) as log:
            pid, ended = await guest.start(
                log.fileno(),
                argv=program.argv,
                env=environment,
                cwd=program.cwd,
                stdin=stdin,
                size=size and (size.columns, size.rows),
                alone=alone,
                about=asdict(program),
            )
            process = Process(pid, datetime.now(UTC), size, program)
            output = Output(process, os.dup(log.fileno()), 0, _at_rest(sandbox, guest), ended)
        if seconds is not None:
            self._limit(guest, pid, ended, seconds)
        return output

    async def all(self, sandbox: Sandbox) -> list[Process]:
        """All processes that were started so and have not ended."""
        answer = await self._cloud.guest(sandbox).call("running")
        return [_process(**each) for each in answer["processes"]]

    async def find(self, sandbox: Sandbox, *, pid: int | None = None, tag: str | None = None) -> Process:
        """A process by its pid or its tag; raises NotFoundError."""
        for process in await self.all(sandbox):
            if (pid is not None and process.pid == pid) or (tag is not None and process.program.tag == tag):
                return process
        raise NotFoundError(f"Process with {'tag' if pid is None else 'pid'} {pid or tag} not found")

    async def output(self, sandbox: Sandbox, process: Process) -> Output:
        """What a process writes from now on."""
        guest = self._cloud.guest(sandbox)
        fd, position = await guest.log_of(process.pid)
        return Output(process, fd, position, _at_rest(sandbox, guest))

    async def write(self, sandbox: Sandbox, process: Process, data: bytes) -> None:
        """Feed a process, for as long as it takes it to take everything; raises BrokenPipeError where it does not."""
        await write_all(await self._cloud.guest(sandbox).input_of(process.pid), data)

    async def close_input(self, sandbox: Sandbox, process: Process) -> None:
        """Let a process find the end of its input."""
        await self._cloud.guest(sandbox).call("close_input", pid=process.pid)

    async def signal(self, sandbox: Sandbox, process: Process, number: int) -> None:
        """Signal a process, and not what it has started."""
        await self._cloud.guest(sandbox).call("signal", pid=process.pid, number=number)

    async def kill(self, sandbox: Sandbox, process: Process) -> None:
        """Kill a process with everything that it has started."""
        guest = self._cloud.guest(sandbox)
        await guest.call("kill", pid=process.pid, number=signal.SIGKILL)
        with contextlib.suppress(FileNotFoundError):
            # Something may have got away, which must not keep it from having ended.
            await guest.call("signal", pid=process.pid, number=signal.SIGKILL)

    async def resize(self, sandbox: Sandbox, process: Process, size: Size) -> None:
        """Give a process's terminal another size, and tell the process."""
        terminal = await self._cloud.guest(sandbox).input_of(process.pid)
        try:
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, WINDOW.pack(size.rows, size.columns, 0, 0))
        finally:
            os.close(terminal)

    def _limit(self, guest: Guest, pid: int, ended: "asyncio.Future[int]", seconds: float) -> None:
        task = asyncio.create_task(_kill_after(guest, pid, ended, seconds))
        self._deadlines.add(task)
        task.add_done_callback(self._deadlines.discard)


def _process(pid: int, started: float, size: list[int] | None, about: dict[str, Any]) -> Process:
    return Process(pid, datetime.fromtimestamp(started, UTC), Size(*size) if size else None, Program(**about))


def _at_rest(sandbox: Sandbox, guest: Guest) -> Callable[[], bool]:
    """Tells whether nothing runs in a sandbox any more, or for now."""
    return lambda: guest.lost or sandbox.state in (State.PAUSING, State.PAUSED)


async def _kill_after(guest: Guest, pid: int, ended: "asyncio.Future[int]", seconds: float) -> None:
    done, _ = await asyncio.wait([ended], timeout=seconds)
    if not done:
        with contextlib.suppress(OSError, GuestLostError):
            await guest.call("signal", pid=pid, number=signal.SIGKILL)
