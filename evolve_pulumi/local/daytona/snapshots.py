"""Daytona's snapshots and the logs of builds: one short method per operation of the table, under its name there."""

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.daytona import bodies
from evolve_pulumi.local.daytona.errors import DaytonaError
from evolve_pulumi.local.records import Snapshot, SnapshotState


class Snapshots:
    """Snapshots, as Daytona's API at a base URL sees them."""

    def __init__(self, cloud: Cloud, url: str, organization: str) -> None:
        self._cloud = cloud
        self._url = url
        self._organization = organization

    async def create_snapshot(self, request: web.Request) -> web.Response:
        """Begin to make a snapshot."""
        snapshot = bodies.SnapshotBody.model_validate(await request.json()).snapshot()
        self._cloud.create_snapshot(snapshot)
        return self._describe(snapshot)

    async def get_all_snapshots(self, request: web.Request) -> web.Response:
        """The snapshots whose name contains a word, a page at a time."""
        number = bodies.whole(request.query.get("page", "1"), "page", least=1)
        size = bodies.whole(request.query.get("limit", "100"), "limit", least=1, most=200)
        word = request.query.get("name", "")
        found = [each for each in self._cloud.snapshots.all(bodies.VENDOR) if word in each.name]
        items = [self._body(each) for each in found[(number - 1) * size : number * size]]
        pages = -(-len(found) // size)
        return web.json_response({"items": items, "total": len(found), "page": number, "totalPages": pages})

    async def get_snapshot(self, request: web.Request) -> web.Response:
        """One snapshot, by id or name."""
        return self._describe(self._snapshot(request))

    async def remove_snapshot(self, request: web.Request) -> web.Response:
        """Begin to remove a snapshot."""
        self._cloud.delete_snapshot(self._snapshot(request))
        return web.Response()

    async def activate_snapshot(self, request: web.Request) -> web.Response:
        """Begin to make an inactive snapshot active."""
        snapshot = self._snapshot(request)
        self._cloud.snapshots.activate(snapshot)
        return self._describe(snapshot)

    async def deactivate_snapshot(self, request: web.Request) -> web.Response:
        """Put a snapshot aside."""
        self._cloud.snapshots.deactivate(self._snapshot(request))
        return web.Response(status=204)

    async def get_snapshot_build_logs_url(self, request: web.Request) -> web.Response:
        """Where the log of a snapshot's build is."""
        return web.json_response({"url": f"{self._url}/daytona/api/snapshots/{self._snapshot(request).id}/build-logs"})

    async def get_snapshot_build_logs(self, request: web.Request) -> web.StreamResponse:
        """The log of a snapshot's build; with `follow=true` until it ends."""
        return await self._send_log(request, self._snapshot(request))

    async def get_build_logs_url(self, request: web.Request) -> web.Response:
        """Where the log of the build of a sandbox's image is."""
        sandbox = self._cloud.get(bodies.VENDOR, request.match_info["sandboxIdOrName"])
        return web.json_response({"url": f"{self._url}/daytona/api/sandbox/{sandbox.id}/build-logs"})

    async def get_build_logs(self, request: web.Request) -> web.StreamResponse:
        """The log of the build of a sandbox's image; with `follow=true` until it ends."""
        sandbox = self._cloud.get(bodies.VENDOR, request.match_info["sandboxIdOrName"])
        return await self._send_log(request, sandbox.snapshot)

    async def _send_log(self, request: web.Request, snapshot: Snapshot) -> web.StreamResponse:
        recipe = self._cloud.snapshots.recipe(snapshot)
        if recipe is None:
            raise DaytonaError(404, f"Snapshot {snapshot.name} was not built, so there is no log")
        response = web.StreamResponse(headers={"Content-Type": "text/plain; charset=utf-8"})
        await response.prepare(request)
        builds, wanted = self._cloud.builds, request.query.get("follow") == "true"
        async for piece in builds.log(recipe.content, follow=lambda: wanted and builds.goes_on(recipe.content)):
            if piece:
                await response.write(piece)
            elif request.transport is None or request.transport.is_closing():
                break
        return response

    def _snapshot(self, request: web.Request) -> Snapshot:
        found = self._cloud.snapshots.find(bodies.VENDOR, request.match_info["id"])
        if found.state == SnapshotState.REMOVING and request.method != "GET":
            raise DaytonaError(400, f"Snapshot {found.name} is being removed")
        return found

    def _body(self, snapshot: Snapshot) -> dict[str, object]:
        general = self._cloud.snapshots.is_built_in(snapshot)
        return bodies.snapshot_body(snapshot, self._organization, general=general)

    def _describe(self, snapshot: Snapshot) -> web.Response:
        return web.json_response(self._body(snapshot))
