"""The sandboxes of E2B's control plane: one short method per operation of the table, under its name there."""

from datetime import timedelta

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b import bodies
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.errors import NotFoundError
from evolve_pulumi.local.records import Sandbox, Snapshot


class Sandboxes:
    """Sandboxes, as E2B's API sees them; `domain` is what preview URLs end in."""

    def __init__(self, cloud: Cloud, domain: str) -> None:
        self._cloud = cloud
        self._domain = domain

    async def post_v2_sandboxes(self, request: web.Request) -> web.Response:
        """Make a sandbox; answers when it runs."""
        body = bodies.CreateBody.model_validate(await request.json())
        name = bodies.new_id()
        sandbox = Sandbox(
            id=name,
            name=name,
            vendor=bodies.VENDOR,
            snapshot=self._template(body.template_id),
            user=bodies.USER,
            env=body.env_vars,
            labels=body.metadata,
            public=True,
            ends_at=self._cloud.clock() + timedelta(seconds=body.timeout),
        )
        await self._cloud.create(sandbox)
        return web.json_response(bodies.sandbox_body(sandbox, self._domain), status=201)

    async def get_sandboxes_sandbox_id(self, request: web.Request) -> web.Response:
        """One sandbox."""
        return web.json_response(bodies.detail(self._sandbox(request), self._domain))

    async def delete_sandboxes_sandbox_id(self, request: web.Request) -> web.Response:
        """Kill a sandbox, whatever it does."""
        self._cloud.delete(self._sandbox(request))
        return web.Response(status=204)

    async def get_v2_sandboxes(self, _: web.Request) -> web.Response:
        """The sandboxes."""
        return web.json_response([bodies.list_item(each) for each in self._seen()])

    def _seen(self) -> list[Sandbox]:
        everything = self._cloud.sandboxes()
        return [each for each in everything if each.vendor == bodies.VENDOR and each.state not in bodies.UNSEEN]

    def _sandbox(self, request: web.Request) -> Sandbox:
        """The sandbox of a path, whose id may have a client's id behind it."""
        name = request.match_info["sandbox_id"].partition("-")[0]
        for sandbox in self._seen():
            if sandbox.id == name:
                return sandbox
        raise E2BError(404, f"Sandbox \"{name}\" doesn't exist or you don't have access to it")

    def _template(self, name: str) -> Snapshot:
        try:
            return self._cloud.snapshots.find(bodies.VENDOR, name)
        except NotFoundError as error:
            raise E2BError(404, f"template '{name}' not found") from error
