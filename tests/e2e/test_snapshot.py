"""The life of a snapshot under the real engine, at every vendor."""

import re

import httpx
from daytona import CreateSnapshotParams, Daytona

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.local.e2b.client import client_of
from tests.pulumi_engine import Stack

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


def test_from_creation_to_nothing_left(stack: Stack, cloud: Cloud, at: Side) -> None:
    stack.write(program('dockerfile=base.run("echo one > /tmp/built"), cpu=2', BOX))
    made = stack.up().ok()
    assert made.changes == {"created": 3}
    assert re.search(r"tests-dev-tools-[0-9a-f:-]+: .*RUN echo one", made.output)
    first = stack.outputs()
    assert re.fullmatch(at.snapshot_name, first["name"])
    assert at.run(first["box"], "cat /tmp/built; nproc > /dev/null") == "one\n"
    cloud.forget_calls()
    assert stack.up("--refresh", "--expect-no-changes").ok()
    assert [call for call in cloud.calls() if call["method"] != "GET"] == []

    stack.write(program('dockerfile=base.run("echo two > /tmp/built"), cpu=2', BOX))
    replaced = {"updated": 1, "replaced": 1, "same": 1} if at.builds_in_place else {"replaced": 2, "same": 1}
    assert stack.preview().ok().changes == replaced
    assert stack.up().ok().changes == replaced
    second = stack.outputs()
    assert second["name"] != first["name"]
    assert (second["id"] == first["id"]) == at.builds_in_place
    assert at.run(second["box"], "cat /tmp/built") == "two\n"
    assert at.snapshots() == [second["id"]]
    assert stack.up("--refresh", "--expect-no-changes").ok()

    stack.write(program('dockerfile=base.run("echo two > /tmp/built"), cpu=2'))
    stack.up().ok()
    at.delete_snapshot(second["id"])
    stack.write(program('dockerfile=base.run("echo two > /tmp/built"), cpu=2', BOX))
    assert stack.up("--refresh").ok().changes == {"created": 2, "same": 1}
    stack.destroy().ok()
    assert (at.snapshots(), at.ids()) == ([], [])


def test_a_build_that_fails_ends_with_its_log_and_leaves_nothing(stack: Stack, at: Side) -> None:
    stack.write(program('dockerfile=base.run("echo before; echo it is broken >&2; exit 7")'))
    failed = stack.up()
    assert failed.code != 0
    assert "snapshot 'tools': create:" in failed.diagnostics
    assert re.search("exit (code|status) 7", failed.diagnostics)
    assert "The end of the build's log:" in failed.diagnostics
    assert "it is broken" in failed.diagnostics
    assert "Traceback" not in failed.output
    assert at.snapshots() == []


def test_a_change_that_does_not_build_keeps_what_is_there(stack: Stack, at: Side) -> None:
    stack.write(program('dockerfile=base.run("echo one > /tmp/built")', BOX))
    stack.up().ok()
    first = stack.outputs()
    stack.write(program('dockerfile=base.run("false")', BOX))
    assert stack.up().code != 0
    assert (at.snapshots(), at.ids()) == ([first["id"]], [first["box"]])
    stack.write(program('dockerfile=base.run("echo one > /tmp/built")', BOX))
    assert stack.up().ok().changes == {"same": 3}


def test_tags_and_visibility_of_a_template_change_in_place(stack: Stack, cloud: Cloud) -> None:
    stack.config_set("evolve:backend", "e2b")
    sdk = client_of(cloud)

    def tags(id: str) -> set[str]:
        return {each.tag for each in sdk.Template.get_tags(id)}

    stack.write(program(f'image="{BASE}", name="tools", e2b={{"tags": ["stable"]}}', BOX))
    stack.up().ok()
    first = stack.outputs()
    _, content = first["name"].split(":")
    assert tags(first["id"]) >= {content, "stable"}
    cloud.forget_calls()
    stack.write(program(f'image="{BASE}", name="tools", e2b={{"tags": ["stable", "next"], "public": True}}', BOX))
    assert stack.preview().ok().changes == {"updated": 1, "same": 2}
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    changing = [(call["method"], call["path"]) for call in cloud.calls() if call["method"] != "GET"]
    assert changing == [
        ("POST", "/e2b/api/templates/tags"),
        ("PATCH", f"/e2b/api/v2/templates/{first['id']}"),
    ]
    assert stack.up("--refresh", "--expect-no-changes").ok()

    sdk.Template.remove_tags("tools", ["next"])
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 2}
    assert tags(first["id"]) >= {content, "stable", "next"}
    stack.write(program(f'image="{BASE}", name="tools", cpu=4, e2b={{"tags": ["stable"]}}', BOX))
    assert stack.up().ok().changes == {"updated": 1, "replaced": 1, "same": 1}
    second = stack.outputs()
    assert (tags(second["id"]) & {content, "stable", "next"}) == {"stable"}
    assert sdk.Sandbox.get_info(second["box"]).cpu_count == 4
    stack.destroy().ok()
    assert not sdk.Template.exists("tools")


def test_a_template_of_somebody_else_gets_no_build(stack: Stack, cloud: Cloud) -> None:
    stack.config_set("evolve:backend", "e2b")
    sdk = client_of(cloud)
    theirs = sdk.Template.build(sdk.Template().from_base_image().run_cmd("true"), "taken")
    stack.write(program(f'image="{BASE}", name="taken"'))
    refused = stack.up()
    assert refused.code != 0
    assert "snapshot 'tools': create: there is a template taken already" in refused.output
    assert {each.build_id for each in sdk.Template.get_tags(theirs.template_id)} == {theirs.build_id}


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
