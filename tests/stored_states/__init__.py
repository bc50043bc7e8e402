"""States of stacks as releases wrote them. Each file is kept for ever: later releases update and destroy what it holds.

`python -m tests.stored_states NAME` writes one with the code as it is, on a local cloud of its own.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.pulumi_engine import Stack

FOLDER = Path(__file__).parent
EDITS = (
    ('"team": "docs"', '"team": "web"'),
    ("http.server 3000", "http.server  3000"),
    ('"reviewed": "yes"', '"reviewed": "no"'),
    ('"greeting": "hello"', '"greeting": "good day"'),
    ('create="date"', 'create="date --utc"'),
    ('ref="HEAD"', 'ref="HEAD~1"'),
)
"""Each changes one resource in place, where a stored program has it."""
PROGRAM = """
import os
import subprocess

import pulumi
from evolve_pulumi import (
    Command, DaytonaOptions, Dockerfile, Files, GitRepository, Health, InlineFile, Labels, Sandbox, Service, Snapshot,
    Timeouts, Volume, VolumeMount
)

# A repository whose commits have the same hashes each time.
commit = "git -c user.name=a -c user.email=a@example.com commit --quiet --allow-empty --message=one"
if not os.path.exists("source"):
    script = f"git init --quiet source && cd source && {commit} && {commit} && echo notes > notes"
    dates = {"GIT_AUTHOR_DATE": "@1700000000 +0000", "GIT_COMMITTER_DATE": "@1700000000 +0000"}
    subprocess.run(script, shell=True, check=True, env=os.environ | dates)

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
texts = {"greeting": "hello", "secret": InlineFile(content=pulumi.Output.secret("hidden"), mode="600")}
files = Files("files", sandbox_id=named.id, path="app", files=texts, source="source/notes")
code = GitRepository("code", sandbox_id=named.id, path="code", source="source", ref="HEAD")
setup = Command("setup", sandbox_id=named.id, create="date", delete="true", triggers=["one", 2])
pulumi.export("ids", [each.id for each in (data, tools, box, named, page, more, files, code, setup)])
pulumi.export("token", box.preview_token)
"""


def own_values(deployment: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What differs between two runs of the program: each value, and a word to write in its place."""
    for resource in deployment["resources"]:
        name, outputs = resource["urn"].rsplit("::", 1)[-1], resource.get("outputs", {})
        known = {"id": resource.get("id"), "name": outputs.get("name"), "token": _plain(outputs.get("preview_token"))}
        known["folder"] = outputs.get("source_folder")
        yield from ((value, f"<{name} {word}>") for word, value in known.items() if value)
    ours = (each["outputs"] for each in deployment["resources"] if "connection" in each.get("outputs", {}))
    endpoint = next(ours)["connection"]["endpoint"]
    yield endpoint, "<endpoint>"
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
