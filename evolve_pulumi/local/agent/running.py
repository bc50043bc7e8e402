"""Processes that outlive whoever asked for them: they can be listed, fed and followed until they have ended."""

from __future__ import annotations

import errno
import fcntl
import os
import selectors
import signal
import struct
import termios
import time
from collections.abc import Callable
from typing import Any

from .logs import STDERR, STDOUT, TERMINAL, Log
from .processes import spawn

WINDOW = struct.Struct("HHHH")
FATAL = (signal.SIGTERM, signal.SIGKILL)


class Running:
    """One process: its log, the way into it, and what it was started as.

    It has ended when nobody writes to its log any more; one that is `alone`, or was told to end, when it is gone
    itself. `size` is that of the terminal it gets, columns and rows.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        log: int,
        report: Callable[[int], None],
        *,
        argv: list[str],
        env: dict[str, str],
        cwd: str,
        stdin: bool,
        size: tuple[int, int] | None,
        alone: bool,
        about: dict[str, Any],
    ) -> None:
        self._log = Log(selector, log, self._look)
        self._report = report
        self._about = about
        self._on_terminal = size is not None
        self._started = time.time()
        self._input: int | None = None
        self._code: int | None = None
        self._alone = alone
        self.ended = False
        fds = self._terminal(size) if size else self._pipes(stdin)
        try:
            self.pid = spawn(argv, env, cwd, dict(enumerate(fds)), terminal=self._on_terminal)
        except OSError:
            self._close()
            raise
        finally:
            for fd in set(fds):
                os.close(fd)

    def describe(self) -> dict[str, Any]:
        """Its pid, when it was started, its terminal's size, and what whoever started it has noted about it."""
        size = self._size() if self._on_terminal else None
        return {"pid": self.pid, "started": self._started, "size": size, "about": self._about}

    def pass_log(self) -> tuple[int, int]:
        """Its log, open, and where in it the next record will begin."""
        return os.dup(self._log.fd), os.lseek(self._log.fd, 0, os.SEEK_CUR)

    def pass_input(self) -> int:
        """Where its input is written to: its terminal, or the pipe that it reads."""
        if self._input is None:
            raise OSError(errno.EPIPE, "Its standard input is closed")
        return os.dup(self._input)

    def close_input(self) -> dict[str, Any]:
        """Let it find the end of its input; a terminal has none."""
        if self._input is not None and not self._on_terminal:
            os.close(self._input)
            self._input = None
        return {}

    def signal(self, number: int) -> dict[str, Any]:
        """Signal the process itself."""
        self._alone = self._alone or number in FATAL
        if self._code is None:
            os.kill(self.pid, number)
        self._look()
        return {}

    def exited(self, code: int) -> None:
        """Take note of its exit code, negative for the signal that ended it."""
        self._code = code
        self._look()

    def _pipes(self, stdin: bool) -> list[int]:
        reader = os.open(os.devnull, os.O_RDONLY)
        if stdin:
            os.close(reader)
            reader, self._input = os.pipe()
        return [reader, self._log.pipe(STDOUT), self._log.pipe(STDERR)]

    def _terminal(self, size: tuple[int, int]) -> list[int]:
        self._input, outer = os.openpty()
        fcntl.ioctl(outer, termios.TIOCSWINSZ, WINDOW.pack(size[1], size[0], 0, 0))
        self._log.record(os.dup(self._input), TERMINAL)
        return [outer, outer, outer]

    def _size(self) -> tuple[int, int]:
        assert self._input is not None
        rows, columns, _, _ = WINDOW.unpack(fcntl.ioctl(self._input, termios.TIOCGWINSZ, bytes(WINDOW.size)))
        return columns, rows

    def _look(self) -> None:
        """End it if it is time."""
        if self.ended or self._code is None or not (self._alone or self._log.complete):
            return
        self.ended = True
        self._log.end(self._code)
        self._report(self._code)
        self._close()

    def _close(self) -> None:
        self._log.close()
        if self._input is not None:
            os.close(self._input)
            self._input = None
