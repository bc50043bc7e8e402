"""E2B's three APIs as one application, to be mounted at /e2b.

`control` of the table is the control plane, at `/e2b/api`; `envd` is what runs in a sandbox, at `/e2b/envd`, where a
header says which; `volumes` is the content of volumes, at `/e2b/volumes`. Archives for builds go to `/e2b/uploads`.
"""

from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b import bodies
from evolve_pulumi.local.e2b.bodies import VENDOR
from evolve_pulumi.local.e2b.envd.access import Access
from evolve_pulumi.local.e2b.envd.files import FileTransfer
from evolve_pulumi.local.e2b.envd.filesystem import FilesystemService
from evolve_pulumi.local.e2b.envd.processes import ProcessService
from evolve_pulumi.local.e2b.errors import E2BError, in_e2bs_words
from evolve_pulumi.local.e2b.previews import PREVIEW_GATE
from evolve_pulumi.local.e2b.sandboxes import Sandboxes
from evolve_pulumi.local.e2b.snapshots import Snapshots
from evolve_pulumi.local.e2b.template_builds import TemplateBuilds
from evolve_pulumi.local.e2b.templates import Templates
from evolve_pulumi.local.e2b.throttling import throttling
from evolve_pulumi.local.e2b.uploads import Uploads
from evolve_pulumi.local.e2b.volume_content import VolumeContent, in_words_of_paths
from evolve_pulumi.local.e2b.volumes import Volumes
from evolve_pulumi.local.keys import Handler, Key
from evolve_pulumi.local.operations import routes
from evolve_pulumi.local_address import LocalAddress

__all__ = ["OPERATIONS", "PREVIEW_GATE", "VENDOR", "application", "signed_files"]

OPERATIONS = Path(__file__).with_name("operations.csv")


def application(cloud: Cloud, key: Key, url: str) -> web.Application:
    """All three; `url` is the server's base URL, which answers contain."""
    cloud.snapshots.build_in([bodies.BASE])
    domain = LocalAddress(url=url, api_key=key.text).e2b_domain
    app = web.Application()
    control = web.Application(middlewares=[in_e2bs_words, _with_key(key), throttling(cloud)])
    uploads = Uploads(cloud, key, f"{url}/e2b/uploads")
    handlers = [Sandboxes(cloud, domain), Snapshots(cloud), Volumes(cloud, key)]
    handlers += [Templates(cloud), TemplateBuilds(cloud, uploads)]
    control.add_routes(routes(OPERATIONS, "control", handlers))
    app.add_subapp("/api", control)
    archives = web.Application(middlewares=[in_e2bs_words])
    archives.router.add_put("/{template_id}/{hash}", uploads.take)
    app.add_subapp("/uploads", archives)
    app.add_subapp("/envd", envd(cloud))
    volumes = web.Application(middlewares=[in_e2bs_words, in_words_of_paths])
    volumes.add_routes(routes(OPERATIONS, "volumes", [VolumeContent(cloud, key)]))
    app.add_subapp("/volumes", volumes)
    return app


def envd(cloud: Cloud) -> web.Application:
    """What runs in a sandbox."""
    access = Access(cloud)
    services = [ProcessService(cloud, access), FilesystemService(cloud, access), FileTransfer(cloud, access)]
    app = web.Application(middlewares=[in_e2bs_words])
    app.add_routes(routes(OPERATIONS, "envd", services))
    return app


def signed_files(cloud: Cloud) -> list[web.RouteDef]:
    """Files at URLs that the SDK has signed: it puts them at the root of the host, wherever envd is mounted."""
    transfer = FileTransfer(cloud, Access(cloud))

    async def download(request: web.Request) -> web.StreamResponse:
        return await in_e2bs_words(request, transfer.get_files)

    async def upload(request: web.Request) -> web.StreamResponse:
        return await in_e2bs_words(request, transfer.post_files)

    return [web.get("/files", download, allow_head=False), web.post("/files", upload)]


def _with_key(key: Key) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not key.matches(request.headers.get("X-API-KEY", "")):
            raise E2BError(401, "Invalid API key")
        return await handler(request)

    return check
