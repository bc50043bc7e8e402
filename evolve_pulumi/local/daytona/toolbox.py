"""Commands and sessions in the toolbox: one short method per operation of the table, under its name there."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from pydantic import Field, StrictBool, StrictInt, StrictStr

from evolve_pulumi.local.agent.logs import STDERR, STDOUT
from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.commands import Commands, SessionCommand
from evolve_pulumi.local.daytona.bodies import Body
from evolve_pulumi.local.daytona.inside import Inside
from evolve_pulumi.local.entrypoint import ENTRYPOINT
from evolve_pulumi.local.logs import Record

STREAM_MARKS = {STDOUT: b"\x01\x01\x01", STDERR: b"\x02\x02\x02"}
"""What begins a run of a stream where both share a WebSocket."""


class ExecuteBody(Body):
    """A command to be run by itself; `timeout` is in seconds."""

    command: StrictStr = Field(min_length=1)
    cwd: StrictStr | None = None
    envs: dict[StrictStr, StrictStr] | None = None
    timeout: StrictInt | None = Field(default=None, ge=0)


class SessionBody(Body):
    """A session to be opened."""

    session_id: StrictStr = Field(min_length=1)


class SessionCommandBody(Body):
    """A command to be run in a session; both words for not waiting mean the same."""

    command: StrictStr = Field(min_length=1)
    run_async: StrictBool | None = None
    var_async: StrictBool | None = Field(default=None, alias="async")
    suppress_input_echo: StrictBool | None = None


class InputBody(Body):
    """A line to feed a command with."""

    data: StrictStr


class Toolbox(Inside):
    """What runs in a sandbox, as Daytona's API sees it."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._commands = Commands(cloud)

    async def execute_command(self, request: web.Request) -> web.Response:
        """Run a command and answer its output, both streams as one."""
        body = ExecuteBody.model_validate(await request.json())
        code, output = await self._commands.execute(
            self._sandbox(request), body.command, body.cwd, body.envs or {}, body.timeout or None
        )
        return web.json_response({"exitCode": code, "result": output.decode(errors="replace")})

    async def create_session(self, request: web.Request) -> web.Response:
        """Open a session."""
        body = SessionBody.model_validate(await request.json())
        await self._commands.open_session(self._sandbox(request), body.session_id)
        return web.Response(status=201)

    async def list_sessions(self, request: web.Request) -> web.Response:
        """All sessions."""
        found = await self._commands.sessions(self._sandbox(request))
        return web.json_response([_session(name, commands) for name, commands in found.items()])

    async def get_session(self, request: web.Request) -> web.Response:
        """One session."""
        name = request.match_info["sessionId"]
        return web.json_response(_session(name, await self._commands.session(self._sandbox(request), name)))

    async def delete_session(self, request: web.Request) -> web.Response:
        """Kill everything in a session."""
        await self._commands.close_session(self._sandbox(request), request.match_info["sessionId"])
        return web.Response(status=204)

    async def session_execute_command(self, request: web.Request) -> web.Response:
        """Run a command in a session, and wait for it unless asked not to."""
        body = SessionCommandBody.model_validate(await request.json())
        sandbox = self._sandbox(request)
        name, echo = request.match_info["sessionId"], not body.suppress_input_echo
        key, ended = await self._commands.run(sandbox, name, body.command, echo=echo)
        if body.run_async or body.var_async:
            return web.json_response({"cmdId": key}, status=202)
        code = await ended
        logs = _logs(self._commands.output(sandbox, key))
        return web.json_response({"cmdId": key, "exitCode": code, **logs})

    async def get_entrypoint_session(self, request: web.Request) -> web.Response:
        """The session of the image's own program."""
        return web.json_response(_session(ENTRYPOINT, await self._commands.session(self._sandbox(request), ENTRYPOINT)))

    async def get_entrypoint_logs(self, request: web.Request) -> web.StreamResponse:
        """What the image's own program has written; over a WebSocket also what it will."""
        command, *_ = await self._commands.session(self._sandbox(request), ENTRYPOINT)
        return await self._tell(request, command)

    async def get_session_command(self, request: web.Request) -> web.Response:
        """One command of a session."""
        return web.json_response(_command(await self._command(request)))

    async def send_input(self, request: web.Request) -> web.Response:
        """Feed a command with a line, whose end it gets in any case."""
        data = InputBody.model_validate(await request.json()).data
        line = data if data.endswith("\n") else data + "\n"
        name, key = request.match_info["sessionId"], request.match_info["commandId"]
        await self._commands.send_input(self._sandbox(request), name, key, line.encode())
        return web.Response(status=204)

    async def get_session_command_logs(self, request: web.Request) -> web.StreamResponse:
        """What a command has written; over a WebSocket also what it will."""
        return await self._tell(request, await self._command(request))

    async def _tell(self, request: web.Request, command: SessionCommand) -> web.StreamResponse:
        sandbox = self._sandbox(request)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await _send(request, self._commands.follow(sandbox, command.key))
        return web.json_response(_logs(self._commands.output(sandbox, command.key)))

    async def _command(self, request: web.Request) -> SessionCommand:
        given = request.match_info
        return await self._commands.command(self._sandbox(request), given["sessionId"], given["commandId"])


async def _send(request: web.Request, followed: AsyncIterator[list[Record]]) -> web.WebSocketResponse:
    """Send a log over a WebSocket until it ends or nobody listens."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    hung_up = asyncio.create_task(socket.receive())
    async for records in followed:
        if hung_up.done():
            break
        for stream, data in records:
            await socket.send_bytes(STREAM_MARKS[stream] + data)
    hung_up.cancel()
    await socket.close(code=1000)
    return socket


def _session(name: str, commands: list[SessionCommand]) -> dict[str, Any]:
    return {"sessionId": name, "commands": [_command(command) for command in commands]}


def _command(command: SessionCommand) -> dict[str, Any]:
    return {"id": command.key, "command": command.text, "exitCode": command.code}


def _logs(records: list[Record]) -> dict[str, str]:
    def text(*streams: int) -> str:
        return b"".join(data for stream, data in records if stream in streams).decode(errors="replace")

    return {"output": text(STDOUT, STDERR), "stdout": text(STDOUT), "stderr": text(STDERR)}
