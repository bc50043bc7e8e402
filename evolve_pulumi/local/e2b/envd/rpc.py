"""The Connect protocol as far as envd speaks it: JSON, and streams of it in envelopes.

A procedure is a method that takes the sandbox and a message, and is decorated with how it is called.
"""

import asyncio
import contextlib
import errno
import functools
import json
import struct
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.envd.access import Access
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.errors import NotFoundError, NotRunningError
from evolve_pulumi.local.guest import GuestLostError
from evolve_pulumi.local.records import Sandbox

ENVELOPE = struct.Struct(">BI")
MESSAGE, END_OF_STREAM = 0, 2
LARGEST_MESSAGE = 1 << 26
KEEPALIVE_SECONDS = 90
"""After how long a silent stream says that it is there, where its client does not say."""

Answer = dict[str, Any]


class Code(StrEnum):
    """Why a call failed."""

    INVALID_ARGUMENT = "invalid_argument"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    PERMISSION_DENIED = "permission_denied"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    UNIMPLEMENTED = "unimplemented"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


STATUSES = {
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.UNKNOWN: 500,
}


class RpcError(Exception):
    """A call that failed, in the protocol's words."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message

    @property
    def body(self) -> Answer:
        """The error as it is sent."""
        return {"code": self.code, "message": self.message}


class Message(BaseModel):
    """A message in the protocol's spelling; what is not known of it is left out of account."""

    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True)


class Service:
    """What procedures share: the cloud, and the way into its sandboxes."""

    def __init__(self, cloud: Cloud, access: Access) -> None:
        self.cloud = cloud
        self.access = access


S = TypeVar("S", bound=Service)
M = TypeVar("M", bound=Message)
Handler = Callable[[S, web.Request], Awaitable[web.StreamResponse]]


def unary(
    message: type[M],
) -> Callable[[Callable[[S, Sandbox, M], Awaitable[Answer]]], Handler[S]]:
    """A procedure that takes one message and answers with one."""

    def decorate(procedure: Callable[[S, Sandbox, M], Awaitable[Answer]]) -> Handler[S]:
        @functools.wraps(procedure)
        async def handle(self: S, request: web.Request) -> web.StreamResponse:
            sandbox = await self.access.admit(request)
            try:
                async with asyncio.timeout(_seconds(request)):
                    given = message.model_validate_json(await request.read())
                    return web.json_response(await procedure(self, sandbox, given))
            except Exception as error:
                failure = _translate(error)
                return web.json_response(failure.body, status=STATUSES[failure.code])

        return handle

    return decorate


def server_stream(
    message: type[M], keepalive: Answer
) -> Callable[[Callable[[S, Sandbox, M, float | None], AsyncGenerator[Answer | None]]], Handler[S]]:
    """A procedure that takes one message and the seconds it has, and answers with many.

    It yields None where nothing has come for a moment.
    """

    def decorate(procedure: Callable[[S, Sandbox, M, float | None], AsyncGenerator[Answer | None]]) -> Handler[S]:
        @functools.wraps(procedure)
        async def handle(self: S, request: web.Request) -> web.StreamResponse:
            seconds = _seconds(request)
            stream = _Stream(request, seconds, keepalive)
            sandbox = await self.access.admit(request)
            # A client that is answered before it has sent everything may leave the rest out.
            data = await anext(_envelopes(request), b"")
            await stream.begin()
            try:
                given = message.model_validate_json(data)
                async with contextlib.aclosing(procedure(self, sandbox, given, seconds)) as answers:
                    async for answer in answers:
                        await stream.send(answer)
            except ConnectionError:
                # Nobody listens any more; what was started goes on.
                return stream.response
            except Exception as error:
                return await stream.end({"error": _translate(error).body})
            return await stream.end({})

        return handle

    return decorate


def client_stream(
    message: type[M],
) -> Callable[[Callable[[S, Sandbox, AsyncIterator[M]], Awaitable[Answer]]], Handler[S]]:
    """A procedure that takes many messages and answers with one when there are no more."""

    def decorate(procedure: Callable[[S, Sandbox, AsyncIterator[M]], Awaitable[Answer]]) -> Handler[S]:
        @functools.wraps(procedure)
        async def handle(self: S, request: web.Request) -> web.StreamResponse:
            stream = _Stream(request, None, {})
            sandbox = await self.access.admit(request)
            given = (message.model_validate_json(data) async for data in _envelopes(request))
            try:
                async with asyncio.timeout(_seconds(request)):
                    answer = await procedure(self, sandbox, given)
            except Exception as error:
                failure = _translate(error)
                await stream.begin()
                return await stream.end({"error": failure.body})
            await stream.begin()
            await stream.send(answer)
            return await stream.end({})

        return handle

    return decorate


