"""Daytona's control plane: one short method per operation of the table, under its name there."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.daytona import bodies
from evolve_pulumi.local.daytona.errors import DaytonaError
from evolve_pulumi.local.daytona.listing import Query, page
from evolve_pulumi.local.errors import NotFoundError
from evolve_pulumi.local.records import Mount, Sandbox, Snapshot
from evolve_pulumi.local.volumes import Volume

MOST_SIGNED_SECONDS = 86400


class ControlPlane:
    """Sandboxes and volumes, as Daytona's API at a base URL sees them."""

    def __init__(self, cloud: Cloud, url: str, organization: str) -> None:
        self._cloud = cloud
        self._url = url
        self._organization = organization

    async def create_sandbox(self, request: web.Request) -> web.Response:
        """Make a sandbox; answers when it is started."""
        body = bodies.CreateBody.model_validate(await request.json())
        body.refuse_absent()
        sandbox = self._new(body)
        await self._cloud.create(sandbox)
        return self._describe(sandbox)

    async def get_sandbox(self, request: web.Request) -> web.Response:
        """One sandbox, by id or name."""
        return self._describe(self._sandbox(request))

    async def list_sandboxes(self, request: web.Request) -> web.Response:
        """The sandboxes that match, a page at a time."""
        described = [self._body(each) for each in self._cloud.sandboxes() if each.vendor == bodies.VENDOR]
        items, cursor = page(described, Query.parse(request.query))
        return web.json_response({"items": [bodies.list_item(each) for each in items], "nextCursor": cursor})

    async def start_sandbox(self, request: web.Request) -> web.Response:
        """Start a stopped sandbox; answers when it is started."""
        sandbox = self._sandbox(request)
        await self._cloud.start(sandbox)
        return self._describe(sandbox)

    async def stop_sandbox(self, request: web.Request) -> web.Response:
        """Stop a started sandbox; `force` makes no difference, since processes are killed either way."""
        sandbox = self._sandbox(request)
        await self._cloud.stop(sandbox)
        return self._describe(sandbox)

    async def recover_sandbox(self, request: web.Request) -> web.Response:
        """Start a sandbox again that is in an error; answers when it is started."""
        sandbox = self._sandbox(request)
        await self._cloud.recover_error(sandbox)
        return self._describe(sandbox)

    async def pause_sandbox(self, request: web.Request) -> web.Response:
        """Begin to freeze a started sandbox."""
        sandbox = self._sandbox(request)
        self._cloud.pause(sandbox)
        return self._describe(sandbox)

    async def archive_sandbox(self, request: web.Request) -> web.Response:
        """Begin to put a stopped sandbox away."""
        sandbox = self._sandbox(request)
        self._cloud.archive(sandbox)
        return self._describe(sandbox)

    async def resize_sandbox(self, request: web.Request) -> web.Response:
        """Begin to change sizes."""
        sandbox = self._sandbox(request)
        self._cloud.resize(sandbox, bodies.ResizeBody.model_validate(await request.json()).sizes())
        return self._describe(sandbox)

    async def delete_sandbox(self, request: web.Request) -> web.Response:
        """Begin to destroy a sandbox."""
        sandbox = self._sandbox(request)
        self._cloud.delete(sandbox)
        return self._describe(sandbox)

    async def replace_labels(self, request: web.Request) -> web.Response:
        """Replace all labels."""
        labels = bodies.LabelsBody.model_validate(await request.json()).labels
        self._cloud.update(self._sandbox(request), labels=labels)
        return web.json_response({"labels": labels})

    async def update_public_status(self, request: web.Request) -> web.Response:
        """Open or close the preview URLs."""
        return self._update(request, public=request.match_info["isPublic"] == "true")

    async def set_autostop_interval(self, request: web.Request) -> web.Response:
        """Set the idle minutes until it stops."""
        sandbox, minutes = self._sandbox(request), _number(request, "interval")
        bodies.refuse_idle_minutes(minutes, sandbox.auto_pause_minutes, can_pause=sandbox.can_pause)
        return self._update(request, auto_stop_minutes=minutes)

    async def set_auto_delete_interval(self, request: web.Request) -> web.Response:
        """Set the minutes from stopping until it is deleted; a negative value is never."""
        minutes = _number(request, "interval", least=None)
        if self._sandbox(request).gpu and minutes:
            raise DaytonaError(400, "Auto-delete interval of a GPU sandbox must be 0")
        return self._update(request, auto_delete_minutes=minutes)

    async def set_auto_archive_interval(self, request: web.Request) -> web.Response:
        """Set the minutes from stopping until it is archived."""
        return self._update(request, auto_archive_minutes=bodies.archive_minutes(_number(request, "interval")))

    async def set_auto_pause_interval(self, request: web.Request) -> web.Response:
        """Set the idle minutes until it pauses."""
        sandbox, minutes = self._sandbox(request), _number(request, "interval")
        bodies.refuse_idle_minutes(sandbox.auto_stop_minutes, minutes, can_pause=sandbox.can_pause)
        return self._update(request, auto_pause_minutes=minutes)

    async def set_ttl(self, request: web.Request) -> web.Response:
        """Set the minutes from now until it is destroyed; 0 is never."""
        return self._update(request, destroy_at=self._from_now(_number(request, "ttlMinutes")))

    async def update_network_settings(self, request: web.Request) -> web.Response:
        """Keep the network settings, which depend on each other as at Daytona."""
        body = bodies.NetworkBody.model_validate(await request.json())
        return self._keep(request, **body.applied(self._sandbox(request).options))

    async def update_last_activity(self, request: web.Request) -> web.Response:
        """Count as activity."""
        self._cloud.touch(self._sandbox(request))
        return web.Response(status=201)

    async def get_port_preview_url(self, request: web.Request) -> web.Response:
        """The preview URL of a port, in any state, and the token of this start."""
        sandbox, port = self._sandbox(request), _port(request)
        return web.json_response(
            {"sandboxId": sandbox.id, "url": self._preview_url(port, sandbox.id), "token": sandbox.token}
        )

    async def get_signed_port_preview_url(self, request: web.Request) -> web.Response:
        """A new preview URL of a port that opens without a token, for a time."""
        sandbox, port = self._sandbox(request), _port(request)
        seconds = bodies.whole(request.query.get("expiresInSeconds", "60"), "expiresInSeconds", 1, MOST_SIGNED_SECONDS)
        token = self._cloud.sign(sandbox, port, seconds).token
        return web.json_response(
            {"sandboxId": sandbox.id, "port": port, "token": token, "url": self._preview_url(port, token)}
        )

    async def expire_signed_port_preview_url(self, request: web.Request) -> web.Response:
        """Let a signed preview URL expire now."""
        self._cloud.unsign(self._sandbox(request), _port(request), request.match_info["token"])
        return web.Response()

    async def get_sandbox_signing_key(self, request: web.Request) -> web.Response:
        """What URLs of the sandbox's files are signed with."""
        return web.json_response(self._sandbox(request).signing_key)

    async def rotate_signing_key(self, request: web.Request) -> web.Response:
        """Make a new key, so that what was signed with the last one opens nothing any more."""
        self._cloud.update(self._sandbox(request), signing_key=Sandbox.new_token())
        return await self.get_sandbox_signing_key(request)

    async def get_toolbox_proxy_url(self, request: web.Request) -> web.Response:
        """Where the toolbox of a sandbox is."""
        self._sandbox(request)
        return web.json_response({"url": self._toolbox_url})

    async def list_volumes(self, _: web.Request) -> web.Response:
        """All volumes."""
        found = self._cloud.volumes.all(bodies.VENDOR)
        return web.json_response([bodies.volume_body(volume, self._organization) for volume in found])

    async def create_volume(self, request: web.Request) -> web.Response:
        """Make a volume; answers before it is ready."""
        name = bodies.VolumeBody.model_validate(await request.json()).name
        return self._describe_volume(self._cloud.create_volume(bodies.VENDOR, name))

    async def get_volume(self, request: web.Request) -> web.Response:
        """One volume, by id."""
        return self._describe_volume(self._volume(request))

    async def get_volume_by_name(self, request: web.Request) -> web.Response:
        """One volume, by name."""
        name = request.match_info["name"]
        return self._describe_volume(self._cloud.volumes.find(bodies.VENDOR, lambda each: each.name == name, name))

    async def delete_volume(self, request: web.Request) -> web.Response:
        """Begin to remove a volume that nobody mounts."""
        self._cloud.delete_volume(self._volume(request))
        return web.Response()

    async def get_current_api_key(self, _: web.Request) -> web.Response:
        """Whose key this is."""
        return web.json_response(
            {
                "name": "local",
                "value": "********",
                "createdAt": bodies.DEFAULT_SNAPSHOT.created_at.isoformat(),
                "permissions": ["write:sandboxes", "delete:sandboxes"],
                "lastUsedAt": None,
                "expiresAt": None,
                "userId": "local",
                "organizationId": self._organization,
            }
        )

    def _new(self, body: bodies.CreateBody) -> Sandbox:
        snapshot = self._snapshot(body)
        if snapshot.gpu and body.auto_delete_interval != 0:
            raise DaytonaError(400, "GPU sandboxes must have an auto-delete interval of 0")
        if body.linked_sandbox:
            self._cloud.get(bodies.VENDOR, body.linked_sandbox)
        stop, pause = body.idle_minutes(can_pause=snapshot.can_pause)
        sandbox = Sandbox(
            vendor=bodies.VENDOR,
            name=body.name or "",
            snapshot=snapshot,
            user=body.user,
            env=body.env,
            labels=body.labels,
            public=body.public,
            mounts=[self._mount(mount) for mount in body.volumes],
            auto_stop_minutes=stop,
            auto_pause_minutes=pause,
            auto_archive_minutes=bodies.archive_minutes(body.auto_archive_interval),
            auto_delete_minutes=body.auto_delete_interval,
            destroy_at=self._from_now(body.ttl_minutes),
            options=body.options(),
        )
        sandbox.name = sandbox.name or sandbox.id
        return sandbox

    def _snapshot(self, body: bodies.CreateBody) -> Snapshot:
        """What a sandbox is to be made from: a snapshot that is there, or one of its own that is still to be built."""
        if body.build_info:
            return body.build_info.snapshot(body)
        wanted = body.snapshot or bodies.DEFAULT_SNAPSHOT.name
        try:
            return self._cloud.snapshots.find(bodies.VENDOR, wanted)
        except NotFoundError as error:
            raise DaytonaError(
                400, f"Snapshot {wanted} not found. Did you add it through the Daytona Dashboard?"
            ) from error

    def _mount(self, body: bodies.MountBody) -> Mount:
        wanted = body.volume_id
        volume = self._cloud.volumes.find(bodies.VENDOR, lambda each: wanted in (each.id, each.name), f"'{wanted}'")
        return Mount(volume_id=volume.id, path=body.mount_path, subpath=body.subpath)

    def _volume(self, request: web.Request) -> Volume:
        wanted = request.match_info["volumeId"]
        return self._cloud.volumes.find(bodies.VENDOR, lambda each: each.id == wanted, wanted)

    def _describe_volume(self, volume: Volume) -> web.Response:
        return web.json_response(bodies.volume_body(volume, self._organization))

    def _sandbox(self, request: web.Request) -> Sandbox:
        known: Mapping[str, str] = request.match_info
        return self._cloud.get(bodies.VENDOR, known.get("sandboxIdOrName") or known["sandboxId"])

    def _from_now(self, minutes: int) -> Any:
        return self._cloud.clock() + timedelta(minutes=minutes) if minutes else None

    def _update(self, request: web.Request, **changes: Any) -> web.Response:
        sandbox = self._sandbox(request)
        self._cloud.update(sandbox, **changes)
        return self._describe(sandbox)

    def _keep(self, request: web.Request, **options: Any) -> web.Response:
        return self._update(request, options={**self._sandbox(request).options, **options})

    def _preview_url(self, port: int, name: str) -> str:
        return self._url.replace("127.0.0.1", f"{port}-{name}.localhost")

    @property
    def _toolbox_url(self) -> str:
        return f"{self._url}/daytona/toolbox"

    def _body(self, sandbox: Sandbox) -> dict[str, Any]:
        return bodies.sandbox_body(sandbox, self._organization, self._toolbox_url)

    def _describe(self, sandbox: Sandbox) -> web.Response:
        return web.json_response(self._body(sandbox))


def _port(request: web.Request) -> int:
    return _number(request, "port", least=1, most=65535)


def _number(request: web.Request, name: str, least: int | None = 0, most: int | None = None) -> int:
    return bodies.whole(request.match_info[name], name, least, most)
