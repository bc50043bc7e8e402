"""Daytona's two APIs as one application, to be mounted at /daytona.

`control` of the table is the control plane, at `/daytona/api`; `toolbox` is what runs in a sandbox, at
`/daytona/toolbox/{id}`.
"""

from pathlib import Path

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.daytona import bodies
from evolve_pulumi.local.daytona.bodies import VENDOR
from evolve_pulumi.local.daytona.code import Code
from evolve_pulumi.local.daytona.control import ControlPlane
from evolve_pulumi.local.daytona.errors import DaytonaError, in_daytonas_words
from evolve_pulumi.local.daytona.git import Repositories
from evolve_pulumi.local.daytona.previews import PREVIEW_GATE
from evolve_pulumi.local.daytona.pty import Terminals
from evolve_pulumi.local.daytona.signatures import signed
from evolve_pulumi.local.daytona.snapshots import Snapshots
from evolve_pulumi.local.daytona.system import System
from evolve_pulumi.local.daytona.throttling import throttling
from evolve_pulumi.local.daytona.toolbox import Toolbox
from evolve_pulumi.local.daytona.toolbox_files import ToolboxFiles
from evolve_pulumi.local.keys import Handler, Key
from evolve_pulumi.local.operations import routes

__all__ = ["OPERATIONS", "PREVIEW_GATE", "VENDOR", "application"]

OPERATIONS = Path(__file__).with_name("operations.csv")


def application(cloud: Cloud, key: Key, url: str, organization: str) -> web.Application:
    """Both APIs; `url` is the server's base URL, which answers contain."""

    @web.middleware
    async def with_key(request: web.Request, handler: Handler) -> web.StreamResponse:
        # What is not there, such as the SDK's socket for events, is said to everybody.
        if request.match_info.http_exception is None and not key.opens(request) and not signed(request, cloud):
            raise DaytonaError(401, "Invalid credentials")
        return await handler(request)

    cloud.snapshots.build_in([bodies.DEFAULT_SNAPSHOT, bodies.PAUSABLE_SNAPSHOT])
    app = web.Application(middlewares=[in_daytonas_words, with_key])
    control = web.Application(middlewares=[throttling(cloud)])
    handlers = [ControlPlane(cloud, url, organization), Snapshots(cloud, url, organization)]
    control.add_routes(routes(OPERATIONS, "control", handlers))
    app.add_subapp("/api", control)
    inside = [Toolbox(cloud), ToolboxFiles(cloud), Code(cloud), Repositories(cloud), System(cloud), Terminals(cloud)]
    app.add_routes(routes(OPERATIONS, "toolbox", inside, prefix="/toolbox/{toolbox}"))
    return app
