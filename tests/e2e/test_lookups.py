"""Looking things up, in a program and outside of any."""

import json
import os
import subprocess
import sys

import httpx
import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, Sandbox

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.pulumi_engine import Stack
from tests.waiting import until

NAMES = "NotFoundError, get_sandbox, get_snapshot, get_volume, list_sandboxes, preview_url, signed_preview_url"


@pytest.fixture
def theirs(sdk: Daytona) -> Sandbox:
    return sdk.create(CreateSandboxFromSnapshotParams(name="theirs", labels={"team": "docs"}, auto_stop_interval=0))


def run(cloud: Cloud, code: str) -> subprocess.CompletedProcess[str]:
    """A script that knows no Pulumi."""
    script = f"import sys\nfrom evolve_pulumi import {NAMES}\n{code}\nassert 'pulumi' not in sys.modules"
    env = {**os.environ, **cloud.environment}
    return subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)


def test_outside_of_a_program(cloud: Cloud, sdk: Daytona, theirs: Sandbox) -> None:
    volume = sdk.volume.create("data")
    until(lambda: sdk.volume.get("data").state == "ready")
    sdk.create(CreateSandboxFromSnapshotParams(name="other"))
    result = run(
        cloud,
        """
import dataclasses, json
found = [get_sandbox("theirs"), *list_sandboxes({"team": "docs"}), get_snapshot("daytona-small"), get_volume("data")]
urls = [preview_url(found[0].id, 3000), signed_preview_url(found[0].id, 3000, expires_minutes=1)]
print(json.dumps([*(dataclasses.asdict(each) for each in found), *urls, len(list_sandboxes())], default=str))
""",
    )
    assert result.returncode == 0, result.stderr
    sandbox, listed, snapshot, found_volume, plain, signed, count = json.loads(result.stdout)
    assert sandbox == listed
    assert (sandbox["id"], sandbox["name"], sandbox["state"], sandbox["snapshot"]) == (
        theirs.id,
        "theirs",
        "started",
        "daytona-small",
    )
    assert (sandbox["labels"], sandbox["cpu"], sandbox["memory_gb"], sandbox["disk_gb"]) == ({"team": "docs"}, 1, 1, 3)
    assert (snapshot["name"], snapshot["state"]) == ("daytona-small", "active")
    assert (found_volume["id"], found_volume["state"]) == (volume.id, "ready")
    assert (count, plain) == (2, theirs.get_preview_link(3000).url)
    theirs.process.exec("nohup python3 -m http.server 3000 >/dev/null 2>&1 &")
    host = signed.removeprefix("http://")
    until(lambda: httpx.get(cloud.url, headers={"Host": host}).status_code == 200)
    cloud.advance(minutes=1)
    assert httpx.get(cloud.url, headers={"Host": host}).status_code == 404


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("get_sandbox('nowhere')", "sandbox 'nowhere': look up: Daytona answered 404"),
        ("get_snapshot('nowhere')", "snapshot 'nowhere': look up: Daytona answered 404"),
        ("get_volume('nowhere')", "volume 'nowhere': look up: Daytona has no such volume in this account"),
        ("preview_url('nowhere', 80)", "sandbox 'nowhere': look up: Daytona answered 404"),
    ],
)
def test_what_is_not_there_is_named(cloud: Cloud, call: str, words: str) -> None:
    result = run(cloud, f"try:\n    {call}\nexcept NotFoundError as error:\n    print(error)")
    assert result.stdout.startswith(words), result.stderr


def test_in_a_program_the_stacks_place_is_looked_at_and_errors_are_one_line(stack: Stack, theirs: Sandbox) -> None:
    program = """
import pulumi
from evolve_pulumi import get_sandbox, signed_preview_url

found = get_sandbox("{name}")
pulumi.export("id", found.id)
pulumi.export("url", pulumi.Output.secret(signed_preview_url(found.id, 3000)))
"""
    stack.write(program.format(name="theirs"))
    stack.up().ok()
    assert stack.outputs()["id"] == theirs.id
    stack.write(program.format(name="nowhere"))
    failed = stack.preview()
    assert failed.code != 0
    assert "sandbox 'nowhere': look up: Daytona answered 404" in failed.output
    assert "Traceback" not in failed.output


def test_a_program_reaches_into_its_sandboxes_where_the_stack_has_them(stack: Stack, at: Side) -> None:
    stack.write("""
import pulumi
from evolve_pulumi import Sandbox, sandbox_provider

box = Sandbox("web")
pulumi.export("told", box.id.apply(lambda id: sandbox_provider().connect(id).commands.run("echo inside").stdout))
pulumi.export("vendor", sandbox_provider().provider_type)
""")
    stack.up().ok()
    assert stack.outputs() == {"told": "inside\n", "vendor": at.backend}
