"""Looking things up, in a program and outside of any."""

import json
import os
import re
import subprocess
import sys

import httpx
import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.local.e2b.client import client_of
from tests.pulumi_engine import Stack
from tests.waiting import until

NAMES = (
    "EvolveError, NotFoundError, get_sandbox, get_snapshot, get_volume, list_sandboxes, preview_url, signed_preview_url"
)


def run(cloud: Cloud, backend: str, code: str) -> subprocess.CompletedProcess[str]:
    """A script that knows no Pulumi, with one vendor's variables in its environment."""
    script = f"import sys\nfrom evolve_pulumi import {NAMES}\n{code}\nassert 'pulumi' not in sys.modules"
    own = {name: value for name, value in cloud.environment.items() if name.startswith(backend.upper())}
    env = {**os.environ, **own}
    return subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)


def test_outside_of_a_program(cloud: Cloud, sdk: Daytona) -> None:
    theirs = sdk.create(CreateSandboxFromSnapshotParams(name="theirs", labels={"team": "docs"}, auto_stop_interval=0))
    volume = sdk.volume.create("data")
    until(lambda: sdk.volume.get("data").state == "ready")
    sdk.create(CreateSandboxFromSnapshotParams(name="other"))
    result = run(
        cloud,
        "daytona",
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


def test_outside_of_a_program_at_e2b(cloud: Cloud) -> None:
    sdk = client_of(cloud)
    theirs = sdk.Sandbox.create(metadata={"team": "docs"})
    volume = sdk.Volume.create("data")
    sdk.Template.build(sdk.Template().from_base_image().run_cmd("true"), "tools")
    sdk.Sandbox.create()
    result = run(
        cloud,
        "e2b",
        f"""
import dataclasses, json
found = [get_sandbox("{theirs.sandbox_id}"), *list_sandboxes({{"team": "docs"}})]
found += [get_snapshot("tools"), get_volume("data")]
url = preview_url(found[0].id, 3000)
print(json.dumps([*(dataclasses.asdict(each) for each in found), url, len(list_sandboxes())], default=str))
try:
    signed_preview_url(found[0].id, 3000)
except EvolveError as error:
    print(error)
""",
    )
    assert result.returncode == 0, result.stderr
    answer, refusal = result.stdout.splitlines()
    sandbox, listed, snapshot, found_volume, plain, count = json.loads(answer)
    assert {**sandbox, "public": None} == {**listed, "public": None}
    assert (sandbox["id"], sandbox["state"], sandbox["snapshot"]) == (theirs.sandbox_id, "running", "base")
    assert (sandbox["labels"], sandbox["cpu"], sandbox["region"]) == ({"team": "docs"}, 2, None)
    assert (snapshot["name"], snapshot["state"]) == ("tools", "ready")
    assert (found_volume["id"], count) == (volume.volume_id, 2)
    assert plain == f"http://{theirs.get_host(3000)}"
    assert "E2B signs no preview URLs" in refusal
    assert "public=True" in refusal


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("get_sandbox('nowhere')", r"sandbox 'nowhere': look up: (Daytona answered 404|E2B has no such sandbox)"),
        ("get_snapshot('nowhere')", r"snapshot 'nowhere': look up: \w+ answered 404"),
        ("get_volume('nowhere')", r"volume 'nowhere': look up: \w+ has no such volume in this account"),
        ("preview_url('nowhere', 80)", r"sandbox 'nowhere': look up: (Daytona answered 404|E2B has no such sandbox)"),
    ],
)
@pytest.mark.parametrize("backend", ["daytona", "e2b"])
def test_what_is_not_there_is_named(cloud: Cloud, backend: str, call: str, words: str) -> None:
    result = run(cloud, backend, f"try:\n    {call}\nexcept NotFoundError as error:\n    print(error)")
    assert re.match(words, result.stdout), result.stderr


def test_in_a_program_the_stacks_place_is_looked_at_and_errors_are_one_line(stack: Stack, at: Side) -> None:
    program = """
import pulumi
from evolve_pulumi import get_sandbox, preview_url

found = get_sandbox("{name}")
pulumi.export("id", found.id)
pulumi.export("url", preview_url(found.id, 3000))
"""
    theirs = at.make({"team": "docs"})
    stack.write(program.format(name=theirs))
    stack.up().ok()
    assert stack.outputs()["id"] == theirs
    assert stack.outputs()["url"].startswith(f"http://3000-{theirs}.")
    stack.write(program.format(name="nowhere"))
    failed = stack.preview()
    assert failed.code != 0
    assert "sandbox 'nowhere': look up: " in failed.output
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


def test_with_keys_for_both_vendors_one_has_to_be_named(cloud: Cloud, sdk: Daytona) -> None:
    box = sdk.create()
    code = f"""
try:
    get_sandbox("{box.id}")
except EvolveError as error:
    print(error)
print(get_sandbox("{box.id}", backend="daytona").id)
"""
    refused, found = run(cloud, "", code).stdout.splitlines()
    assert "there are keys for daytona and e2b" in refused
    assert "Name the one: 'daytona' or 'e2b'" in refused
    assert found == box.id
