"""The bodies of the sandboxes of E2B's control plane: what it takes, and how it describes them."""

import re
import secrets
import string
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, JsonValue, StrictBool, StrictInt, StrictStr, field_validator

from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.e2b.network import INTERNET, NetworkBody
from evolve_pulumi.local.e2b.spelling import Body
from evolve_pulumi.local.operations import Status
from evolve_pulumi.local.records import Mount, Sandbox, Snapshot, State
from evolve_pulumi.local.usage import Usage

VENDOR = "e2b"
ENVD_VERSION = "0.6.13"
"""The version of envd whose protocol is spoken, which tells the SDK what it may use."""
CLIENT_ID = "local"
USER = "user"
"""Who processes run as in E2B's sandboxes."""
BASE = Snapshot(
    id="rki5dems9wqfm4r03t7g",
    vendor=VENDOR,
    name="base",
    cpu=2,
    memory_gib=1,
    disk_gib=10,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    can_pause=True,
)
"""The template that is built in: the host's own programs."""
ID = re.compile("i[a-z0-9]{20}")
"""What an id looks like, which fits into a host name's first label beside a port."""
RUNNING = {State.STARTED, State.STARTING, State.RESUMING, State.SNAPSHOTTING}
UNSEEN = {State.CREATING, State.DESTROYING}
"""States in which E2B knows nothing of a sandbox yet, or any more."""
MOST_SECONDS = 24 * 3600
"""How long a sandbox may run without a pause."""
LEAST_WOKEN_SECONDS = 300
"""How long a request that wakes a sandbox lets it run at least."""

CREATE_FIELDS = {
    "templateID": Status.WORKS,
    "timeout": Status.WORKS,
    "autoPause": Status.WORKS,
    "autoPauseMemory": Status.WORKS,
    "autoResume": Status.WORKS,
    "metadata": Status.WORKS,
    "envVars": Status.WORKS,
    "volumeMounts": Status.WORKS,
    "network": Status.NO_EFFECT,
    "network.allowPublicTraffic": Status.WORKS,
    "network.maskRequestHost": Status.WORKS,
    "allow_internet_access": Status.NO_EFFECT,
    "iam": Status.ABSENT,
    "mcp": Status.ABSENT,
}
"""Every field of a create body and what it is worth here; an absent one is refused unless it is empty."""


class AutoResumeBody(Body):
    """Whether a request wakes a sandbox that is paused."""

    enabled: StrictBool


class MountBody(Body):
    """A volume to mount, by its name."""

    name: StrictStr
    path: StrictStr = Field(pattern=r"^/.")


class TimedBody(Body):
    """A time to run, in seconds from now."""

    timeout: StrictInt = 300

    @field_validator("timeout")
    @classmethod
    def _within_the_plan(cls, seconds: int) -> int:
        if seconds <= 0:
            raise E2BError(400, "Timeout must be greater than 0 seconds")
        if seconds > MOST_SECONDS:
            raise E2BError(400, f"Timeout cannot be greater than {MOST_SECONDS // 3600} hours")
        return seconds


class CreateBody(TimedBody):
    """What a new sandbox is asked to be."""

    template_id: StrictStr = Field(alias="templateID")
    auto_pause: StrictBool = False
    auto_pause_memory: StrictBool = True
    auto_resume: AutoResumeBody | None = None
    metadata: dict[StrictStr, StrictStr] = Field(default={})
    env_vars: dict[StrictStr, StrictStr] = Field(default={})
    allow_internet_access: StrictBool | None = Field(default=None, alias="allow_internet_access")
    network: NetworkBody = NetworkBody()
    volume_mounts: list[MountBody] = Field(default=[])
    iam: JsonValue = None
    mcp: JsonValue = None

    def refuse_absent(self) -> None:
        """Raise E2BError for a field that would have to do something here."""
        for name, status in CREATE_FIELDS.items():
            if status == Status.ABSENT and getattr(self, name):
                raise E2BError(501, f"The local cloud does not implement {name} of a new sandbox")

    def sandbox(self, template: Snapshot, mounts: list[Mount], now: datetime) -> Sandbox:
        """The record of a sandbox that is still to be made; raises E2BError for what it cannot be."""
        wakes = self._wakes()
        sandbox_id = _new_id()
        return Sandbox(
            id=sandbox_id,
            name=sandbox_id,
            vendor=VENDOR,
            snapshot=template,
            user=USER,
            env=self.env_vars,
            labels=self.metadata,
            mounts=mounts,
            public=self.network.allow_public_traffic is not False,
            keeps_token=True,
            shown_host=self.network.mask_request_host,
            ends_at=now + timedelta(seconds=self.timeout),
            at_end=self._at_end(),
            wakes_for_seconds=max(self.timeout, LEAST_WOKEN_SECONDS) if wakes else 0,
            options=self._options(),
        )

    def _wakes(self) -> bool:
        wakes = self.auto_resume is not None and self.auto_resume.enabled
        if wakes and not (self.auto_pause and self.auto_pause_memory):
            raise E2BError(400, "Auto-resume needs auto-pause with memory")
        return wakes

    def _at_end(self) -> State:
        if not self.auto_pause:
            return State.DESTROYED
        return State.PAUSED if self.auto_pause_memory else State.STOPPED

    def _options(self) -> dict[str, JsonValue]:
        given: dict[str, Any] = {
            "network": self.network.kept() or None,
            INTERNET: self.allow_internet_access,
            "volumeMounts": [mount.model_dump() for mount in self.volume_mounts] or None,
        }
        return {name: value for name, value in given.items() if value is not None}


