"""States of stacks as releases wrote them. Each file is kept for ever: later releases update and destroy what it holds.

`python -m tests.stored_states NAME BACKEND` writes one with the code as it is, on a local cloud of its own.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.pulumi_engine import Stack

FOLDER = Path(__file__).parent
DAYTONA = """
import pulumi
from evolve_pulumi import (
    DaytonaOptions, Dockerfile, Health, Labels, Sandbox, Service, Snapshot, Timeouts, Volume, VolumeMount
)

data = Volume("data", allow_data_loss=True)
tools = Snapshot("tools", dockerfile=Dockerfile.from_image("evolve/local:1").run("echo built > /tmp/built"), cpu=2)
box = Sandbox(
    "web",
    snapshot=tools.name,
    labels={"team": "docs"},
    env={"GREETING": "hello"},
    volumes=[VolumeMount(volume_id=data.id, mount_path="/data", subpath="web")],
    ports=[3000],
    timeouts=Timeouts(create_minutes=2),
    daytona=DaytonaOptions(auto_stop_minutes=0, memory_gb=2, network_allow_list=["10.0.0.0/8"], ttl_minutes=600),
)
named = Sandbox("named", name="explicit", public=True, on_destroy="delete", daytona=DaytonaOptions(ephemeral=True))
page = Service(
    "page", sandbox_id=box.id, command="exec python3 -m http.server 3000", port=3000, health=Health(path="/")
)
more = Labels("more", sandbox_id=named.id, labels={"reviewed": "yes"})
pulumi.export("ids", [each.id for each in (data, tools, box, named, page, more)])
pulumi.export("token", box.preview_token)
"""
E2B = """
import pulumi
from evolve_pulumi import (
    Dockerfile, E2BOptions, E2BSnapshotOptions, Health, Sandbox, Service, Snapshot, Timeouts, Volume, VolumeMount
)

data = Volume("data", allow_data_loss=True)
tools = Snapshot(
    "tools",
    dockerfile=Dockerfile.from_image("evolve/local:1").run("echo built > /tmp/built"),
    cpu=2,
    e2b=E2BSnapshotOptions(tags=["stable"]),
)
box = Sandbox(
    "web",
    snapshot=tools.name,
    labels={"team": "docs"},
    env={"GREETING": "hello"},
    volumes=[VolumeMount(volume_id=data.id, mount_path="/data")],
    ports=[3000],
    timeouts=Timeouts(create_minutes=2),
    e2b=E2BOptions(timeout_minutes=30, deny_out=["10.0.0.0/8"]),
)
named = Sandbox("named", name="explicit", public=True, e2b=E2BOptions(on_timeout="kill", mask_request_host="app"))
page = Service(
    "page", sandbox_id=box.id, command="exec python3 -m http.server 3000", port=3000, health=Health(path="/")
)
pulumi.export("ids", [each.id for each in (data, tools, box, named, page)])
pulumi.export("token", box.preview_token)
"""
PROGRAMS = {"daytona": DAYTONA, "e2b": E2B}


def own_values(deployment: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What differs between two runs of the program: each value, and a word to write in its place."""
    for resource in deployment["resources"]:
        name, outputs = resource["urn"].rsplit("::", 1)[-1], resource.get("outputs", {})
        known = {"id": resource.get("id"), "name": outputs.get("name"), "token": _plain(outputs.get("preview_token"))}
        yield from ((value, f"<{name} {word}>") for word, value in known.items() if value)
    ours = (each["outputs"] for each in deployment["resources"] if "connection" in each.get("outputs", {}))
    outputs = next(ours)
    endpoint = outputs["connection"]["endpoint"]
    yield endpoint, "<endpoint>"
    if outputs["account"].startswith("key-"):
        yield outputs["account"], "<account>"
    yield endpoint.split(":")[2].split("/")[0], "<port>"


def export(stack: Stack) -> dict[str, Any]:
    """A stack's state, secrets in clear."""
    return json.loads(stack.run("stack", "export", "--show-secrets").ok().stdout)


def replaced(text: str, pairs: Iterator[tuple[str, str]]) -> str:
    """A text with values exchanged; long ones first, since ids contain each other."""
    for value, other in sorted(pairs, key=lambda pair: -len(pair[0])):
        text = text.replace(value, other)
    return text


def _plain(secret: Any) -> str | None:
    return json.loads(secret["plaintext"]) if secret else None
