"""Commands in a running sandbox: single ones, and sessions whose logs can be read again and followed."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from evolve_pulumi.local.agent.logs import EXIT
from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.errors import CommandEndedError, NotFoundError, SessionEndedError, SessionExistsError
from evolve_pulumi.local.logs import LogReader, Record
from evolve_pulumi.local.pipes import write_all
from evolve_pulumi.local.programs import Programs
from evolve_pulumi.local.records import Sandbox

SHELL = "/bin/bash"


@dataclass(frozen=True)
class SessionCommand:
    """A command of a session; without an exit code it runs or waits for its turn."""

    key: str
    text: str
    code: int | None


class Commands:
    """Runs commands in the sandboxes of a cloud. Every call raises NotRunningError where that is stopped."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._programs = Programs(cloud)

    async def execute(
        self, sandbox: Sandbox, text: str, cwd: str | None, env: dict[str, str], seconds: float | None
    ) -> tuple[int, bytes]:
        """Run one command; returns its exit code and all output, which ends when nobody can write to it any more."""
        finished = await self._programs.run(sandbox, [SHELL, "-c", text], cwd=cwd, env=env, seconds=seconds)
        return finished.code, finished.output

    async def open_session(self, sandbox: Sandbox, name: str) -> None:
        """Start a session where processes start; raises SessionExistsError."""
        environment, cwd = self._cloud.environment(sandbox), self._cloud.workdir(sandbox)
        try:
            await self._cloud.guest(sandbox).call("open_session", session=name, env=environment, cwd=cwd)
        except FileExistsError:
            raise SessionExistsError(f"Session {name} already exists") from None

    async def sessions(self, sandbox: Sandbox) -> dict[str, list[SessionCommand]]:
        """All sessions by name, with their commands in order."""
        answer = await self._cloud.guest(sandbox).call("sessions")
        return {
            name: [SessionCommand(*command) for command in session["commands"]]
            for name, session in answer["sessions"].items()
        }

    async def session(self, sandbox: Sandbox, name: str) -> list[SessionCommand]:
        """The commands of a session; raises NotFoundError."""
        found = (await self.sessions(sandbox)).get(name)
        if found is None:
            raise NotFoundError(f"Session {name} not found")
        return found

    async def command(self, sandbox: Sandbox, name: str, key: str) -> SessionCommand:
        """A command of a session; raises NotFoundError."""
        for command in await self.session(sandbox, name):
            if command.key == key:
                return command
        raise NotFoundError(f"Command {key} not found")

    async def run(
        self, sandbox: Sandbox, name: str, text: str, *, echo: bool = True
    ) -> "tuple[str, asyncio.Future[int]]":
        """Queue a command in a session, in whose log its input shows unless it is not to echo.

        Returns its key and its exit code to come.
        """
        await self.session(sandbox, name)
        guest = self._cloud.guest(sandbox)
        key = str(uuid.uuid4())
        try:
            return key, await guest.run(name, key, text, self._cloud.place(sandbox).logs, echo=echo)
        except ProcessLookupError:
            raise SessionEndedError(f"Session {name} has ended") from None

    async def send_input(self, sandbox: Sandbox, name: str, key: str, data: bytes) -> None:
        """Feed a command that runs; raises NotFoundError or CommandEndedError."""
        command = await self.command(sandbox, name, key)
        if command.code is not None:
            raise CommandEndedError(f"Command has already completed with exit code {command.code}")
        guest = self._cloud.guest(sandbox)
        await write_all(await guest.command_input_of(name, key), data)
        await guest.call("echo", session=name, key=key, text=data.decode())

    async def close_session(self, sandbox: Sandbox, name: str) -> None:
        """Kill everything in a session and forget its logs; raises NotFoundError."""
        await self.session(sandbox, name)
        closed = await self._cloud.guest(sandbox).call("close_session", session=name)
        for key in closed["keys"]:
            self._log(sandbox, key).unlink(missing_ok=True)

    def output(self, sandbox: Sandbox, key: str) -> list[Record]:
        """What a command has written so far, in the order it came."""
        found: list[Record] = []
        with self._log(sandbox, key).open("rb") as file:
            log = LogReader(file.fileno())
            while records := log.read():
                found += [record for record in records if record[0] != EXIT]
        return found

    async def follow(self, sandbox: Sandbox, key: str) -> AsyncIterator[list[Record]]:
        """What a command writes, from its beginning until it has ended or its session is closed.

        Nothing new is an empty list, so that whoever follows can look up.
        """
        with self._log(sandbox, key).open("rb") as file:
            log = LogReader(file.fileno())
            async for records in log.follow(log.removed):
                yield [record for record in records if record[0] != EXIT]

    def _log(self, sandbox: Sandbox, key: str) -> Path:
        # A key comes back from the sandbox; only what is one can name a file.
        return self._cloud.place(sandbox).logs / f"{uuid.UUID(key)}.log"
