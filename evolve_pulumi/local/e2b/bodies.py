"""The bodies of E2B's control plane: what it takes, and how it describes sandboxes."""

import secrets
import string
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr
from pydantic.alias_generators import to_camel

from evolve_pulumi.local.records import Sandbox, Snapshot, State

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
RUNNING = {State.STARTED, State.STARTING, State.RESUMING, State.RESIZING}
UNSEEN = {State.CREATING, State.DESTROYING}
"""States in which E2B knows nothing of a sandbox yet, or any more."""


class Body(BaseModel):
    """A body in E2B's spelling."""

    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True)


class CreateBody(Body):
    """What a new sandbox is asked to be, as far as it means something here."""

    template_id: StrictStr = Field(alias="templateID")
    timeout: StrictInt = 300
    metadata: dict[StrictStr, StrictStr] = {}
    env_vars: dict[StrictStr, StrictStr] = {}


def new_id() -> str:
    """An id as E2B's are, which fits into a host name's first label beside a port."""
    return "i" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(20))


def sandbox_body(sandbox: Sandbox, domain: str) -> dict[str, Any]:
    """A sandbox as E2B answers create and connect; without it `envdAccessToken` nobody gets inside."""
    return {
        "templateID": sandbox.snapshot.id,
        "alias": sandbox.snapshot.name,
        "sandboxID": sandbox.id,
        "clientID": CLIENT_ID,
        "envdVersion": ENVD_VERSION,
        "envdAccessToken": sandbox.inner_token,
        "domain": domain,
    }


def list_item(sandbox: Sandbox) -> dict[str, Any]:
    """A sandbox as E2B describes it in a list."""
    return {
        "templateID": sandbox.snapshot.id,
        "alias": sandbox.snapshot.name,
        "sandboxID": sandbox.id,
        "clientID": CLIENT_ID,
        "envdVersion": ENVD_VERSION,
        "startedAt": sandbox.started_at.isoformat(),
        "endAt": (sandbox.ends_at or sandbox.started_at).isoformat(),
        "cpuCount": sandbox.cpu,
        "memoryMB": sandbox.snapshot.options.get("memoryMB", sandbox.memory_gib * 1024),
        "diskSizeMB": sandbox.disk_gib * 1024,
        "metadata": sandbox.labels,
        "state": "running" if sandbox.state in RUNNING else "paused",
    }


def detail(sandbox: Sandbox, domain: str) -> dict[str, Any]:
    """A sandbox as E2B describes a single one."""
    return {**list_item(sandbox), "envdAccessToken": sandbox.inner_token, "domain": domain}
