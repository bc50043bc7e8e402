"""The whole life of a sandbox at every vendor: one test body, what differs is in `sides`."""

import pytest

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.pulumi_engine import Stack


def program(arguments: str, options: str = "") -> str:
    return f"""
import pulumi
from evolve_pulumi import Sandbox, Timeouts

box = Sandbox("web", opts=pulumi.ResourceOptions({options}), {arguments})
pulumi.export("id", box.id)
pulumi.export("name", box.name)
pulumi.export("urls", box.preview_urls)
pulumi.export("any", box.preview_url(8080))
pulumi.export("cpu", box.resources["cpu"])
"""


def changing(cloud: Cloud) -> list[str]:
    return [call["path"] for call in cloud.calls() if call["method"] != "GET"]


def test_from_creation_to_nothing_left(stack: Stack, cloud: Cloud, at: Side) -> None:
    first, second = at.in_place
    stack.write(program(f'labels={{"team": "docs"}}, env={{"A": "1"}}, ports=[3000], {first}'))
    assert stack.up().ok().changes == {"created": 2}
    outputs = stack.outputs()
    id, port = outputs["id"], cloud.url.rsplit(":", 1)[1]
    assert outputs["urls"] == {"3000": f"http://3000-{id}.localhost:{port}"}
    assert (outputs["any"], outputs["cpu"]) == (f"http://8080-{id}.localhost:{port}", at.cores)
    labels = dict(at.labels(id))
    assert len(labels.pop("evolve-create")) == 16
    assert labels == {
        "team": "docs",
        "evolve-project": "tests",
        "evolve-stack": "dev",
        "evolve-resource": "web",
    }
    assert at.run(id, "echo $A") == "1\n"

    cloud.forget_calls()
    assert stack.up().ok().changes == {"same": 2}
    assert cloud.calls() == []
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 2}
    assert stack.refresh("--expect-no-changes").ok().changes == {"same": 2}
    assert changing(cloud) == []

    stack.write(program(f'labels={{"team": "docs"}}, env={{"A": "1"}}, ports=[3000, 4000], {second}'))
    assert stack.preview().ok().changes == {"updated": 1, "same": 1}
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    assert len(changing(cloud)) == 1
    assert (stack.outputs()["id"], list(stack.outputs()["urls"])) == (id, ["3000", "4000"])
    assert stack.up("--refresh", "--expect-no-changes").ok()

    at.change_outside(id)
    assert stack.refresh().ok().changes == {"updated": 1, "same": 1}
    assert f"~{at.backend}" in stack.preview().ok().output
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    assert stack.up("--refresh", "--expect-no-changes").ok()

    stack.write(program(f'labels={{"team": "docs"}}, env={{"A": "2"}}, ports=[3000], {second}'))
    assert stack.preview().ok().changes == {"replaced": 1, "same": 1}
    assert stack.up().ok().changes == {"replaced": 1, "same": 1}
    replaced = stack.outputs()
    assert replaced["name"] != outputs["name"]
    assert at.ids() == [replaced["id"]] != [id]

    at.delete(replaced["id"])
    assert stack.up("--refresh").ok().changes == {"created": 1, "same": 1}
    assert at.ids() == [stack.outputs()["id"]] != [replaced["id"]]
    assert stack.destroy().ok().changes == {"deleted": 2}
    assert cloud.status()["sandboxes"] == 0


@pytest.mark.parametrize("arguments", ["", 'name="mine"'], ids=["automatic name", "explicit name"])
def test_a_forced_replacement(stack: Stack, at: Side, arguments: str) -> None:
    stack.write(program(arguments))
    stack.up().ok()
    id = stack.outputs()["id"]
    urn = next(item["urn"] for item in stack.export()["resources"] if item["type"].endswith("evolve:Sandbox"))
    assert stack.up("--replace", urn).ok().changes == {"replaced": 1, "same": 1}
    assert at.ids() == [stack.outputs()["id"]] != [id]


def test_what_was_deleted_outside_is_no_obstacle_to_destroying(stack: Stack, at: Side) -> None:
    stack.write(program(""))
    stack.up().ok()
    at.delete(stack.outputs()["id"])
    stack.destroy().ok()
    assert at.ids() == []


def test_a_declared_state_is_kept_and_brought_back(stack: Stack, at: Side) -> None:
    asleep = "stopped" if at.sleep_ends_processes else "paused"
    stack.write(program(f'state="{asleep}"'))
    assert stack.up().ok().changes == {"created": 2}
    id = stack.outputs()["id"]
    assert at.state(id) == asleep
    at.wake(id)
    assert "~state" in stack.preview("--refresh").ok().output
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 1}
    assert at.state(id) == asleep
    stack.write(program('state="started"'))
    stack.up().ok()
    at.put_to_sleep(id)
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 1}
    assert at.state(id) == "started"


def test_a_sandbox_that_sleeps_by_its_timer_is_not_woken_and_not_drift(stack: Stack, cloud: Cloud, at: Side) -> None:
    stack.write(program(""))
    stack.up().ok()
    id = stack.outputs()["id"]
    cloud.advance(minutes=60)
    asleep = at.state(id)
    assert asleep in ("stopped", "paused")
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 2}
    assert at.state(id) == asleep
    stack.destroy().ok()
    assert cloud.status()["sandboxes"] == 0


def test_one_that_takes_too_long_is_given_up_and_undone(stack: Stack, cloud: Cloud, at: Side) -> None:
    cloud.inject(method="POST", path=at.create_path, delay_seconds=6)
    stack.write(program("timeouts=Timeouts(create_minutes=0.05)"))
    result = stack.up()
    assert result.code != 0
    assert "sandbox 'web': create: " in result.output
    assert "Traceback" not in result.output
    assert "that was made is deleted again" in result.output
    assert cloud.status()["sandboxes"] == 0


def test_as_many_are_made_at_once_as_the_engine_asks_for(stack: Stack, cloud: Cloud, at: Side) -> None:
    """The SDK's provider process has four threads."""
    cloud.inject(method="POST", path=at.create_path, delay_seconds=3)
    stack.write("from evolve_pulumi import Sandbox\n\nfor number in range(10):\n    Sandbox(f'web-{number}')\n")
    assert stack.up("--parallel", "16").ok().changes == {"created": 11}
    assert cloud.peak_concurrent() == 10
