"""Code in the toolbox, run once or in interpreters: one short method per operation, under its name in the table."""

import asyncio
import contextlib
from typing import Any, Literal

from aiohttp import WSCloseCode, WSMessageTypeError, web
from pydantic import Field, StrictInt, StrictStr, ValidationError

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.daytona.bodies import Body
from evolve_pulumi.local.daytona.errors import translate
from evolve_pulumi.local.daytona.inside import Inside
from evolve_pulumi.local.errors import CloudError, CommandTimeoutError
from evolve_pulumi.local.guest import GuestLostError
from evolve_pulumi.local.interpreters import Interpreter, Interpreters, Printed
from evolve_pulumi.local.programs import Programs
from evolve_pulumi.local.records import Sandbox

LANGUAGES = {
    "python": ["python3", "-u", "-"],
    "javascript": ["node", "-"],
    "typescript": ["ts-node", "--transpile-only", "-"],
}
"""What runs the code that comes on its standard input, with arguments after it."""
INTERPRETER_SECONDS = 600
"""How long code may take in an interpreter that is given no other time."""
LARGEST_CODE = 1 << 26
TIMED_OUT = 4008
LONGEST_REASON = 120
"""As many characters as fit into the frame that closes a WebSocket."""


class CodeBody(Body):
    """Code to be run by itself; `timeout` is in seconds."""

    code: StrictStr
    language: Literal["python", "javascript", "typescript"]
    argv: list[StrictStr] | None = None
    envs: dict[StrictStr, StrictStr] | None = None
    timeout: StrictInt | None = Field(default=None, ge=0)


class ContextBody(Body):
    """An interpreter to be opened."""

    cwd: StrictStr | None = None
    language: Literal["python"] | None = None


class InterpretBody(Body):
    """Code to be run in an interpreter; without one in the sandbox's own. 0 seconds are no limit."""

    code: StrictStr
    context_id: StrictStr | None = None
    envs: dict[StrictStr, StrictStr] | None = None
    timeout: StrictInt = Field(default=INTERPRETER_SECONDS, ge=0)


class Code(Inside):
    """Code in a sandbox, as Daytona's API sees it."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._programs = Programs(cloud)
        self._interpreters = Interpreters(cloud)

    async def code_run(self, request: web.Request) -> web.Response:
        """Run code and answer its output, both streams as one; no charts are made of it."""
        body = CodeBody.model_validate(await request.json())
        finished = await self._programs.run(
            self._sandbox(request),
            [*LANGUAGES[body.language], *(body.argv or [])],
            env=body.envs,
            given=body.code.encode(),
            seconds=body.timeout or None,
        )
        result = finished.output.decode(errors="replace")
        return web.json_response({"exitCode": finished.code, "result": result, "artifacts": {"charts": []}})

    async def create_interpreter_context(self, request: web.Request) -> web.Response:
        """Start another interpreter."""
        body = ContextBody.model_validate(await request.json())
        return web.json_response(_context(await self._interpreters.open(self._sandbox(request), body.cwd)))

    async def list_interpreter_contexts(self, request: web.Request) -> web.Response:
        """The interpreters that were started so and have not ended."""
        return web.json_response({"contexts": [_context(e) for e in self._interpreters.all(self._sandbox(request))]})

    async def delete_interpreter_context(self, request: web.Request) -> web.Response:
        """End an interpreter."""
        await self._interpreters.find(self._sandbox(request), request.match_info["id"]).close()
        return web.json_response({"message": "Context deleted"})

    async def execute_interpreter_code(self, request: web.Request) -> web.WebSocketResponse:
        """Run the code that comes over a WebSocket, and send what it prints and raises until it ends."""
        sandbox = self._sandbox(request)
        self._cloud.guest(sandbox)
        socket = web.WebSocketResponse(max_msg_size=LARGEST_CODE)
        await socket.prepare(request)
        with contextlib.suppress(WSMessageTypeError):
            text = await socket.receive_str()
            work = asyncio.create_task(self._answer(socket, sandbox, text))
            hung_up = asyncio.create_task(socket.receive())
            await asyncio.wait([work, hung_up], return_when=asyncio.FIRST_COMPLETED)
            hung_up.cancel()
            work.cancel()
            await asyncio.wait([work, hung_up])
        return socket

    async def _answer(self, socket: web.WebSocketResponse, sandbox: Sandbox, text: str) -> None:
        try:
            await self._interpret(socket, sandbox, InterpretBody.model_validate_json(text))
            await socket.close()
        except CommandTimeoutError as error:
            await socket.close(code=TIMED_OUT, message=str(error).encode())
        except (CloudError, GuestLostError, OSError, ValidationError) as error:
            known = translate(error)
            reason = known.message if known else str(error)
            await socket.close(code=WSCloseCode.INTERNAL_ERROR, message=reason[:LONGEST_REASON].encode())

    async def _interpret(self, socket: web.WebSocketResponse, sandbox: Sandbox, body: InterpretBody) -> None:
        interpreters = self._interpreters
        chosen = interpreters.find(sandbox, body.context_id) if body.context_id else await interpreters.default(sandbox)
        async with contextlib.aclosing(chosen.run(body.code, body.envs or {}, body.timeout or None)) as events:
            async for event in events:
                if isinstance(event, Printed):
                    await socket.send_json({"type": event.stream, "text": event.text})
                else:
                    await socket.send_json(
                        {"type": "error", "name": event.name, "value": event.value, "traceback": event.traceback}
                    )


def _context(interpreter: Interpreter) -> dict[str, Any]:
    return {
        "id": interpreter.key,
        "cwd": interpreter.cwd,
        "language": "python",
        "createdAt": interpreter.created_at.isoformat(),
        "active": True,
    }
