"""The one application: who is asked, by Host; the vendors' APIs; and the routes that control the server itself."""

import asyncio
import os
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.daytona import app as daytona
from evolve_pulumi.local.e2b import app as e2b
from evolve_pulumi.local.keys import Handler, Key
from evolve_pulumi.local.limits import Limits
from evolve_pulumi.local.proxy import HOST, Previews
from evolve_pulumi.local.traffic import Fault, Traffic

Model = TypeVar("Model", bound=BaseModel)

LOOPBACK = ("127.0.0.1", "localhost")
LARGEST_BODY = 1 << 26
"""Of what is read at once, whichever API it is for: aiohttp heeds the outermost application's limit alone."""


class Advance(BaseModel):
    """How far to move the clock."""

    advance_seconds: float = Field(ge=0)


class Server:
    """What `/local/…` controls: one running local cloud."""

    def __init__(self, cloud: Cloud, key: Key, url: str, organization: str) -> None:
        self.stopping = asyncio.Event()
        self._cloud = cloud
        self._key = key
        self._url = url
        self._organization = organization
        self._traffic = Traffic()
        self._previews = Previews(cloud, key, {daytona.VENDOR: daytona.PREVIEW_GATE, e2b.VENDOR: e2b.PREVIEW_GATE})

    def application(self) -> web.Application:
        """Everything that is served on the one port."""

        @web.middleware
        async def by_host(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._by_host(request, handler)

        app = web.Application(middlewares=[by_host], client_max_size=LARGEST_BODY)
        app.add_routes(
            [
                web.get("/local/status", self.status),
                web.post("/local/stop", self.stop),
                web.post("/local/reset", self.reset),
                web.get("/local/calls", self.calls),
                web.delete("/local/calls", self.forget_calls),
                web.post("/local/faults", self.add_fault),
                web.delete("/local/faults", self.remove_faults),
                web.get("/local/clock", self.tell_time),
                web.post("/local/clock", self.advance_clock),
                web.put("/local/limits", self.set_limits),
                web.delete("/local/limits", self.remove_limits),
            ]
        )
        app.add_subapp("/daytona", daytona.application(self._cloud, self._key, self._url, self._organization))
        app.add_subapp("/e2b", e2b.application(self._cloud, self._key, self._url))
        app.add_routes(e2b.signed_files(self._cloud))
        app.on_cleanup.append(self._close)
        return app

    async def _close(self, _: web.Application) -> None:
        await self._previews.close()

    async def status(self, _: web.Request) -> web.Response:
        """What is running here, and how isolated."""
        return web.json_response(
            {
                "url": self._url,
                "tier": self._cloud.tier.name,
                "isolated": self._cloud.tier.isolated,
                "organization": self._organization,
                "sandboxes": len(self._cloud.sandboxes()),
                "snapshots": self._cloud.snapshots.count(),
                "templates": self._cloud.templates.count(),
                "volumes": self._cloud.volumes.count(),
                "pid": os.getpid(),
            }
        )

    async def stop(self, _: web.Request) -> web.Response:
        """Shut down, as on a signal."""
        self.stopping.set()
        return web.json_response({})

    async def reset(self, _: web.Request) -> web.Response:
        """Destroy every sandbox, volume and snapshot, and forget faults, limits and calls."""
        self._traffic.faults.clear()
        self._cloud.limits = Limits()
        await self._cloud.reset()
        self._traffic.forget_calls()
        return web.json_response({})

    async def calls(self, _: web.Request) -> web.Response:
        """The calls of the vendors' APIs since the last reset."""
        return web.json_response({"calls": self._traffic.calls, "peak_concurrent": self._traffic.peak_concurrent})

    async def forget_calls(self, _: web.Request) -> web.Response:
        """Start the record of calls anew."""
        self._traffic.forget_calls()
        return web.json_response({})

    async def add_fault(self, request: web.Request) -> web.Response:
        """Set a fault beside those that are there; the first that matches counts."""
        self._traffic.faults.append(await _given(request, Fault))
        return web.json_response({})

    async def remove_faults(self, _: web.Request) -> web.Response:
        """Remove all faults."""
        self._traffic.faults.clear()
        return web.json_response({})

    async def tell_time(self, _: web.Request) -> web.Response:
        """The time by the cloud's clock."""
        return web.json_response({"time": self._cloud.clock().isoformat()})

    async def advance_clock(self, request: web.Request) -> web.Response:
        """Move the clock forward, and answer when everything is done that became due."""
        await self._cloud.advance((await _given(request, Advance)).advance_seconds)
        return await self.tell_time(request)

    async def set_limits(self, request: web.Request) -> web.Response:
        """Put quotas and rate limits in the place of those that are set."""
        self._cloud.limits = await _given(request, Limits)
        return web.json_response({})

    async def remove_limits(self, _: web.Request) -> web.Response:
        """Remove all quotas and rate limits."""
        self._cloud.limits = Limits()
        return web.json_response({})

    async def _by_host(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Send a request where its Host says; a name that is not ours may be an attack on the browser's user."""
        name, _, _ = request.host.partition(":")
        if address := HOST.fullmatch(request.host):
            return await self._previews.serve(request, address)
        if name not in LOOPBACK:
            raise web.HTTPForbidden(text=f"The local cloud does not serve the host {name[:80]!r}\n")
        if request.match_info.http_exception is not None:
            return await handler(request)
        if not request.path.startswith("/local/"):
            return await self._traffic.pass_through(request, handler)
        if not self._key.opens(request):
            raise web.HTTPUnauthorized(text="The local cloud asks for its API key as a bearer token\n")
        return await handler(request)


async def _given(request: web.Request, model: type[Model]) -> Model:
    """The body of a request; raises HTTPBadRequest for one that does not fit."""
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
