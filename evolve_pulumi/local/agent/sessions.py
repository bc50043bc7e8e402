"""Sessions: shells whose commands, logs and exit codes outlive the server."""

from __future__ import annotations

import errno
import os
import selectors
import shlex
import signal
from collections.abc import Callable
from typing import Any

from .logs import CHUNK, STDERR, STDOUT, Log
from .processes import signal_tree, spawn

SHELL = ["/bin/bash", "--norc", "--noprofile"]
STATUS_FD = 9
"""The shell's own descriptor for exit codes, closed for the commands it runs."""


class Command:
    """One command of a session: its log, the pipes that it uses, its exit code once it has ended."""

    def __init__(self, key: str, text: str, echo: bool, log: Log, report: Callable[[int], None]) -> None:
        self.key, self.text, self.log, self.report = key, text, log, report
        self.code: int | None = None
        self.input: int | None = None
        self.pipes: list[int] = []
        self._echo = echo

    def pass_input(self) -> int:
        """Where its input is written to."""
        if self.input is None:
            raise OSError(errno.ESRCH, "The command does not run")
        return os.dup(self.input)

    def echo(self, text: str) -> dict[str, Any]:
        """Show in its log what it was fed with."""
        if self._echo and self.code is None:
            self.log.write(STDOUT, text.encode())
        return {}


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
        selector.register(self.codes, selectors.EVENT_READ, self.take_codes)

    def run(self, command: Command) -> None:
        """Queue a command; the shell takes the next one when it has finished the last."""
        if self.ended:
            raise OSError(errno.ESRCH, "The session's shell has ended")
        self.commands.append(command)
        if len(self._pending()) == 1:
            self._start_next()

    def command(self, key: str) -> Command:
        """A command by its key; raises KeyError."""
        return {command.key: command for command in self.commands}[key]

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
            command.log.close()

    def _pending(self) -> list[Command]:
        return [command for command in self.commands if command.code is None]

    def _unwatch(self) -> None:
        if self.codes in self.selector.get_map():
            self.selector.unregister(self.codes)

    def _start_next(self) -> None:
        command = self._pending()[0]
        source, command.input = os.pipe()
        out, err = command.log.pipe(STDOUT), command.log.pipe(STDERR)
        command.pipes += [source, command.input, out, err]
        # `eval` keeps a command's syntax error to itself; within braces it would leave the shell's parser confused.
        files = f"<{_path(source)} >{_path(out)} 2>{_path(err)} {STATUS_FD}>&-"
        words = f"eval {shlex.quote(command.text)} {files}"
        script = f"{words}; echo $? >&{STATUS_FD}\n"
        os.write(self.script, script.encode())

    def _complete(self, command: Command, code: int) -> None:
        """Record a command's exit code behind its output and report it."""
        for fd in command.pipes:
            os.close(fd)
        command.input = None
        command.log.end(code)
        command.code = code
        command.report(code)


def _path(fd: int) -> str:
    """A path that the shell can redirect to or from."""
    return f"/proc/{os.getpid()}/fd/{fd}"
