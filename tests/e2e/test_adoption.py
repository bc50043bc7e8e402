"""Sandboxes that exist already: taken over, and looked at."""

import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, Sandbox

from tests.pulumi_engine import Stack


def program(arguments: str) -> str:
    return f"""
import pulumi
from evolve_pulumi import Sandbox

box = Sandbox("web", {arguments})
pulumi.export("id", box.id)
pulumi.export("name", box.name)
"""


@pytest.fixture
def existing(sdk: Daytona) -> Sandbox:
    return sdk.create(
        CreateSandboxFromSnapshotParams(name="old", labels={"team": "docs", "by": "hand"}, env_vars={"A": "1"})
    )


def urn(stack: Stack) -> str:
    return next(item["urn"] for item in stack.export()["resources"] if item["type"].endswith("evolve:Sandbox"))


def test_one_is_taken_over_and_kept_when_adopt_id_goes(stack: Stack, sdk: Daytona, existing: Sandbox) -> None:
    adopted = f'adopt_id="{existing.id}", labels={{"team": "web"}}, public=True'
    stack.write(program(adopted))
    assert stack.up().ok().changes == {"created": 2}
    assert stack.outputs() == {"id": existing.id, "name": "old"}
    box = sdk.get(existing.id)
    assert (box.public, box.labels["team"], box.labels["by"], box.labels["evolve-resource"]) == (
        True,
        "web",
        "hand",
        "web",
    )

    assert stack.up("--expect-no-changes").ok()
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.write(program('labels={"team": "web"}, public=True'))
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.write(program(adopted))
    stack.up().ok()
    assert [item.id for item in sdk.list()] == [existing.id]
    stack.destroy().ok()
    assert list(sdk.list()) == []


def test_what_is_fixed_must_be_as_declared(stack: Stack, sdk: Daytona, existing: Sandbox) -> None:
    stack.write(program(f'adopt_id="{existing.id}", name="new", env={{"A": "2"}}'))
    refused = stack.up()
    assert refused.code != 0
    assert f"{existing.id} cannot be adopted, since it was created with another value of env, name" in refused.output
    assert "evolve-resource" not in sdk.get(existing.id).labels


def test_a_replacement_never_adopts_what_it_replaces(stack: Stack, sdk: Daytona, existing: Sandbox) -> None:
    stack.write(program(f'adopt_id="{existing.id}", env={{"A": "1"}}'))
    stack.up().ok()
    stack.write(program(f'adopt_id="{existing.id}", env={{"A": "2"}}'))
    refused = stack.preview()
    assert refused.code != 0
    assert "env would replace it, and adopt_id names the very object that is then deleted" in refused.output
    stack.write(program(f'adopt_id="{existing.id}", env={{"A": "1"}}'))
    forced = stack.up("--replace", urn(stack))
    assert forced.code != 0
    assert "Take adopt_id out of the program first" in forced.output
    assert sdk.get(existing.id).state == "started"


def test_one_that_does_not_exist(stack: Stack, sdk: Daytona) -> None:
    stack.write(program('adopt_id="nowhere"'))
    refused = stack.up()
    assert refused.code != 0
    assert "sandbox 'web': create: there is no nowhere to adopt in this account" in refused.output
    assert list(sdk.list()) == []


def test_get_looks_and_never_touches(stack: Stack, sdk: Daytona, existing: Sandbox) -> None:
    look = """
import pulumi
from evolve_pulumi import Sandbox

box = Sandbox.get("theirs", "{id}")
pulumi.export("name", box.name)
pulumi.export("url", box.preview_url(80))
"""
    stack.write(look.format(id=existing.id))
    stack.up().ok()
    assert stack.outputs()["name"] == "old"
    assert stack.outputs()["url"].startswith(f"http://80-{existing.id}.")
    labels = dict(existing.labels)
    stack.up("--expect-no-changes").ok()
    stack.destroy().ok()
    assert sdk.get(existing.id).labels == labels

    stack.write(look.format(id="nowhere"))
    missing = stack.up()
    assert missing.code != 0
    assert "there is no sandbox nowhere in this account" in missing.output
