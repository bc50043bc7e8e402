"""Which sandboxes there are to E2B, and which of them a request means."""

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.bodies import UNSEEN, VENDOR
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.records import Sandbox, State


def seen(cloud: Cloud) -> list[Sandbox]:
    """All that run or are paused, oldest first."""
    return [each for each in cloud.sandboxes() if each.vendor == VENDOR and each.state not in UNSEEN]


def asked(cloud: Cloud, request: web.Request) -> Sandbox:
    """The sandbox of a path, where an id may have a client's behind it, as it once was; raises E2BError."""
    name = request.match_info["sandbox_id"].partition("-")[0]
    for sandbox in seen(cloud):
        if sandbox.id == name:
            return sandbox
    raise _missing(name)


async def at_rest(cloud: Cloud, request: web.Request) -> Sandbox:
    """The sandbox of a path, when it is not on its way to another state; raises E2BError."""
    await cloud.at_rest(asked(cloud, request))
    return asked(cloud, request)


async def running(cloud: Cloud, request: web.Request) -> Sandbox:
    """The sandbox of a path, when it runs; to most operations one that is paused is not there. Raises E2BError."""
    sandbox = await at_rest(cloud, request)
    if sandbox.state != State.STARTED:
        raise _missing(sandbox.id)
    return sandbox


def _missing(name: str) -> E2BError:
    return E2BError(404, f"Sandbox \"{name}\" doesn't exist or you don't have access to it")
