"""Logs: files of records, in which what a command writes and its exit code outlive the server.

A record is `RECORD` (stream, length) and data. The last one is the exit code.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import struct
import termios
from collections.abc import Callable

RECORD = struct.Struct(">BI")
EXIT_CODE = struct.Struct(">i")
EXIT, STDOUT, STDERR, TERMINAL = 0, 1, 2, 3
CHUNK = 1 << 16
"""The most that is read at once, and so the longest record."""


class Log:
    """One log, and the descriptors whose output goes there; `on_complete` is called when nobody writes any more."""

    def __init__(
        self, selector: selectors.BaseSelector, fd: int, on_complete: Callable[[], None] = lambda: None
    ) -> None:
        self.fd = fd
        self._selector = selector
        self._on_complete = on_complete
        self._sources: dict[int, int] = {}

    @property
    def complete(self) -> bool:
        """Whether all that was written is here, and no more can be."""
        return not self._sources

    def pipe(self, stream: int) -> int:
        """A new pipe's end to write to; it is the caller's to close."""
        reader, writer = os.pipe()
        self.record(reader, stream)
        return writer

    def record(self, source: int, stream: int) -> None:
        """Log what comes out of a descriptor, and close it at its end."""
        os.set_blocking(source, False)
        self._sources[source] = stream
        self._selector.register(source, selectors.EVENT_READ, lambda: self._move(source))

    def write(self, stream: int, data: bytes) -> None:
        """Append one record; a full disk loses output, not the sandbox."""
        try:
            os.write(self.fd, RECORD.pack(stream, len(data)) + data)
        except OSError:
            return

    def end(self, code: int) -> None:
        """Log what the sources hold by now, and the exit code behind it."""
        for source in list(self._sources):
            # Not until it is empty, since somebody may go on to fill it.
            left = struct.unpack("i", fcntl.ioctl(source, termios.FIONREAD, bytes(4)))[0]
            while left > 0 and (moved := self._move(source)):
                left -= moved
        self.write(EXIT, EXIT_CODE.pack(code))

    def close(self) -> None:
        """Let go of the file and of what is left of the sources."""
        for source in list(self._sources):
            self._forget(source)
        os.close(self.fd)

    def _move(self, source: int) -> int:
        """Log a piece of what a source holds; one at a time, so that a busy writer holds up nobody."""
        try:
            data = os.read(source, CHUNK)
        except BlockingIOError:
            return 0
        except OSError:
            # So ends a terminal that nobody has open any more.
            data = b""
        if data:
            self.write(self._sources[source], data)
        else:
            self._forget(source)
            if self.complete:
                self._on_complete()
        return len(data)

    def _forget(self, source: int) -> None:
        self._selector.unregister(source)
        del self._sources[source]
        os.close(source)
