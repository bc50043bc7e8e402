"""Sessions: shells whose commands, logs and exit codes outlive the server.

A command writes into two pipes held here, from where it goes to its log as records of `RECORD` (stream, length) and
data; the exit code is the record behind its output.
"""

from __future__ import annotations

import errno
import os
import selectors
import shlex
import signal
import struct
from collections.abc import Callable
from typing import Any

from .processes import signal_tree, spawn

RECORD = struct.Struct(">BI")
EXIT_CODE = struct.Struct(">i")
EXIT, STDOUT, STDERR = 0, 1, 2
CHUNK = 1 << 16
SHELL = ["/bin/bash", "--norc", "--noprofile"]
STATUS_FD = 9
"""The shell's own descriptor for exit codes, closed for the commands it runs."""


class Command:
    """One command of a session: its log, the pipes it writes to, its exit code once it has ended."""

    def __init__(self, key: str, text: str, log: int, report: Callable[[int], None]) -> None:
        self.key, self.text, self.log, self.report = key, text, log, report
        self.code: int | None = None
        self.writers: list[int] = []
        self.readers: dict[int, int] = {}

    def write(self, stream: int, data: bytes) -> None:
        """Append one record to the log; a full disk loses output, not the sandbox."""
        try:
            os.write(self.log, RECORD.pack(stream, len(data)) + data)
        except OSError:
            return


class Session:
    """A shell that runs one command after the other, so that directory and variables persist."""

    def __init__(self, selector: selectors.BaseSelector, env: dict[str, str], cwd: str | None) -> None:
        self.selector = selector
        self.commands: list[Command] = []
        self.ended = False
        script, self.script = os.pipe()
        self.codes, codes = os.pipe()
        null = os.open(os.devnull, os.O_RDWR)
        os.set_blocking(self.codes, False)
        self.pid = spawn(SHELL, env, cwd, {0: script, 1: null, 2: null, STATUS_FD: codes})
        for fd in (script, codes, null):
            os.close(fd)
        self._watch(self.codes, self.take_codes)

    def run(self, command: Command) -> None:
        """Queue a command; the shell takes the next one when it has finished the last."""
        if self.ended:
            raise OSError(errno.ESRCH, "The session's shell has ended")
        self.commands.append(command)
        if len(self._pending()) == 1:
            self._start_next()

    def describe(self) -> dict[str, Any]:
        """Whether the shell has ended, and each command: key, text, exit code or None."""
        return {"ended": self.ended, "commands": [(each.key, each.text, each.code) for each in self.commands]}

    def take_codes(self) -> None:
        """Take exit codes from the shell and let it go on with the next command."""
        try:
            codes = os.read(self.codes, CHUNK)
        except BlockingIOError:
            return
        if not codes:
            self._unwatch()
        for code in codes.split():
            self._complete(self._pending()[0], int(code))
            if self._pending():
                self._start_next()

    def end(self, code: int) -> None:
        """Release what the shell held, now that it is gone; what has not run will not."""
        self.take_codes()
        self.ended = True
        self._unwatch()
        os.close(self.codes)
        os.close(self.script)
        for command in self._pending():
            self._complete(command, code)

    def close(self) -> None:
        """Kill everything in the session."""
        if not self.ended:
            signal_tree(self.pid, signal.SIGKILL)
            self.end(-signal.SIGKILL)
        for command in self.commands:
            for reader in list(command.readers):
                self._forget(command, reader)
            os.close(command.log)

    def _pending(self) -> list[Command]:
        return [command for command in self.commands if command.code is None]

    def _watch(self, fd: int, handle: Callable[[], None]) -> None:
        self.selector.register(fd, selectors.EVENT_READ, handle)

    def _unwatch(self) -> None:
        if self.codes in self.selector.get_map():
            self.selector.unregister(self.codes)

    def _start_next(self) -> None:
        command = self._pending()[0]
        out, err = self._capture(command, STDOUT), self._capture(command, STDERR)
        # `eval` keeps a command's syntax error to itself; within braces it would leave the shell's parser confused.
        words = f"eval {shlex.quote(command.text)} </dev/null >{out} 2>{err} {STATUS_FD}>&-"
        script = f"{words}; echo $? >&{STATUS_FD}\n"
        os.write(self.script, script.encode())

    def _capture(self, command: Command, stream: int) -> str:
        """A path that the shell can redirect one stream of a command to."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        command.writers.append(writer)
        command.readers[reader] = stream
        self._watch(reader, lambda: self._drain(command, reader))
        return f"/proc/{os.getpid()}/fd/{writer}"

    def _drain(self, command: Command, reader: int) -> None:
        """Move what a pipe holds into the log; its last writer may be one that the command left running."""
        try:
            while data := os.read(reader, CHUNK):
                command.write(command.readers[reader], data)
        except BlockingIOError:
            return
        self._forget(command, reader)

    def _forget(self, command: Command, reader: int) -> None:
        self.selector.unregister(reader)
        del command.readers[reader]
        os.close(reader)

    def _complete(self, command: Command, code: int) -> None:
        """Record a command's exit code behind its output and report it."""
        for writer in command.writers:
            os.close(writer)
        for reader in list(command.readers):
            self._drain(command, reader)
        command.code = code
        command.write(EXIT, EXIT_CODE.pack(code))
        command.report(code)
