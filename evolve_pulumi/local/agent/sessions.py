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
    """One command of a session: its log, its exit code once it has ended, and the pipes that it holds until then.

    One that is `fed` can be written to, and finds no end of its input; what it is written may be `echoed` in its log.
    """

    def __init__(
        self, key: str, text: str, log: Log, report: Callable[[int], None], *, fed: bool = False, echoed: bool = True
    ) -> None:
        self.key, self.text, self.log, self.report = key, text, log, report
        self.code: int | None = None
        self.pipes: list[int] = []
        self.source = os.devnull
        self._echoed = echoed
        self._input: int | None = None
        if fed:
            reader, self._input = os.pipe()
            self.pipes += [reader, self._input]
            self.source = _path(reader)

    def pass_input(self) -> int:
        """Where its input is written to."""
        if self._input is None or self.code is not None:
            raise OSError(errno.EPIPE, "It takes no input")
        return os.dup(self._input)

    def echo(self, text: str) -> dict[str, Any]:
        """Note in its log what it was written."""
        if self._echoed and self.code is None:
            self.log.note(STDOUT, text.encode())
        return {}

    def capture(self, stream: int) -> str:
        """A path that the shell can redirect one of its streams to."""
        writer = self.log.pipe(stream)
        self.pipes.append(writer)
        return _path(writer)

    def complete(self, code: int) -> None:
        """Record the exit code behind the output and report it."""
        for pipe in self.pipes:
            os.close(pipe)
        self.log.end(code)
        self.code = code
        self.report(code)


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
        """A command by its key."""
        return next(each for each in self.commands if each.key == key)

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
            self._pending()[0].complete(int(code))
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
            command.complete(code)

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
        out, err = command.capture(STDOUT), command.capture(STDERR)
        # `eval` keeps a command's syntax error to itself; within braces it would leave the shell's parser confused.
        words = f"eval {shlex.quote(command.text)} <{command.source} >{out} 2>{err} {STATUS_FD}>&-"
        script = f"{words}; echo $? >&{STATUS_FD}\n"
        os.write(self.script, script.encode())


def _path(fd: int) -> str:
    """A path by which others may open one of our descriptors."""
    return f"/proc/{os.getpid()}/fd/{fd}"
