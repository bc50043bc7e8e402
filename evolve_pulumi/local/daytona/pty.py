"""Terminal sessions in the toolbox: one short method per operation of the table, under its name there.

A session is a process on a terminal, with the session's name as its tag.
"""

import asyncio
import base64
import binascii
import contextlib
import json
import signal
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, hdrs, web
from pydantic import Field, StrictBool, StrictInt, StrictStr, TypeAdapter, ValidationError

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.commands import SHELL
from evolve_pulumi.local.daytona.bodies import Body
from evolve_pulumi.local.daytona.errors import DaytonaError
from evolve_pulumi.local.daytona.inside import Inside
from evolve_pulumi.local.errors import NotFoundError
from evolve_pulumi.local.guest import GuestLostError
from evolve_pulumi.local.logs import exit_code
from evolve_pulumi.local.processes import Output, Process, Processes, Program, Size
from evolve_pulumi.local.records import Sandbox

EXIT_CONTROL = "X-Daytona-Pty-Exit-Control"
"""The subprotocol of clients that want to be told of the end before the connection is closed."""
VARIABLES = "X-Daytona-Pty-Envs~"
"""What a subprotocol begins with that carries variables."""
TERMINAL = "xterm-256color"
KILLED_BY = 128
NAMES = {signal.SIGINT: "Ctrl+C", signal.SIGKILL: "SIGKILL", signal.SIGTERM: "SIGTERM"}
_variables = TypeAdapter(dict[StrictStr, StrictStr])


class SizeBody(Body):
    """A terminal's size."""

    cols: StrictInt = Field(ge=1, le=1000)
    rows: StrictInt = Field(ge=1, le=1000)


class SessionBody(SizeBody):
    """A terminal session to be opened."""

    id: StrictStr = Field(min_length=1)
    cols: StrictInt = Field(default=80, ge=1, le=1000)
    rows: StrictInt = Field(default=24, ge=1, le=1000)
    cwd: StrictStr | None = None
    envs: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    lazy_start: StrictBool = False


class Terminals(Inside):
    """Terminal sessions, as Daytona's API sees them."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._processes = Processes(cloud)

    async def create_pty_session(self, request: web.Request) -> web.Response:
        """Open a session that clients connect to later."""
        body = SessionBody.model_validate(await request.json())
        if body.lazy_start:
            raise DaytonaError(501, "The local cloud does not implement create_pty_session with lazyStart")
        with await self._open(self._sandbox(request), body):
            return web.json_response({"sessionId": body.id}, status=201)

    async def create_connect_pty_session(self, request: web.Request) -> web.StreamResponse:
        """Open a session and serve its first client."""
        query = request.query
        numbers = {name: int(query[name]) for name in ("cols", "rows") if query.get(name, "").isdigit()}
        texts = {name: query[name] for name in ("id", "cwd") if name in query}
        body = SessionBody.model_validate({**texts, **numbers, "envs": _asked_variables(request)})
        sandbox = self._sandbox(request)
        with await self._open(sandbox, body) as output:
            return await self._serve(request, sandbox, output)

    async def connect_pty_session(self, request: web.Request) -> web.StreamResponse:
        """Serve one more client of a session; why there is none is told over the connection."""
        sandbox = self._sandbox(request)
        name = request.match_info["sessionId"]
        try:
            session = await self._session(sandbox, name)
        except NotFoundError:
            return await _refuse(request, f"Failed to connect to PTY session: PTY session {name} not found")
        with await self._processes.output(sandbox, session) as output:
            return await self._serve(request, sandbox, output)

    async def list_pty_sessions(self, request: web.Request) -> web.Response:
        """All sessions."""
        found = await self._sessions(self._sandbox(request))
        return web.json_response({"sessions": [_described(session) for session in found]})

    async def get_pty_session(self, request: web.Request) -> web.Response:
        """One session."""
        return web.json_response(_described(await self._asked(request)))

    async def delete_pty_session(self, request: web.Request) -> web.Response:
        """Kill everything in a session."""
        await self._processes.kill(self._sandbox(request), await self._asked(request))
        return web.json_response({"message": "PTY session deleted"})

    async def resize_pty_session(self, request: web.Request) -> web.Response:
        """Give a session's terminal another size."""
        body = SizeBody.model_validate(await request.json())
        sandbox = self._sandbox(request)
        try:
            session = await self._asked(request)
        except NotFoundError as error:
            raise DaytonaError(410, str(error)) from error
        await self._processes.resize(sandbox, session, Size(body.cols, body.rows))
        return web.json_response(_described(await self._asked(request)))

    async def _sessions(self, sandbox: Sandbox) -> list[Process]:
        return [process for process in await self._processes.all(sandbox) if process.size and process.program.tag]

    async def _session(self, sandbox: Sandbox, name: str) -> Process:
        for session in await self._sessions(sandbox):
            if session.program.tag == name:
                return session
        raise NotFoundError("PTY session not found")

    async def _asked(self, request: web.Request) -> Process:
        return await self._session(self._sandbox(request), request.match_info["sessionId"])

    async def _open(self, sandbox: Sandbox, body: SessionBody) -> Output:
        if body.id in [session.program.tag for session in await self._sessions(sandbox)]:
            raise DaytonaError(409, f"PTY session with ID '{body.id}' already exists")
        env = {"TERM": TERMINAL, **body.envs}
        program = Program([SHELL, "-i", "-l"], body.cwd or self._cloud.workdir(sandbox), env, body.id)
        return await self._processes.start(sandbox, program, size=Size(body.cols, body.rows), alone=True)

    async def _serve(self, request: web.Request, sandbox: Sandbox, output: Output) -> web.WebSocketResponse:
        """Connect a client with a session until one of them ends; a session outlives its clients."""
        socket = web.WebSocketResponse(protocols=[EXIT_CONTROL])
        await socket.prepare(request)
        await socket.send_json({"type": "control", "status": "connected"})
        typing = asyncio.create_task(self._type(socket, sandbox, output.process))
        code = await _show(output, socket, typing)
        typing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await typing
        await _close(socket, code)
        return socket

    async def _type(self, socket: web.WebSocketResponse, sandbox: Sandbox, session: Process) -> None:
        """Pass on what a client sends, for as long as it is there and the session takes it."""
        with contextlib.suppress(OSError, GuestLostError):
            async for message in socket:
                if message.type in (WSMsgType.BINARY, WSMsgType.TEXT):
                    data = message.data if isinstance(message.data, bytes) else message.data.encode()
                    await self._processes.write(sandbox, session, data)


