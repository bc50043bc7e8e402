"""The sandbox as a machine, in the toolbox: one short method per operation, under its name in the table."""

from aiohttp import web
from pydantic import Field, StrictStr

from evolve_pulumi.local import usage
from evolve_pulumi.local.daytona.bodies import Body, whole
from evolve_pulumi.local.daytona.inside import Inside

SHOWN_PORTS = range(3000, 10000)
"""Those that Daytona lists."""


class EnvBody(Body):
    """Variables for what starts from now on: taken away by name or by how they begin, then set."""

    added: dict[StrictStr, StrictStr] | None = Field(default=None, alias="set")
    unset: list[StrictStr] | None = None
    unset_value_prefix: StrictStr | None = None


class System(Inside):
    """Folders, variables, ports and use of a sandbox, as Daytona's API sees them."""

    async def get_user_home_dir(self, request: web.Request) -> web.Response:
        """The user's home."""
        sandbox = self._sandbox(request)
        self._cloud.guest(sandbox)
        return web.json_response({"dir": self._cloud.home(sandbox)})

    async def get_work_dir(self, request: web.Request) -> web.Response:
        """Where commands start: the image's working directory, or the user's home."""
        sandbox = self._sandbox(request)
        self._cloud.guest(sandbox)
        return web.json_response({"dir": self._cloud.workdir(sandbox)})

    async def get_version(self, request: web.Request) -> web.Response:
        """Which toolbox this is."""
        self._guest(request)
        return web.json_response({"version": "local"})

    async def is_port_in_use(self, request: web.Request) -> web.Response:
        """Whether something listens on a port of the sandbox's loopback."""
        port = whole(request.match_info["port"], "port", least=1, most=65535)
        try:
            (await self._guest(request).dial(port)).close()
        except OSError:
            return web.json_response({"isInUse": False})
        return web.json_response({"isInUse": True})

    async def get_ports(self, request: web.Request) -> web.Response:
        """The ports that something listens on."""
        found = (await self._guest(request).call("ports"))["ports"]
        return web.json_response({"ports": [port for port in found if port in SHOWN_PORTS]})

    async def update_env(self, request: web.Request) -> web.Response:
        """Change the variables of what starts from now on until the sandbox stops."""
        body, sandbox = EnvBody.model_validate(await request.json()), self._sandbox(request)
        self._cloud.guest(sandbox)
        prefix, known = body.unset_value_prefix, self._cloud.environment(sandbox)
        taken = [*(body.unset or []), *(name for name, value in known.items() if prefix and value.startswith(prefix))]
        changes = {**dict.fromkeys(taken), **(body.added or {})}
        self._cloud.update(sandbox, running_env={**sandbox.running_env, **changes})
        return web.json_response({"message": "Environment updated"})

    async def get_system_metrics(self, request: web.Request) -> web.Response:
        """What the sandbox uses, beside what it is said to have."""
        sandbox = self._sandbox(request)
        used = await usage.measure(self._cloud, sandbox)
        memory, disk, now = sandbox.memory_gib << 30, sandbox.disk_gib << 30, self._cloud.clock()
        return web.json_response(
            {
                "cpuCount": sandbox.cpu,
                "cpuUsedPct": used.cores / sandbox.cpu * 100,
                "memTotal": memory,
                "memUsed": used.memory,
                "diskTotal": disk,
                "diskUsed": used.disk,
                "diskFree": max(0, disk - used.disk),
                "timestamp": now.isoformat(),
                "timestampUnix": int(now.timestamp()),
            }
        )