class FirstCreateBody(CreateBody):
    """The same in the API's first version, with its shorter time."""

    timeout: StrictInt = 15


class ConnectBody(TimedBody):
    """How to go on with a sandbox: with its memory, or started anew."""

    memory: StrictBool = True


class ResumeBody(ConnectBody):
    """The same in the API's first version, with its shorter time and whether it pauses after that."""

    timeout: StrictInt = 15
    auto_pause: StrictBool | None = None


class PauseBody(Body):
    """What a pause keeps beside files."""

    memory: StrictBool = True


class TimeoutBody(Body):
    """A new time to run, in seconds from now; what is past is now."""

    timeout: StrictInt


class RefreshBody(Body):
    """Seconds from now that a sandbox is to run at least."""

    duration: StrictInt = Field(default=15, ge=0, le=3600)


class MetricsQuery(Body):
    """The stretch of time, in whole seconds since 1970, that measurements are wanted of."""

    start: int | None = None
    end: int | None = None

    def holds(self, time: datetime) -> bool:
        """Whether a time is in it."""
        second = int(time.timestamp())
        return (self.start is None or self.start <= second) and (self.end is None or second <= self.end)


def sandbox_body(sandbox: Sandbox, domain: str) -> dict[str, Any]:
    """A sandbox as E2B answers who made it or connected to it, with what opens it."""
    return {
        "templateID": sandbox.snapshot.id,
        **_alias(sandbox.snapshot),
        "sandboxID": sandbox.id,
        "clientID": CLIENT_ID,
        "envdVersion": ENVD_VERSION,
        "envdAccessToken": sandbox.inner_token,
        "trafficAccessToken": None if sandbox.public else sandbox.token,
        "domain": domain,
    }


def list_item(sandbox: Sandbox) -> dict[str, Any]:
    """A sandbox as E2B describes it in a list."""
    described: dict[str, Any] = {
        "templateID": sandbox.snapshot.id,
        **_alias(sandbox.snapshot),
        "sandboxID": sandbox.id,
        "clientID": CLIENT_ID,
        "envdVersion": ENVD_VERSION,
        "startedAt": sandbox.started_at.isoformat(),
        "endAt": _end(sandbox).isoformat(),
        "cpuCount": sandbox.cpu,
        "memoryMB": _memory_mb(sandbox),
        "diskSizeMB": sandbox.disk_gib * 1024,
        "metadata": sandbox.labels,
        "state": state(sandbox),
    }
    if mounts := sandbox.options.get("volumeMounts"):
        described["volumeMounts"] = mounts
    return described


def detail(sandbox: Sandbox, domain: str) -> dict[str, Any]:
    """A sandbox as E2B describes a single one."""
    described = {
        **list_item(sandbox),
        **sandbox.options,
        "envdAccessToken": sandbox.inner_token,
        "domain": domain,
        "lifecycle": {
            "autoResume": bool(sandbox.wakes_for_seconds),
            "onTimeout": "kill" if sandbox.at_end == State.DESTROYED else "pause",
        },
    }
    if described["state"] == "paused":
        described["pauseMode"] = "full" if sandbox.state in (State.PAUSING, State.PAUSED) else "filesystem"
    return described


def metric(sandbox: Sandbox, used: Usage, now: datetime) -> dict[str, Any]:
    """A measurement as E2B describes it; the machine's page cache is nobody's own."""
    return {
        "timestamp": now.isoformat(),
        "timestampUnix": int(now.timestamp()),
        "cpuCount": sandbox.cpu,
        "cpuUsedPct": round(100 * used.cores / sandbox.cpu, 2),
        "memUsed": used.memory,
        "memTotal": _memory_mb(sandbox) << 20,
        "memCache": 0,
        "diskUsed": used.disk,
        "diskTotal": sandbox.disk_gib << 30,
    }


def state(sandbox: Sandbox) -> str:
    """E2B's word for what a sandbox does: one that is stopped is paused without memory."""
    return "running" if sandbox.state in RUNNING else "paused"


def _memory_mb(sandbox: Sandbox) -> int:
    """The memory that it is said to have, which templates count finer than the cloud."""
    finer = sandbox.snapshot.options.get("memoryMB")
    return finer if isinstance(finer, int) else sandbox.memory_gib * 1024


def _alias(template: Snapshot) -> dict[str, str]:
    """The name of a template, which one made of a sandbox may not have."""
    return {"alias": template.name} if template.name != template.id else {}


def _end(sandbox: Sandbox) -> datetime:
    """When the time of one that runs is over, or when another was paused."""
    return (state(sandbox) == "running" and sandbox.ends_at) or sandbox.last_activity_at


def _new_id() -> str:
    return "i" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(20))
