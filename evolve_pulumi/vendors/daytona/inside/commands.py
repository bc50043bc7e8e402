"""Commands in a Daytona sandbox. One that is spawned is a session with a number for its name, which is its pid."""

import asyncio
import contextlib
import math
import re
import secrets
import shlex
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager

from daytona import SessionExecuteRequest
from daytona_toolbox_api_client import Command

from evolve_pulumi.errors import NotFoundError, NotReadyError, VendorError
from evolve_pulumi.vendors.daytona.inside.toolbox import Toolbox
from evolve_pulumi.vendors.following import Following, took_longer
from evolve_pulumi.vendors.inside import CommandResult, OnOutput, ProcessInfo
from evolve_pulumi.vendors.retry import wait_until

SPAWNED = re.compile(r"evolve-(?P<pid>[0-9a-f]{8})")
PIDS = 1 << 32
TIMED_OUT = 408
SETTLE_SECONDS = 10
"""How long the exit code may lag behind the end of the output."""
KILLED = 128 + 9
"""The exit code, as shells tell it, of what was killed with its session."""


class DaytonaCommands:
    """The commands of one sandbox."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    def run(
        self,
        command: str,
        *,
        env: Mapping[str, str] | None = None,
        working_directory: str | None = None,
        stdin: str | None = None,
        timeout_seconds: float | None = 60,
        on_stdout: OnOutput | None = None,
        on_stderr: OnOutput | None = None,
    ) -> CommandResult:
        """`process.exec`, which tells both streams as one; with callbacks a session, deleted at the end.

        `stdin` is uploaded to a file in /tmp, which is removed when the command has it open.
        """
        line = _reading_nothing(command) if stdin is None else self._fed(command, stdin)
        if on_stdout or on_stderr:
            with self._session(f"evolve-run-{secrets.token_hex(4)}") as session:
                key = self._start(session, line, env, working_directory)
                return Following(lambda out, err: self._follow(session, key, out, err)).wait(
                    timeout_seconds, on_stdout, on_stderr
                )
        seconds = math.ceil(timeout_seconds) if timeout_seconds else 0
        try:
            done = self._toolbox.call(
                lambda box: box.process.exec(line, working_directory, dict(env or {}) or None, seconds)
            )
        except VendorError as error:
            raise took_longer(seconds) if error.status == TIMED_OUT else error from error
        return CommandResult(int(done.exit_code), done.result, "")

    def spawn(
        self,
        command: str,
        *,
        env: Mapping[str, str] | None = None,
        working_directory: str | None = None,
        stdin: bool = False,
    ) -> "DaytonaCommand":
        """A session of its own, whose name holds the pid."""
        pid = secrets.randbelow(PIDS - 1) + 1
        line = _bash(command) if stdin else _reading_nothing(command)
        with self._session(_name(pid), stays=True) as session:
            return DaytonaCommand(self, pid, self._start(session, line, env, working_directory))

    def list(self) -> Sequence[ProcessInfo]:
        """The sessions that were spawned here, and whose command has no exit code."""
        found: list[ProcessInfo] = []
        for session in self._toolbox.replay(lambda box: box.process.list_sessions()):
            spawned = SPAWNED.fullmatch(session.session_id)
            if spawned and session.commands and session.commands[-1].exit_code is None:
                found.append(ProcessInfo(int(spawned["pid"], 16), _unwrapped(session.commands[-1].command)))
        return found

    def connect(self, pid: int) -> "DaytonaCommand":
        """Its session, found by its name."""
        command = self.find(pid)
        if command is None or command.exit_code is not None:
            raise NotFoundError(f"no command with pid {pid} runs in the sandbox {self._toolbox.id}")
        return DaytonaCommand(self, pid, command.id)

    def send_stdin(self, pid: int, data: str) -> None:
        """`process.send_session_command_input`, which ends what it sends with a newline."""
        self.connect(pid).send_stdin(data)

    def kill(self, pid: int) -> bool:
        """Delete its session, and all its processes with it."""
        command = self.find(pid)
        if command is None:
            return False
        with contextlib.suppress(NotFoundError):
            self._toolbox.replay(lambda box: box.process.delete_session(_name(pid)))
        return command.exit_code is None

    def find(self, pid: int) -> Command | None:
        """What was spawned, running or not; None where its session is gone."""
        try:
            session = self._toolbox.replay(lambda box: box.process.get_session(_name(pid)))
        except NotFoundError:
            return None
        return session.commands[-1] if session.commands else None

    def feed(self, pid: int, key: str, data: str) -> None:
        """Write to the standard input of a command."""
        self._toolbox.call(lambda box: box.process.send_session_command_input(_name(pid), key, data))

    def output(self, pid: int, key: str) -> tuple[str, str]:
        """What a command has written to each of its streams so far."""
        logs = self._toolbox.replay(lambda box: box.process.get_session_command_logs(_name(pid), key))
        return logs.stdout or "", logs.stderr or ""

    @contextmanager
    def _session(self, name: str, *, stays: bool = False) -> Generator[str]:
        """A session, deleted at the end; one that stays, where something fails."""
        ended = False
        self._toolbox.call(lambda box: box.process.create_session(name))
        try:
            yield name
            ended = True
        finally:
            if not (stays and ended):
                with contextlib.suppress(VendorError, NotReadyError):
                    self._toolbox.replay(lambda box: box.process.delete_session(name))

    def _start(self, session: str, line: str, env: Mapping[str, str] | None, directory: str | None) -> str:
        """Start a command in a session, and answer its key. Its environment goes ahead, and shows nowhere."""
        steps = [f"cd {shlex.quote(directory)}"] if directory else []
        steps += [f"export {name}={shlex.quote(value)}" for name, value in (env or {}).items()]
        if ahead := " && ".join(steps):
            prepared = self._toolbox.call(
                lambda box: box.process.execute_session_command(session, SessionExecuteRequest(command=ahead))
            )
            if prepared.exit_code:
                raise VendorError(f"working directory {directory!r}: {(prepared.stderr or '').strip()}")
        request = SessionExecuteRequest(command=line, run_async=True, suppress_input_echo=True)
        return self._toolbox.call(lambda box: box.process.execute_session_command(session, request)).cmd_id

    def _follow(self, session: str, key: str, on_stdout: OnOutput, on_stderr: OnOutput) -> int:
        """Follow a command over a WebSocket, which ends with it or with its session."""
        self._toolbox.call(
            lambda box: asyncio.run(box.process.get_session_command_logs_async(session, key, on_stdout, on_stderr))
        )
        found: list[int] = []

        def ended() -> bool:
            code = self._toolbox.replay(lambda box: box.process.get_session_command(session, key)).exit_code
            found.extend([] if code is None else [int(code)])
            return bool(found)

        wait_until(ended, time.monotonic() + SETTLE_SECONDS)
        return found[0] if found else KILLED

    def _fed(self, command: str, stdin: str) -> str:
        """A command line with its input from a file, which is removed when it is open."""
        file = f"/tmp/.evolve-{secrets.token_hex(8)}"
        self._toolbox.replay(lambda box: box.fs.upload_file(stdin.encode(), file))
        return f"{{ rm -f {file}; {_bash(command)}; }} < {file}"


class DaytonaCommand:
    """A command that was spawned. Its output is kept at Daytona, so each wait tells it from the beginning."""

    def __init__(self, commands: DaytonaCommands, pid: int, key: str) -> None:
        self._commands = commands
        self._pid = pid
        self._key = key

    @property
    def pid(self) -> int:
        """The number in its session's name."""
        return self._pid

    def wait(
        self,
        *,
        timeout_seconds: float | None = None,
        on_stdout: OnOutput | None = None,
        on_stderr: OnOutput | None = None,
    ) -> CommandResult:
        """Ask for its exit code, at most a second apart, and with callbacks for its whole log each time."""
        told = [0, 0]
        code: list[int] = []

        def tell(*, is_last: bool) -> tuple[str, str]:
            texts = self._commands.output(self._pid, self._key)
            for stream, (text, on_output) in enumerate(zip(texts, (on_stdout, on_stderr), strict=True)):
                # A character whose other bytes are still to come is told when it is whole.
                news = text[told[stream] :] if is_last else text[told[stream] :].rstrip("\ufffd")
                told[stream] += len(news)
                if news and on_output:
                    on_output(news)
            return texts

        def ended() -> bool:
            command = self._commands.find(self._pid)
            if command is None:
                code.append(KILLED)
            elif command.exit_code is not None:
                code.append(int(command.exit_code))
            elif on_stdout or on_stderr:
                tell(is_last=False)
            return bool(code)

        deadline = math.inf if timeout_seconds is None else time.monotonic() + timeout_seconds
        if not wait_until(ended, deadline):
            raise took_longer(timeout_seconds or 0)
        try:
            return CommandResult(code[0], *tell(is_last=True))
        except NotFoundError:
            return CommandResult(code[0], "", "")

    def send_stdin(self, data: str) -> None:
        """As `commands.send_stdin`."""
        self._commands.feed(self._pid, self._key, data)

    def kill(self) -> bool:
        """As `commands.kill`."""
        return self._commands.kill(self._pid)


def _name(pid: int) -> str:
    return f"evolve-{pid:08x}"


def _bash(command: str) -> str:
    """A command line for whatever shell Daytona finds in the image."""
    return f"bash -c {shlex.quote(command)}"


def _reading_nothing(command: str) -> str:
    """A command line that finds the end of its input; in a session it would wait for some."""
    return f"{_bash(command)} < /dev/null"


def _unwrapped(line: str) -> str:
    """The command line as it was given."""
    words = shlex.split(line) if line.startswith("bash -c ") else []
    return words[2] if len(words) > 2 else line
