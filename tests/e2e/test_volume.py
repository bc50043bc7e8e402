"""The life of a volume under the real engine, at every vendor."""

import re

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.pulumi_engine import Stack


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


def test_from_creation_to_nothing_left(stack: Stack, at: Side) -> None:
    stack.write(program())
    assert stack.up().ok().changes == {"created": 2}
    outputs = stack.outputs()
    assert at.volumes() == {outputs["id"]: outputs["name"]}
    assert re.fullmatch(r"tests-dev-data-[0-9a-f]{12}", outputs["name"])
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 2}

    at.delete_volume(outputs["id"])
    assert stack.up("--refresh").ok().changes == {"created": 1, "same": 1}
    assert stack.outputs()["id"] != outputs["id"]
    stack.destroy().ok()
    assert at.volumes() == {}


def test_its_data_outlives_the_sandboxes_that_mount_it(stack: Stack, at: Side) -> None:
    stack.write(program(sandbox=mounted("1")))
    stack.up().ok()
    first = stack.outputs()
    at.run(first["box"], "echo kept > /data/file")
    assert stack.up("--refresh", "--expect-no-changes").ok()

    stack.write(program(sandbox=mounted("2")))
    assert stack.up().ok().changes == {"replaced": 1, "same": 2}
    second = stack.outputs()
    assert second["box"] != first["box"]
    assert at.run(second["box"], "cat /data/file") == "kept\n"
    stack.destroy().ok()
    assert at.volumes() == {}


def test_data_is_only_lost_where_that_is_allowed(stack: Stack, at: Side) -> None:
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
    assert list(at.volumes().values()) == ["first"]

    stack.write(program(volume='name="first", allow_data_loss=True'))
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    stack.write(program(volume='name="second", allow_data_loss=True'))
    assert stack.up().ok().changes == {"replaced": 1, "same": 1}
    assert list(at.volumes().values()) == ["second"]
    stack.destroy().ok()


def test_one_that_exists_is_taken_over_and_given_up_as_long_as_adopt_id_names_it(stack: Stack, at: Side) -> None:
    other = at.make_volume("theirs")
    stack.write(program(volume=f'adopt_id="{other}"'))
    assert stack.up().ok().changes == {"created": 2}
    assert stack.outputs() == {"id": other, "name": "theirs"}
    assert stack.up("--refresh", "--expect-no-changes").ok()
    urn = next(item["urn"] for item in stack.export()["resources"] if item["type"].endswith("evolve:Volume"))
    assert stack.up("--replace", urn).ok().changes == {"replaced": 1, "same": 1}
    stack.destroy().ok()
    assert list(at.volumes()) == [other]

    stack.write(program(volume=f'adopt_id="{other}", name="other"'))
    refused = stack.up()
    assert refused.code != 0
    assert f"{other} cannot be adopted, since it was created with another value of name" in refused.output
    stack.write(program(volume=f'adopt_id="{other}"'))
    stack.up().ok()
    stack.write(program())
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    stack.destroy().ok()
    assert at.volumes() == {}


def test_get_looks_and_never_touches(stack: Stack, at: Side) -> None:
    other = at.make_volume("theirs")
    stack.write(
        f"""
import pulumi
from evolve_pulumi import Volume

pulumi.export("name", Volume.get("data", "{other}").name)
"""
    )
    stack.up().ok()
    assert stack.outputs() == {"name": "theirs"}
    stack.destroy().ok()
    assert list(at.volumes()) == [other]


def test_a_name_that_is_taken_stays_its_owners(stack: Stack, at: Side) -> None:
    other = at.make_volume("taken")
    stack.write(program(volume='name="taken"'))
    result = stack.up()
    assert result.code != 0
    assert re.search(r"volume 'data': create: \w+ answered 400", result.output)
    assert "leave it out for an automatic one" in result.output
    assert list(at.volumes()) == [other]


def test_a_volume_that_does_not_exist_cannot_be_mounted(stack: Stack, cloud: Cloud, at: Side) -> None:
    nowhere = "00000000-0000-4000-8000-00000000dead"
    mount = f'Sandbox("web", volumes=[{{"volume_id": "{nowhere}", "mount_path": "/data"}}])'
    stack.write(program(sandbox=mount))
    result = stack.up()
    assert result.code != 0
    assert "sandbox 'web': create: " in result.output
    assert "404" in result.output
    assert (at.ids(), cloud.status()["sandboxes"]) == ([], 0)


def test_bad_mounts_are_refused_at_preview(stack: Stack) -> None:
    stack.write(program(sandbox='Sandbox("web", volumes=[{"volume_id": "v", "mount_path": "data"}])'))
    result = stack.preview()
    assert "volumes.0.mount_path: String should match pattern '^/.'" in result.output
