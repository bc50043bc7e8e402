"""The server's end of the connection to a sandbox's agent.

What comes from there is untrusted: replies have a time limit, and descriptors are checked for what they are.
"""

import array
import asyncio
import contextlib
import errno
import json
import logging
import os
import socket
import stat
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

from evolve_pulumi.local.agent.loop import LARGEST_MESSAGE, PACKET

REPLY_SECONDS = 20
"""How long an operation may take that names no other time, before the sandbox is taken for broken."""

log = logging.getLogger(__name__)


@contextlib.contextmanager
def short_path(path: Path) -> Generator[str]:
    """Another name for a path, for as long as the block runs, that fits into a socket's address."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class GuestLostError(Exception):
    """The agent is gone or does not answer: the sandbox is not running."""


class Guest:
    """A running sandbox, seen from outside: processes, sessions, files and ports, all by way of its agent."""

    def __init__(self, connection: socket.socket, on_lost: Callable[[], None]) -> None:
        self._connection = connection
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._last_id = 0
        self._replies: dict[int, asyncio.Future[tuple[dict[str, Any], list[int]]]] = {}
        self._ends: dict[int | str, asyncio.Future[int]] = {}
        connection.setblocking(False)
        self._loop.add_reader(connection, self._receive)

    @classmethod
    async def connect(cls, path: Path, on_lost: Callable[[], None]) -> "Guest":
        """Connect to the agent behind a socket file and wait for its first answer.

        Raises GuestLostError when nobody listens there any more.
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with short_path(path) as name:
                connection.connect(name)
        except OSError as error:
            connection.close()
            raise GuestLostError("The sandbox is not running") from error
        guest = cls(connection, on_lost)
        await guest.call("sessions")
        return guest

    @property
    def lost(self) -> bool:
        """Whether the sandbox, or the connection to it, has ended."""
        return self._connection.fileno() < 0

    def close(self) -> None:
        """Hang up; the sandbox goes on."""
        if self.lost:
            return
        self._loop.remove_reader(self._connection)
        self._connection.close()
        for waiting in (*self._replies.values(), *self._ends.values()):
            if not waiting.done():
                waiting.set_exception(GuestLostError("The sandbox stopped"))
                # Nobody may be waiting for it any more.
                waiting.exception()

    async def call(
        self, operation: str, *, fds: Sequence[int] = (), patience: float = REPLY_SECONDS, **arguments: Any
    ) -> dict[str, Any]:
        """Run one of the agent's operations, for so many seconds at most.

        Raises OSError with the errno that it met inside the sandbox.
        """
        reply, passed = await self._exchange(operation, fds, arguments, patience)
        for fd in passed:
            os.close(fd)
        return reply

    async def spawn(
        self, argv: list[str], env: dict[str, str], cwd: str | None, fds: Sequence[int]
    ) -> tuple[int, asyncio.Future[int]]:
        """Start a process on three descriptors; returns its pid inside and the future of its exit code."""
        reply = await self.call("spawn", fds=fds, argv=argv, env=env, cwd=cwd)
        return int(reply["pid"]), self.end_of(int(reply["pid"]))

    async def run(self, session: str, key: str, text: str, logs: Path, *, echo: bool = True) -> "asyncio.Future[int]":
        """Queue a command in a session, with a log of its key's name; the future of its exit code.

        What it is fed with shows in the log unless it is not to echo.

        Raises ProcessLookupError where the session's shell has ended.
        """
        ended = self.end_of(key)
        log = os.open(logs / f"{key}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            await self.call("run", fds=[log], session=session, key=key, text=text, echo=echo)
        finally:
            os.close(log)
        return ended

    async def start(self, log: int, **program: Any) -> "tuple[int, asyncio.Future[int]]":
        """Start a process that outlives the server, with a log; returns its pid inside and its exit code to come."""
        reply = await self.call("start", fds=[log], **program)
        return int(reply["pid"]), self.end_of(int(reply["pid"]))

    async def log_of(self, pid: int) -> tuple[int, int]:
        """The log of a process that was started so, and where in it the next record will begin."""
        fd, reply = await self._descriptor("log", pid=pid)
        return _expected(fd, stat.S_ISREG), int(reply["position"])

    async def input_of(self, pid: int) -> int:
        """The pipe that such a process reads, or the outer end of its terminal; the caller closes the descriptor."""
        fd, _ = await self._descriptor("input", pid=pid)
        return _expected(fd, stat.S_ISFIFO, stat.S_ISCHR)

    async def command_input_of(self, session: str, key: str) -> int:
        """The pipe that a session's running command reads; the caller closes the descriptor."""
        fd, _ = await self._descriptor("command_input", session=session, key=key)
        return _expected(fd, stat.S_ISFIFO)

    def end_of(self, key: int | str) -> "asyncio.Future[int]":
        """The exit code, to come, of a process or a session's command that this connection started."""
        ended = self._ends.setdefault(key, self._loop.create_future())
        ended.add_done_callback(lambda _: self._ends.pop(key, None))
        return ended

    async def dial(self, port: int) -> socket.socket:
        """A TCP connection to a port of the sandbox's loopback; raises OSError when nothing listens there."""
        try:
            return await self._dial(4, ("127.0.0.1", port))
        except OSError:
            return await self._dial(6, ("::1", port))

    async def open(self, path: str, flags: int, *, mode: int = 0o644, parents: bool = False) -> int:
        """A regular file, opened inside the sandbox; the caller closes the descriptor."""
        fd, _ = await self._descriptor("open", path=path, flags=flags, mode=mode, parents=parents)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
        raise IsADirectoryError(errno.EISDIR, "Not a regular file")

    async def _dial(self, family: int, address: tuple[str, int]) -> socket.socket:
        fd, _ = await self._descriptor("socket", family=family)
        connection = socket.socket(fileno=fd)
        try:
            connection.setblocking(False)
            await self._loop.sock_connect(connection, address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            connection.close()
            raise
        return connection

    async def _descriptor(self, operation: str, **arguments: Any) -> tuple[int, dict[str, Any]]:
        """Run an operation that hands out exactly one descriptor; returns it and the reply."""
        reply, passed = await self._exchange(operation, (), arguments)
        if len(passed) == 1:
            return passed[0], reply
        _close_all(passed)
        raise GuestLostError("The sandbox's agent did not keep to the protocol")

    async def _exchange(
        self, operation: str, fds: Sequence[int], arguments: dict[str, Any], patience: float = REPLY_SECONDS
    ) -> tuple[dict[str, Any], list[int]]:
        self._last_id += 1
        number = self._last_id
        reply = self._replies[number] = self._loop.create_future()
        try:
            await self._send({"id": number, "op": operation, "arguments": arguments}, fds)
            answer, passed = await asyncio.wait_for(reply, patience)
        except TimeoutError as error:
            raise GuestLostError(f"The sandbox did not answer within {patience:g} seconds") from error
        finally:
            del self._replies[number]
        if "errno" in answer:
            _close_all(passed)
            raise OSError(int(answer["errno"]), str(answer["error"]))
        return answer, passed

    async def _send(self, request: dict[str, Any], fds: Sequence[int]) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        while True:
            try:
                self._connection.sendmsg([json.dumps(request).encode()], rights)
            except BlockingIOError:
                await asyncio.sleep(0.01)
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    raise
                raise GuestLostError("The sandbox is not running") from error
            else:
                return

    def _receive(self) -> None:
        try:
            data, fds, _, _ = socket.recv_fds(self._connection, PACKET, 8)
        except BlockingIOError:
            return
        except OSError:
            data, fds = b"", list[int]()
        if not data:
            self.close()
            self._on_lost()
            return
        try:
            self._deliver(json.loads(data), fds)
        except (ValueError, LookupError, TypeError, OSError):
            log.warning("A sandbox's agent did not keep to the protocol")
            _close_all(fds)
            self.close()
            self._on_lost()

    def _deliver(self, message: dict[str, Any], fds: list[int]) -> None:
        if "ended" in message:
            ended = self._ends.setdefault(message["ended"], self._loop.create_future())
            if not ended.done():
                ended.set_result(int(message["code"]))
            return
        if "in_file" in message:
            message = _read_message(fds)
            _close_all(fds)
            fds = []
        waiting = self._replies.get(message["id"])
        if waiting is None or waiting.done():
            _close_all(fds)
        else:
            waiting.set_result((message, fds))


def _read_message(fds: list[int]) -> dict[str, Any]:
    """A large reply, from the file in memory that it came in."""
    size = os.fstat(fds[0]).st_size
    if size > LARGEST_MESSAGE:
        raise ValueError("The reply is too large")
    return json.loads(os.pread(fds[0], size, 0))


def _expected(fd: int, *types: Callable[[int], bool]) -> int:
    """A descriptor, if it is of one of these types."""
    if any(fits(os.fstat(fd).st_mode) for fits in types):
        return fd
    os.close(fd)
    raise GuestLostError("The sandbox's agent did not keep to the protocol")


def _close_all(fds: Sequence[int]) -> None:
    for fd in fds:
        os.close(fd)
