"""Interpreters in running sandboxes: Pythons that keep their state from one piece of code to the next.

Each is a real process inside, and ends with its sandbox or with this server.
"""

import asyncio
import codecs
import contextlib
import json
import os
import signal
import socket
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.errors import CommandTimeoutError, InterpreterEndedError, NotFoundError
from evolve_pulumi.local.guest import Guest, GuestLostError
from evolve_pulumi.local.records import Sandbox

PROGRAM = Path(__file__).with_name("agent") / "interpreter.py"
PIPE_SIZE = 1 << 16
"""What fits into a pipe; who reads so much has everything that was written before."""
LARGEST_ANSWER = 1 << 24
GRACE_SECONDS = 2
"""How long code that is interrupted may take to end before its interpreter is killed."""
DEFAULT = "default"

Stream = Literal["stdout", "stderr"]


@dataclass(frozen=True)
class Printed:
    """What code has written to one of its streams."""

    stream: Stream
    text: str


@dataclass(frozen=True)
class Raised:
    """The error that code ended with."""

    name: str
    value: str
    traceback: str


class Interpreter:
    """One interpreter: runs one piece of code at a time, in the order of asking."""

    def __init__(self, guest: Guest, key: str, cwd: str, created_at: datetime) -> None:
        self.key, self.cwd, self.created_at = key, cwd, created_at
        self._guest = guest
        self._turn = asyncio.Lock()
        self._answer = b""
        self._opened = contextlib.ExitStack()
        self._streams: dict[int, tuple[Stream, codecs.IncrementalDecoder]] = {}

    async def start(self, env: dict[str, str]) -> "asyncio.Future[int]":
        """Start the process; returns its exit code to come. Raises FileNotFoundError where its folder is missing."""
        ours, theirs = socket.socketpair()
        pipes: dict[Stream, tuple[int, int]] = {"stdout": os.pipe(), "stderr": os.pipe()}
        self._requests = self._opened.enter_context(ours)
        for name, (reader, _) in pipes.items():
            self._opened.callback(os.close, reader)
            os.set_blocking(reader, False)
            self._streams[reader] = name, codecs.getincrementaldecoder("utf-8")("replace")
        ours.setblocking(False)
        writers = [writer for _, writer in pipes.values()]
        argv = ["python3", "-u", "-c", PROGRAM.read_text()]
        try:
            self._pid, self._ended = await self._guest.spawn(argv, env, self.cwd, [theirs.fileno(), *writers])
        except BaseException:
            self._opened.close()
            raise
        finally:
            theirs.close()
            for writer in writers:
                os.close(writer)
        return self._ended

    def release(self) -> None:
        """Close what was open to a process that has ended, as soon as nobody reads its last words any more."""
        if not self._turn.locked():
            self._streams.clear()
            self._opened.close()

    async def close(self) -> None:
        """Kill the process and what it has started, and return when it is gone."""
        with contextlib.suppress(GuestLostError, OSError):
            await self._guest.call("kill", pid=self._pid, number=signal.SIGKILL)
            await asyncio.shield(self._ended)

    async def run(self, code: str, env: Mapping[str, str], seconds: float | None) -> AsyncGenerator[Printed | Raised]:
        """Run code; what it prints and raises, as it comes. Given up early, or too slow, the code is interrupted.

        Raises CommandTimeoutError, or InterpreterEndedError where the process ends with it.
        """
        try:
            async with self._turn, contextlib.aclosing(self._run(code, env, seconds)) as events:
                async for event in events:
                    yield event
        finally:
            if self._ended.done():
                self.release()

    async def _run(self, code: str, env: Mapping[str, str], seconds: float | None) -> AsyncGenerator[Printed | Raised]:
        loop = asyncio.get_running_loop()
        deadline = None if seconds is None else loop.time() + seconds
        answer: dict[str, Any] | None = None
        try:
            await loop.sock_sendall(self._requests, json.dumps({"code": code, "env": dict(env)}).encode() + b"\n")
            while answer is None:
                async with asyncio.timeout_at(deadline):
                    await self._readable()
                answer = self._take_answer()
                for printed in self._take_output():
                    yield printed
            if answer["error"]:
                yield Raised(**answer["error"])
        except TimeoutError:
            raise CommandTimeoutError(f"Code took longer than {seconds:g} seconds") from None
        except (InterpreterEndedError, OSError) as error:
            for printed in self._take_output():
                yield printed
            raise InterpreterEndedError("The interpreter has ended") from error
        finally:
            if answer is None:
                await self._interrupt()

    async def _interrupt(self) -> None:
        """Let the code that runs end, or everything with it; what it still prints is lost."""
        try:
            await self._guest.call("kill", pid=self._pid, number=signal.SIGINT)
            async with asyncio.timeout(GRACE_SECONDS):
                while self._take_answer() is None:
                    list(self._take_output())
                    await self._readable()
        except (InterpreterEndedError, GuestLostError, OSError):
            await self.close()

    async def _readable(self) -> None:
        """Wait until there is an answer or output."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        watched = [self._requests.fileno(), *self._streams]
        for fd in watched:
            loop.add_reader(fd, lambda: ready.done() or ready.set_result(None))
        try:
            await asyncio.wait([ready, self._ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for fd in watched:
                loop.remove_reader(fd)
        if not ready.done():
            raise InterpreterEndedError("The interpreter has ended")

    def _take_answer(self) -> dict[str, Any] | None:
        """The answer, once it is whole."""
        with contextlib.suppress(BlockingIOError):
            data = self._requests.recv(PIPE_SIZE)
            self._answer += data
            if not data or len(self._answer) > LARGEST_ANSWER:
                raise InterpreterEndedError("The interpreter has ended")
        line, end, rest = self._answer.partition(b"\n")
        if not end:
            return None
        self._answer = rest
        return _answer(line)

    def _take_output(self) -> Iterator[Printed]:
        """What was printed since the last time."""
        for fd, (stream, decoder) in list(self._streams.items()):
            with contextlib.suppress(BlockingIOError):
                data = os.read(fd, PIPE_SIZE)
                if not data:
                    del self._streams[fd]
                if text := decoder.decode(data, final=not data):
                    yield Printed(stream, text)


class Interpreters:
    """The interpreters of all sandboxes. Every call raises NotRunningError where a sandbox is stopped."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._open: dict[tuple[str, str], Interpreter] = {}
        self._starting: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def all(self, sandbox: Sandbox) -> list[Interpreter]:
        """Those of a sandbox that were opened, oldest first."""
        self._cloud.guest(sandbox)
        return [each for (owner, key), each in self._open.items() if owner == sandbox.id and key != DEFAULT]

    def find(self, sandbox: Sandbox, key: str) -> Interpreter:
        """One of those; raises NotFoundError."""
        for each in self.all(sandbox):
            if each.key == key:
                return each
        raise NotFoundError(f"Interpreter context {key} not found")

    async def open(self, sandbox: Sandbox, cwd: str | None) -> Interpreter:
        """Start another interpreter, in a folder or where processes start."""
        return await self._start(sandbox, str(uuid.uuid4()), cwd)

    async def default(self, sandbox: Sandbox) -> Interpreter:
        """The one that each sandbox has, started when it is first asked for and after it has ended."""
        async with self._starting[sandbox.id]:
            known = self._open.get((sandbox.id, DEFAULT))
            return known or await self._start(sandbox, DEFAULT, None)

    async def _start(self, sandbox: Sandbox, key: str, cwd: str | None) -> Interpreter:
        guest = self._cloud.guest(sandbox)
        interpreter = Interpreter(guest, key, cwd or self._cloud.workdir(sandbox), self._cloud.clock())
        ended = await interpreter.start(self._cloud.environment(sandbox))

        def forget(_: "asyncio.Future[int]") -> None:
            del self._open[sandbox.id, key]
            interpreter.release()

        self._open[sandbox.id, key] = interpreter
        ended.add_done_callback(forget)
        return interpreter


def _answer(line: bytes) -> dict[str, Any]:
    """An answer as it should be; the code can reach the socket, so that anything may come."""
    try:
        error = json.loads(line)["error"]
        return {"error": error and {name: str(error[name]) for name in ("name", "value", "traceback")}}
    except (ValueError, LookupError, TypeError) as problem:
        raise InterpreterEndedError("The interpreter did not keep to the protocol") from problem
