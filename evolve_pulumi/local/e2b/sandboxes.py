"""The sandboxes of E2B's control plane: one short method per operation of the table, under its name there."""

import hashlib
from datetime import datetime, timedelta

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b import bodies, finding
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.e2b.listing import Query, page
from evolve_pulumi.local.e2b.names import find_snapshot
from evolve_pulumi.local.e2b.network import NetworkUpdateBody
from evolve_pulumi.local.errors import LaunchFailedError, NotFoundError
from evolve_pulumi.local.records import Mount, Sandbox, Snapshot, State
from evolve_pulumi.local.usage import measure

MOST = timedelta(seconds=bodies.MOST_SECONDS)


class Sandboxes:
    """Sandboxes, as E2B's API sees them; `domain` is what hosts of their ports end in."""

    def __init__(self, cloud: Cloud, domain: str) -> None:
        self._cloud = cloud
        self._domain = domain

    async def post_v2_sandboxes(self, request: web.Request) -> web.Response:
        """Make a sandbox; answers when it runs."""
        return await self._make(request, bodies.CreateBody.model_validate(await request.json()))

    async def post_sandboxes(self, request: web.Request) -> web.Response:
        """The same in the first version."""
        return await self._make(request, bodies.FirstCreateBody.model_validate(await request.json()))

    async def post_v_2_sandboxes_sandbox_id_connect(self, request: web.Request) -> web.Response:
        """Go on with a sandbox: a paused one runs again, one that runs has at least so much time."""
        return await self._connect(request, bodies.ConnectBody.model_validate(await request.json()))

    async def post_sandboxes_sandbox_id_connect(self, request: web.Request) -> web.Response:
        """The same in the first version."""
        return await self.post_v_2_sandboxes_sandbox_id_connect(request)

    async def post_sandboxes_sandbox_id_resume(self, request: web.Request) -> web.Response:
        """Let a paused sandbox run again."""
        body = bodies.ResumeBody.model_validate(await request.json())
        sandbox = await finding.at_rest(self._cloud, request)
        if bodies.state(sandbox) == "running":
            raise E2BError(409, f"Sandbox {sandbox.id} is already running")
        if body.auto_pause is not None:
            self._cloud.update(sandbox, at_end=State.PAUSED if body.auto_pause else State.DESTROYED)
        return await self._connect(request, body)

    async def get_sandboxes_sandbox_id(self, request: web.Request) -> web.Response:
        """One sandbox."""
        return web.json_response(bodies.detail(finding.asked(self._cloud, request), self._domain))

    async def get_v2_sandboxes(self, request: web.Request) -> web.Response:
        """The sandboxes that match, a page at a time."""
        query = Query.parse(request.query)
        items, token = page(finding.seen(self._cloud), query)
        running = sum(bodies.state(each) == "running" for each in finding.seen(self._cloud) if query.matches(each))
        headers = {"X-Total-Running": str(running), **({"X-Next-Token": token} if token else {})}
        return web.json_response([bodies.list_item(each) for each in items], headers=headers)

    async def get_sandboxes(self, request: web.Request) -> web.Response:
        """The sandboxes that run and match, all at once."""
        query = Query.model_validate({"metadata": request.query.get("metadata", ""), "state": "running"})
        return web.json_response([bodies.list_item(each) for each in finding.seen(self._cloud) if query.matches(each)])

    async def delete_sandboxes_sandbox_id(self, request: web.Request) -> web.Response:
        """Kill a sandbox, whatever it does."""
        self._cloud.delete(await finding.at_rest(self._cloud, request))
        return web.Response(status=204)

    async def post_sandboxes_sandbox_id_pause(self, request: web.Request) -> web.Response:
        """Pause a sandbox; answers when it is paused. Without its memory, its processes end and its files stay."""
        body = bodies.PauseBody.model_validate(await request.json() if request.can_read_body else {})
        sandbox = await finding.at_rest(self._cloud, request)
        if sandbox.state != State.STARTED:
            raise E2BError(409, f"Sandbox {sandbox.id} is already paused")
        if body.memory:
            self._cloud.pause(sandbox)
            await self._cloud.at_rest(sandbox)
        else:
            await self._cloud.stop(sandbox)
        return web.Response(status=204)

    async def post_sandboxes_sandbox_id_timeout(self, request: web.Request) -> web.Response:
        """Set the time to run from now, at most as long as a sandbox may run since it was started."""
        seconds = bodies.TimeoutBody.model_validate(await request.json()).timeout
        sandbox = await finding.running(self._cloud, request)
        self._cloud.update(sandbox, ends_at=min(self._in(max(seconds, 0)), sandbox.started_at + MOST))
        await self._cloud.expire()
        return web.Response(status=204)

    async def post_sandboxes_sandbox_id_refreshes(self, request: web.Request) -> web.Response:
        """Give a sandbox at least so much time from now."""
        body = bodies.RefreshBody.model_validate(await request.json() if request.can_read_body else {})
        self._extend(await finding.running(self._cloud, request), self._in(body.duration))
        return web.Response(status=204)

    async def put_sandboxes_sandbox_id_network(self, request: web.Request) -> web.Response:
        """Keep what the sandbox may reach, in the place of all that was said of it before."""
        body = NetworkUpdateBody.model_validate(await request.json())
        sandbox = await finding.running(self._cloud, request)
        self._cloud.update(sandbox, options=body.applied(sandbox.options))
        return web.Response(status=204)

    async def get_sandboxes_sandbox_id_metrics(self, request: web.Request) -> web.Response:
        """What a sandbox uses now, where that is asked for; one that is paused uses nothing."""
        sandbox, now = await finding.at_rest(self._cloud, request), self._cloud.clock()
        wanted = bodies.MetricsQuery.model_validate(dict(request.query)).holds(now)
        if not wanted or sandbox.state != State.STARTED:
            return web.json_response([])
        return web.json_response([bodies.metric(sandbox, await measure(self._cloud, sandbox), now)])

    async def _make(self, request: web.Request, body: bodies.CreateBody) -> web.Response:
        """Make a sandbox, unless the request's key says that it was asked for before."""
        body.refuse_absent()
        key, digest = request.headers.get("Idempotency-Key"), hashlib.sha256(await request.read()).hexdigest()
        sandbox = await self._asked_for(key, digest) if key else None
        if sandbox is None:
            mounts = [self._mount(mount) for mount in body.volume_mounts]
            sandbox = body.sandbox(self._template(body.template_id), mounts, self._cloud.clock())
            sandbox.request_key, sandbox.request_digest = key, digest
            await self._start_new(sandbox)
        return web.json_response(bodies.sandbox_body(sandbox, self._domain), status=201)

    async def _asked_for(self, key: str, digest: str) -> Sandbox | None:
        """The sandbox that was made for a key; raises E2BError where that was asked to be another."""
        for sandbox in self._cloud.sandboxes():
            if (sandbox.vendor, sandbox.request_key) == (bodies.VENDOR, key) and sandbox.state != State.DESTROYING:
                if sandbox.request_digest != digest:
                    sentence = "The idempotency key was used for another request"
                    raise E2BError(422, sentence, "idempotency_request_mismatch")
                await self._cloud.at_rest(sandbox)
                return sandbox if sandbox in finding.seen(self._cloud) else None
        return None

    async def _start_new(self, sandbox: Sandbox) -> None:
        try:
            await self._cloud.create(sandbox)
        except LaunchFailedError:
            self._cloud.delete(sandbox)
            raise

    async def _connect(self, request: web.Request, body: bodies.ConnectBody) -> web.Response:
        sandbox, until = await finding.at_rest(self._cloud, request), self._in(body.timeout)
        running = sandbox.state == State.STARTED
        if running:
            self._extend(sandbox, until)
        elif sandbox.state == State.ERROR:
            self._cloud.update(sandbox, ends_at=until)
            await self._cloud.recover_error(sandbox)
        elif sandbox.state == State.PAUSED and not body.memory:
            await self._cloud.restart(sandbox, until)
        else:
            await self._cloud.start(sandbox, until)
        return web.json_response(bodies.sandbox_body(sandbox, self._domain), status=200 if running else 201)

    def _extend(self, sandbox: Sandbox, until: datetime) -> None:
        """Give a sandbox time until then, if it has less; never more than it may run."""
        latest = sandbox.started_at + MOST
        self._cloud.update(sandbox, ends_at=min(max(until, sandbox.ends_at or until), latest))

    def _in(self, seconds: int) -> datetime:
        return self._cloud.clock() + timedelta(seconds=seconds)

    def _template(self, name: str) -> Snapshot:
        try:
            return find_snapshot(self._cloud, name)
        except NotFoundError as error:
            raise E2BError(404, f"template '{name}' not found") from error

    def _mount(self, body: bodies.MountBody) -> Mount:
        try:
            volume = self._cloud.volumes.find(bodies.VENDOR, lambda each: each.name == body.name, body.name)
        except NotFoundError as error:
            raise E2BError(404, f"volume '{body.name}' not found") from error
        return Mount(volume_id=volume.id, path=body.path)
