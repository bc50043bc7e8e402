"""The inside of a Daytona sandbox."""

import contextlib
import math
import shlex
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from daytona import Daytona, Sandbox, SandboxState, SessionExecuteRequest
from daytona_toolbox_api_client import Command

from evolve_pulumi.errors import NotFoundError
from evolve_pulumi.vendors.base import Finished
from evolve_pulumi.vendors.daytona.errors import translated
from evolve_pulumi.vendors.retry import patiently

T = TypeVar("T")

READ_SECONDS = 30


class DaytonaSandbox:
    """One sandbox. A spawned process is a session of Daytona's with one command in it."""

    def __init__(self, sdk: Daytona, endpoint: str, id: str) -> None:
        self._sdk = sdk
        self._endpoint = endpoint
        self._id = id

    @cached_property
    def _sandbox(self) -> Sandbox:
        return self._read(lambda: self._sdk.get(self._id))

    def is_running(self) -> bool:
        """Whether its state is `started`."""
        return self._sandbox.state == SandboxState.STARTED

    def run(self, command: str, timeout_seconds: float) -> Finished:
        """Run it in bash: Daytona's own choice of shell depends on the image."""
        with translated(self._endpoint):
            done = self._sandbox.process.exec(f"bash -c {shlex.quote(command)}", timeout=math.ceil(timeout_seconds))
        return Finished(int(done.exit_code), done.result)

    def write(self, path: str, content: bytes) -> None:
        """Upload it."""
        self._read(lambda: self._sandbox.fs.upload_file(content, path))

    def spawn(self, process: str, command: str) -> None:
        """Start it in a session of its own."""
        with translated(self._endpoint):
            self._sandbox.process.create_session(process)
            request = SessionExecuteRequest(command=command, run_async=True)
            self._sandbox.process.execute_session_command(process, request)

    def is_alive(self, process: str) -> bool:
        """Whether the session is there and its command has no exit code."""
        return self._command(process, lambda command: command.exit_code is None, absent=False)

    def log(self, process: str) -> str:
        """Both streams of the session's command."""
        logs = self._sandbox.process.get_session_command_logs
        return self._command(process, lambda command: logs(process, command.id).output or "", absent="")

    def kill(self, process: str) -> None:
        """Delete the session, and its processes with it."""
        with contextlib.suppress(NotFoundError):
            self._read(lambda: self._sandbox.process.delete_session(process))

    def _command(self, process: str, ask: Callable[[Command], T], absent: T) -> T:
        try:
            session = self._read(lambda: self._sandbox.process.get_session(process))
            return self._read(lambda: ask(session.commands[0])) if session.commands else absent
        except NotFoundError:
            return absent

    def _read(self, call: Callable[[], T]) -> T:
        """A call that may be replayed."""

        def once() -> T:
            with translated(self._endpoint):
                return call()

        return patiently(once, READ_SECONDS)
