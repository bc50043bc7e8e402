"""What all handlers of the toolbox begin with: the sandbox that a request means, and the way into it."""

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.daytona.bodies import VENDOR
from evolve_pulumi.local.daytona.errors import DaytonaError
from evolve_pulumi.local.guest import Guest
from evolve_pulumi.local.records import Sandbox


class Inside:
    """Handlers for the inside of a cloud's sandboxes."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def _sandbox(self, request: web.Request) -> Sandbox:
        return self._cloud.get(VENDOR, request.match_info["toolbox"])

    def _guest(self, request: web.Request) -> Guest:
        return self._cloud.guest(self._sandbox(request))


def required(request: web.Request, name: str) -> str:
    """A field of the query that has to be there; raises DaytonaError."""
    if value := request.query.get(name):
        return value
    raise DaytonaError(400, f"{name} is required", "INVALID_FILE_PATH" if name == "path" else None)