async def _show(output: Output, socket: web.WebSocketResponse, typing: "asyncio.Task[None]") -> int | None:
    """Send what a session shows; its exit code, or None where the client or the sandbox went first."""
    with contextlib.suppress(ConnectionError, GuestLostError):
        async for records in output.records():
            for record in records:
                code = exit_code(record)
                if code is not None:
                    return code if code >= 0 else KILLED_BY - code
                await socket.send_bytes(record[1])
            if typing.done() and socket.closed:
                return None
    return None


async def _close(socket: web.WebSocketResponse, code: int | None) -> None:
    """Tell how a session ended, and close the connection."""
    if code is None:
        await socket.close(code=WSCloseCode.GOING_AWAY)
        return
    ended = {"exitCode": code, **({"exitReason": _reason(code)} if code else {})}
    if socket.ws_protocol == EXIT_CONTROL:
        with contextlib.suppress(ConnectionError):
            await socket.send_json({"type": "control", "status": "exited", **ended})
    await socket.close(code=WSCloseCode.INTERNAL_ERROR if code else WSCloseCode.OK, message=json.dumps(ended).encode())


async def _refuse(request: web.Request, reason: str) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=[EXIT_CONTROL])
    await socket.prepare(request)
    await socket.send_json({"type": "control", "status": "error", "error": reason})
    await socket.close()
    return socket


def _reason(code: int) -> str:
    if code <= KILLED_BY:
        return "non-zero exit"
    number = code - KILLED_BY
    return next((name for known, name in NAMES.items() if known == number), f"signal {number}")


def _asked_variables(request: web.Request) -> dict[str, str]:
    """The variables among the subprotocols that a client offers."""
    for offered in request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(","):
        name, found, encoded = offered.strip().partition(VARIABLES)
        if found and not name:
            try:
                return _variables.validate_json(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
            except (binascii.Error, ValidationError) as error:
                raise DaytonaError(400, "failed to decode PTY envs subprotocol") from error
    return {}


def _described(session: Process) -> dict[str, Any]:
    size = session.size or Size(0, 0)
    return {
        "id": session.program.tag,
        "cwd": session.program.cwd,
        "envs": session.program.env,
        "cols": size.columns,
        "rows": size.rows,
        "createdAt": session.started.isoformat(),
        "active": True,
        "lazyStart": False,
    }
