"""The life of a snapshot under the real engine."""

import re

import httpx
from daytona import CreateSnapshotParams, Daytona

from tests.cloud import Cloud
from tests.pulumi_engine import Stack
from tests.waiting import until

BASE = "evolve/local:1"


def program(snapshot: str, sandbox: str = "") -> str:
    return f"""
import pulumi
from evolve_pulumi import Dockerfile, Sandbox, Snapshot

base = Dockerfile.from_image("{BASE}")
tools = Snapshot("tools", {snapshot})
pulumi.export("id", tools.id)
pulumi.export("name", tools.name)
{sandbox}
"""


BOX = 'pulumi.export("box", Sandbox("web", snapshot=tools.name).id)'


def own(sdk: Daytona) -> list[str]:
    return [each.id for each in sdk.snapshot.list().items if not each.general]


def test_from_creation_to_nothing_left(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    stack.write(program('dockerfile=base.run("echo one > /tmp/built"), cpu=2', BOX))
    made = stack.up().ok()
    assert made.changes == {"created": 3}
    assert re.search(r"tests-dev-tools-[0-9a-f]{8}-[0-9a-f]{12}: Step 2/2 : RUN echo one", made.output)
    first = stack.outputs()
    assert re.fullmatch(r"tests-dev-tools-[0-9a-f]{8}-[0-9a-f]{12}", first["name"])
    box = sdk.get(first["box"])
    assert (box.fs.download_file("/tmp/built"), box.cpu) == (b"one\n", 2)
    cloud.forget_calls()
    assert stack.up("--refresh", "--expect-no-changes").ok()
    assert [call for call in cloud.calls() if call["method"] != "GET"] == []

    stack.write(program('dockerfile=base.run("echo two > /tmp/built"), cpu=2', BOX))
    assert stack.up().ok().changes == {"replaced": 2, "same": 1}
    second = stack.outputs()
    assert second["name"][:24] != first["name"][:24]
    assert sdk.get(second["box"]).fs.download_file("/tmp/built") == b"two\n"
    assert own(sdk) == [second["id"]]

    sdk.snapshot.delete(second["id"])
    until(lambda: own(sdk) == [])
    assert stack.up("--refresh").ok().changes == {"created": 1, "replaced": 1, "same": 1}
    stack.destroy().ok()
    assert own(sdk) == []
    assert cloud.status()["sandboxes"] == 0


def test_a_build_that_fails_ends_with_its_log_and_leaves_nothing(stack: Stack, sdk: Daytona) -> None:
    stack.write(program('dockerfile=base.run("echo before; echo it is broken >&2; exit 7")'))
    failed = stack.up()
    assert failed.code != 0
    assert "snapshot 'tools': create:" in failed.diagnostics
    assert "Line 2: exit code 7" in failed.diagnostics
    assert "The end of the build's log:" in failed.diagnostics
    assert "it is broken" in failed.diagnostics
    assert "Traceback" not in failed.output
    assert own(sdk) == []


def test_one_that_was_put_aside_is_activated_again(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    stack.write(program(f'image="{BASE}", daytona={{"entrypoint": ["sleep", "1"]}}'))
    stack.up().ok()
    id = stack.outputs()["id"]
    url = f"{cloud.daytona_api_url}/snapshots/{id}/deactivate"
    httpx.post(url, headers={"Authorization": f"Bearer {cloud.api_key}"}).raise_for_status()
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 1}
    assert (sdk.snapshot.get(id).state, own(sdk)) == ("active", [id])
    assert stack.up("--refresh", "--expect-no-changes").ok()


def test_a_forced_replacement_builds_another_beside_it(stack: Stack, sdk: Daytona) -> None:
    stack.write(program(f'image="{BASE}"'))
    stack.up().ok()
    first = stack.outputs()["id"]
    urn = next(item["urn"] for item in stack.export()["resources"] if item["type"].endswith("evolve:Snapshot"))
    assert stack.up("--replace", urn).ok().changes == {"replaced": 1, "same": 1}
    assert own(sdk) == [stack.outputs()["id"]] != [first]


def test_one_that_exists_is_taken_over_and_given_up(stack: Stack, sdk: Daytona) -> None:
    other = sdk.snapshot.create(CreateSnapshotParams(name="theirs", image=BASE))
    stack.write(program(f'adopt_id="{other.id}"', BOX))
    assert stack.up().ok().changes == {"created": 3}
    assert stack.outputs()["name"] == "theirs"
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.destroy().ok()
    assert own(sdk) == [other.id]
    stack.write(
        program("image=''").partition("tools =")[0] + f'pulumi.export("name", Snapshot.get("x", "{other.id}").name)'
    )
    stack.up().ok()
    assert stack.outputs() == {"name": "theirs"}
    stack.destroy().ok()
    assert own(sdk) == [other.id]


def test_a_sandbox_of_its_own_image_shows_its_build(stack: Stack, sdk: Daytona) -> None:
    text = """
import pulumi
from evolve_pulumi import DaytonaOptions, Dockerfile, Sandbox

box = Sandbox("web", daytona=DaytonaOptions(dockerfile=Dockerfile.from_image("evolve/local:1").run("{command}"), cpu=2))
pulumi.export("id", box.id)
"""
    stack.write(text.format(command="echo built | tee /tmp/built"))
    assert re.search(r"web-[0-9a-f]{8}: built", stack.up().ok().output)
    box = sdk.get(stack.outputs()["id"])
    assert (box.fs.download_file("/tmp/built"), box.cpu) == (b"built\n", 2)
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.write(text.format(command="echo no >&2; false"))
    failed = stack.up()
    assert failed.code != 0
    assert "exit code 1: RUN echo no" in failed.diagnostics
    assert [each.id for each in sdk.list()] == [box.id]
    stack.write(text.format(command="echo built | tee /tmp/built"))
    stack.destroy().ok()
    assert list(sdk.list()) == []
