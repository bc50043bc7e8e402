"""The life of a volume under the real engine."""

import re

from daytona import Daytona

from tests.cloud import Cloud
from tests.pulumi_engine import Stack
from tests.waiting import until


def program(volume: str = "allow_data_loss=True", sandbox: str = "") -> str:
    return f"""
import pulumi
from evolve_pulumi import Sandbox, Volume, VolumeMount

data = Volume("data", {volume})
pulumi.export("id", data.id)
pulumi.export("name", data.name)
{sandbox}
"""


def mounted(env: str) -> str:
    return f"""
box = Sandbox("web", env={{"A": "{env}"}}, volumes=[VolumeMount(volume_id=data.id, mount_path="/data")])
pulumi.export("box", box.id)
"""


def test_from_creation_to_nothing_left(stack: Stack, sdk: Daytona) -> None:
    stack.write(program())
    assert stack.up().ok().changes == {"created": 2}
    outputs = stack.outputs()
    volume = sdk.volume.get(outputs["name"])
    assert (volume.id, volume.state) == (outputs["id"], "ready")
    assert re.fullmatch(r"tests-dev-data-[0-9a-f]{12}", volume.name)
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 2}

    sdk.volume.delete(volume)
    assert stack.up("--refresh").ok().changes == {"created": 1, "same": 1}
    assert stack.outputs()["id"] != outputs["id"]
    stack.destroy().ok()
    assert sdk.volume.list() == []


def test_its_data_outlives_the_sandboxes_that_mount_it(stack: Stack, sdk: Daytona) -> None:
    stack.write(program(sandbox=mounted("1")))
    stack.up().ok()
    first = stack.outputs()
    sdk.get(first["box"]).process.exec("echo kept > /data/file")
    assert stack.up("--refresh", "--expect-no-changes").ok()

    stack.write(program(sandbox=mounted("2")))
    assert stack.up().ok().changes == {"replaced": 1, "same": 2}
    second = stack.outputs()
    assert second["box"] != first["box"]
    assert sdk.get(second["box"]).process.exec("cat /data/file").result == "kept\n"
    stack.destroy().ok()
    assert sdk.volume.list() == []


def test_data_is_only_lost_where_that_is_allowed(stack: Stack, sdk: Daytona) -> None:
    stack.write(program(volume='name="first"'))
    stack.up().ok()
    stack.write(program(volume='name="second"'))
    refused = stack.preview()
    assert refused.code != 0
    assert "volume 'data': replace: this would delete what is in the volume" in refused.output
    assert "set allow_data_loss=True, run `pulumi up`, and try again" in refused.output
    stack.write(program(volume='name="first"'))
    urn = next(item["urn"] for item in stack.export()["resources"] if item["type"].endswith("evolve:Volume"))
    for destructive in (stack.destroy(), stack.up("--replace", urn)):
        assert destructive.code != 0
        assert "this would delete what is in the volume" in destructive.output
    assert sdk.volume.get("first").state == "ready"

    stack.write(program(volume='name="first", allow_data_loss=True'))
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    stack.write(program(volume='name="second", allow_data_loss=True'))
    assert stack.up().ok().changes == {"replaced": 1, "same": 1}
    assert [volume.name for volume in sdk.volume.list()] == ["second"]
    stack.destroy().ok()


def test_one_that_exists_is_taken_over_and_given_up_as_long_as_adopt_id_names_it(stack: Stack, sdk: Daytona) -> None:
    other = sdk.volume.create("theirs")
    until(lambda: sdk.volume.get("theirs").state == "ready")
    stack.write(program(volume=f'adopt_id="{other.id}"'))
    assert stack.up().ok().changes == {"created": 2}
    assert stack.outputs() == {"id": other.id, "name": "theirs"}
    assert stack.up("--refresh", "--expect-no-changes").ok()
    urn = next(item["urn"] for item in stack.export()["resources"] if item["type"].endswith("evolve:Volume"))
    assert stack.up("--replace", urn).ok().changes == {"replaced": 1, "same": 1}
    stack.destroy().ok()
    assert [volume.id for volume in sdk.volume.list()] == [other.id]

    stack.write(program(volume=f'adopt_id="{other.id}", name="other"'))
    refused = stack.up()
    assert refused.code != 0
    assert f"{other.id} cannot be adopted, since it was created with another value of name" in refused.output
    stack.write(program(volume=f'adopt_id="{other.id}"'))
    stack.up().ok()
    stack.write(program())
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    stack.destroy().ok()
    assert sdk.volume.list() == []


def test_get_looks_and_never_touches(stack: Stack, sdk: Daytona) -> None:
    other = sdk.volume.create("theirs")
    stack.write(
        f"""
import pulumi
from evolve_pulumi import Volume

pulumi.export("name", Volume.get("data", "{other.id}").name)
"""
    )
    stack.up().ok()
    assert stack.outputs() == {"name": "theirs"}
    stack.destroy().ok()
    assert [volume.id for volume in sdk.volume.list()] == [other.id]


def test_a_name_that_is_taken_stays_its_owners(stack: Stack, sdk: Daytona) -> None:
    other = sdk.volume.create("taken")
    stack.write(program(volume='name="taken"'))
    result = stack.up()
    assert result.code != 0
    assert "volume 'data': create: Daytona answered 400" in result.output
    assert "leave it out for an automatic one" in result.output
    assert [volume.id for volume in sdk.volume.list()] == [other.id]


def test_a_volume_that_does_not_exist_cannot_be_mounted(stack: Stack, cloud: Cloud) -> None:
    mount = 'Sandbox("web", volumes=[{"volume_id": "nowhere", "mount_path": "/data"}])'
    stack.write(program(sandbox=mount))
    result = stack.up()
    assert result.code != 0
    assert "sandbox 'web': create: Daytona answered 404" in result.output
    assert cloud.status()["sandboxes"] == 0


def test_bad_mounts_are_refused_at_preview(stack: Stack) -> None:
    stack.write(program(sandbox='Sandbox("web", volumes=[{"volume_id": "v", "mount_path": "data"}])'))
    result = stack.preview()
    assert "volumes.0.mount_path: String should match pattern '^/.'" in result.output
