"""What tests may ask of the vendors' APIs: a record of the calls, and faults on purpose."""

import asyncio
import logging
import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from evolve_pulumi.local.keys import Handler

log = logging.getLogger(__name__)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


class Fault(BaseModel):
    """One disturbance of the calls whose method and path match."""

    model_config = ConfigDict(extra="forbid")

    method: str = "*"
    path: Annotated[str, AfterValidator(_pattern)] = ""
    """A regular expression, searched for in the path."""
    delay_seconds: float = Field(default=0, ge=0)
    status: int | None = Field(default=None, ge=200, le=599)
    """Answered in place of the operation, which does not happen."""
    body: Any = None
    headers: dict[str, str] = {}
    drop: Literal["before", "after"] | None = None
    """Cut the connection before the operation, or after it has happened."""
    times: int | None = Field(default=None, ge=1)

    def hits(self, request: web.Request) -> bool:
        """Whether a call is to be disturbed; counts down `times`."""
        if self.times == 0 or self.method not in ("*", request.method) or not re.search(self.path, request.path):
            return False
        if self.times:
            self.times -= 1
        return True


@dataclass
class Traffic:
    """The calls since the last reset, and the faults that are set."""

    calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    faults: list[Fault] = field(default_factory=list[Fault])
    peak_concurrent: int = 0
    _concurrent: int = 0

    def forget_calls(self) -> None:
        """Start the record anew."""
        self.calls.clear()
        self.peak_concurrent = self._concurrent

    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a call happen, disturbed where a fault says so, and note it; a dropped one has status 0."""
        call = {"method": request.method, "path": request.path, "status": 0}
        self.calls.append(call)
        self._concurrent += 1
        self.peak_concurrent = max(self.peak_concurrent, self._concurrent)
        try:
            response = await self._disturbed(request, handler)
        finally:
            self._concurrent -= 1
        if request.transport and not request.transport.is_closing():
            call["status"] = response.status
        log.info("%(method)s %(path)s %(status)d", call)
        return response

    async def _disturbed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = next((each for each in self.faults if each.hits(request)), Fault())
        if fault.delay_seconds:
            # What was received whole is carried out, however late, even if nobody waits for the answer any more.
            await request.read()
            await asyncio.sleep(fault.delay_seconds)
        if fault.drop == "before":
            return _cut(request)
        response = await handler(request) if fault.status is None else _answer(fault)
        return _cut(request) if fault.drop == "after" else response


def _answer(fault: Fault) -> web.Response:
    status = fault.status or 200
    return web.json_response(fault.body, status=status, headers=fault.headers)


def _cut(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport:
        request.transport.abort()
    return web.Response(status=500)