class _Stream:
    """The answer to a request, in envelopes."""

    def __init__(self, request: web.Request, seconds: float | None, keepalive: Answer) -> None:
        self.response = web.StreamResponse(headers={"Content-Type": "application/connect+json"})
        self._request = request
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._keepalive = keepalive
        self._interval = float(request.headers.get("Keepalive-Ping-Interval") or KEEPALIVE_SECONDS)
        self._last_sent = time.monotonic()

    async def begin(self) -> None:
        """Send the headers."""
        await self.response.prepare(self._request)

    async def send(self, answer: Answer | None) -> None:
        """Send a message, or a sign of life where there is none but it is time.

        Raises TimeoutError when the stream's time is over, ConnectionError when its client is gone.
        """
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            raise TimeoutError
        if self._request.transport is None or self._request.transport.is_closing():
            raise ConnectionResetError
        if answer is None and now >= self._last_sent + self._interval:
            answer = self._keepalive
        if answer is not None:
            self._last_sent = now
            await self.response.write(_envelope(MESSAGE, answer))

    async def end(self, answer: Answer) -> web.StreamResponse:
        """Send how the stream ended."""
        with contextlib.suppress(ConnectionError):
            await self.response.write(_envelope(END_OF_STREAM, answer))
            await self.response.write_eof()
        return self.response


def _envelope(flags: int, answer: Answer) -> bytes:
    data = json.dumps(answer).encode()
    return ENVELOPE.pack(flags, len(data)) + data


async def _envelopes(request: web.Request) -> AsyncIterator[bytes]:
    """The messages of a request's body, as they come."""
    while True:
        try:
            flags, length = ENVELOPE.unpack(await request.content.readexactly(ENVELOPE.size))
            if length > LARGEST_MESSAGE:
                raise RpcError(Code.RESOURCE_EXHAUSTED, "The message is too large")
            data = await request.content.readexactly(length)
        except asyncio.IncompleteReadError:
            return
        if flags == MESSAGE:
            yield data


def _seconds(request: web.Request) -> float | None:
    """How long a call may take."""
    text = request.headers.get("Connect-Timeout-Ms")
    return int(text) / 1000 if text else None


def _translate(error: Exception) -> RpcError:
    """What went wrong, in the protocol's words; raises what is not for the caller to know, or said otherwise."""
    match error:
        case RpcError():
            return error
        case E2BError(status=400):
            return RpcError(Code.INVALID_ARGUMENT, error.message)
        case TimeoutError(errno=None):
            return RpcError(Code.DEADLINE_EXCEEDED, "context deadline exceeded")
        case NotFoundError():
            return RpcError(Code.NOT_FOUND, str(error))
        case NotRunningError() | GuestLostError():
            return RpcError(Code.UNAVAILABLE, "the connection to the sandbox ended before the call was complete")
        case ValidationError():
            problems = error.errors(include_url=False, include_input=False)
            return RpcError(
                Code.INVALID_ARGUMENT, ", ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems)
            )
        case OSError():
            return RpcError(_CODES.get(error.errno or 0, Code.INTERNAL), error.strerror or str(error))
        case _:
            raise error


_CODES = {
    errno.ENOENT: Code.NOT_FOUND,
    errno.EEXIST: Code.ALREADY_EXISTS,
    errno.ENOTDIR: Code.INVALID_ARGUMENT,
    errno.EISDIR: Code.INVALID_ARGUMENT,
    errno.EINVAL: Code.INVALID_ARGUMENT,
    errno.ENAMETOOLONG: Code.INVALID_ARGUMENT,
    errno.EACCES: Code.PERMISSION_DENIED,
    errno.EPERM: Code.PERMISSION_DENIED,
    errno.EROFS: Code.PERMISSION_DENIED,
}
"""What errors of the system inside a sandbox are called."""
