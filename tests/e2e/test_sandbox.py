"""The life of a sandbox under the real engine."""

import re

import pytest
from daytona import Daytona, DaytonaError

from tests.cloud import Cloud
from tests.pulumi_engine import Stack

READS = ("GET",)


def program(arguments: str, options: str = "") -> str:
    return f"""
import pulumi
from evolve_pulumi import DaytonaOptions, Sandbox, Timeouts

box = Sandbox("web", opts=pulumi.ResourceOptions({options}), {arguments})
pulumi.export("id", box.id)
pulumi.export("name", box.name)
pulumi.export("urls", box.preview_urls)
pulumi.export("any", box.preview_url(8080))
"""


def changing_calls(cloud: Cloud) -> list[str]:
    """What was asked of the vendor beside looking, without the sandbox's id and the SDK's own socket."""
    calls = [call for call in cloud.calls() if call["method"] not in READS]
    return [f"{call['method']} {call['path'].removeprefix('/daytona/api/sandbox')}" for call in calls]


def test_from_creation_to_nothing_left(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    first = program(
        'labels={"team": "docs"}, env={"A": "1"}, ports=[3000], daytona=DaytonaOptions(auto_stop_minutes=0)'
    )
    stack.write(first)
    assert stack.up().ok().changes == {"created": 2}
    outputs = stack.outputs()
    id, port = outputs["id"], cloud.url.rsplit(":", 1)[1]
    assert outputs["urls"] == {"3000": f"http://3000-{id}.localhost:{port}"}
    assert outputs["any"] == f"http://8080-{id}.localhost:{port}"

    box = sdk.get(id)
    assert (box.name, box.state, box.auto_stop_interval) == (outputs["name"], "started", 0)
    token = box.labels.pop("evolve-create")
    assert len(token) == 16
    assert box.labels == {
        "team": "docs",
        "evolve-project": "tests",
        "evolve-stack": "dev",
        "evolve-resource": "web",
        "code-toolbox-language": "python",
    }
    assert box.process.exec("echo $A").result == "1\n"

    cloud.forget_calls()
    assert stack.up().ok().changes == {"same": 2}
    assert cloud.calls() == []
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 2}
    assert changing_calls(cloud) == []

    in_place = program(
        'labels={"team": "web", "tier": "1"}, env={"A": "1"}, ports=[3000], public=True, '
        "daytona=DaytonaOptions(auto_stop_minutes=5, auto_archive_minutes=0, auto_delete_minutes=60, ttl_minutes=90)"
    )
    stack.write(in_place)
    cloud.forget_calls()
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    assert changing_calls(cloud) == [
        f"PUT /{id}/labels",
        f"POST /{id}/public/true",
        f"POST /{id}/autostop/5",
        f"POST /{id}/autoarchive/0",
        f"POST /{id}/autodelete/60",
        f"POST /{id}/ttl/90",
    ]
    box = sdk.get(id)
    assert (box.public, box.auto_stop_interval, box.auto_archive_interval, box.auto_delete_interval) == (
        True,
        5,
        43200,
        60,
    )
    assert (box.labels["team"], box.labels["tier"], box.labels["evolve-create"]) == ("web", "1", token)
    assert stack.refresh("--expect-no-changes").ok().changes == {"same": 2}
    assert stack.up("--expect-no-changes").ok().changes == {"same": 2}

    back = program('env={"A": "1"}, ports=[3000, 8000], timeouts=Timeouts(create_minutes=2)')
    stack.write(back)
    cloud.forget_calls()
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    assert changing_calls(cloud) == [
        f"PUT /{id}/labels",
        f"POST /{id}/public/false",
        f"POST /{id}/autostop/15",
        f"POST /{id}/autoarchive/10080",
        f"POST /{id}/autodelete/-1",
        f"POST /{id}/ttl/0",
    ]
    assert set(stack.outputs()["urls"]) == {"3000", "8000"}
    assert "team" not in sdk.get(id).labels

    stack.write(program('env={"A": "2"}, ports=[3000]'))
    assert stack.up().ok().changes == {"replaced": 1, "same": 1}
    replaced = stack.outputs()
    assert replaced["id"] != id
    assert replaced["name"] != outputs["name"]
    assert [item.id for item in sdk.list()] == [replaced["id"]]

    assert stack.destroy().ok().changes == {"deleted": 2}
    assert cloud.status()["sandboxes"] == 0


def test_a_change_of_ports_calls_nobody(stack: Stack, cloud: Cloud) -> None:
    stack.write(program("ports=[3000]"))
    stack.up().ok()
    id = stack.outputs()["id"]
    cloud.forget_calls()
    stack.write(program("ports=[3000, 4000]"))
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    assert cloud.calls() == []
    assert (stack.outputs()["id"], set(stack.outputs()["urls"])) == (id, {"3000", "4000"})


def test_what_others_change_is_found_and_put_right(stack: Stack, sdk: Daytona) -> None:
    stack.write(program('labels={"team": "docs"}, daytona=DaytonaOptions(auto_stop_minutes=0)'))
    stack.up().ok()
    id = stack.outputs()["id"]
    box = sdk.get(id)
    box.set_labels({**box.labels, "team": "theirs", "added-by": "others"})
    box.set_autostop_interval(30)

    assert stack.refresh().ok().changes == {"updated": 1, "same": 1}
    preview = stack.preview().ok()
    assert preview.changes == {"updated": 1, "same": 1}
    assert "~daytona,labels" in preview.output
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    box = sdk.get(id)
    assert (box.labels["team"], box.labels["added-by"], box.auto_stop_interval) == ("docs", "others", 0)
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 2}


def test_ignore_changes_leaves_what_others_changed(stack: Stack, sdk: Daytona) -> None:
    stack.write(program('labels={"team": "docs"}', options='ignore_changes=["labels"]'))
    stack.up().ok()
    box = sdk.get(stack.outputs()["id"])
    box.set_labels({**box.labels, "team": "theirs"})
    stack.up("--refresh").ok()
    assert sdk.get(box.id).labels["team"] == "theirs"


def test_replace_on_changes_is_heard(stack: Stack) -> None:
    stack.write(program('labels={"team": "docs"}', options='replace_on_changes=["labels"]'))
    stack.up().ok()
    id = stack.outputs()["id"]
    stack.write(program('labels={"team": "web"}', options='replace_on_changes=["labels"]'))
    assert stack.up().ok().changes == {"replaced": 1, "same": 1}
    assert stack.outputs()["id"] != id


def test_timers_are_expected_unless_a_state_is_declared(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    stack.write(program(""))
    stack.up().ok()
    id = stack.outputs()["id"]
    cloud.advance(minutes=15)
    assert sdk.get(id).state == "stopped"
    assert stack.up("--refresh", "--expect-no-changes").ok()
    cloud.advance(minutes=10080)
    assert stack.up("--refresh", "--expect-no-changes").ok()
    assert sdk.get(id).state == "archived"
    stack.write(program('state="started"'))
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    cloud.advance(minutes=15)
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 1}
    assert sdk.get(id).state == "started"


def test_an_update_that_ends_what_runs_has_to_be_allowed(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    stack.write(program("daytona=DaytonaOptions(cpu=4)"))
    stack.up().ok()
    cloud.forget_calls()
    stack.write(program("daytona=DaytonaOptions(cpu=2)"))
    result = stack.preview()
    assert result.code != 0
    assert "daytona.cpu: changes only while it is stopped, which ends what runs in it" in result.output
    assert "allow_restart=True" in result.output
    assert changing_calls(cloud) == []
    stack.write(program("allow_restart=True, daytona=DaytonaOptions(cpu=2)"))
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    box = sdk.get(stack.outputs()["id"])
    assert (box.cpu, box.state) == (2, "started")


def test_what_the_vendor_gave_up_for_an_error_is_recovered(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    stack.write(program("ports=[3000]"))
    stack.up().ok()
    box = sdk.get(stack.outputs()["id"])
    box.stop()
    root = cloud.folder / "sandboxes" / box.id / "root"
    root.rename(root.with_name("aside"))
    root.touch()
    with pytest.raises(DaytonaError, match="failed to start"):
        box.start()
    result = stack.up("--refresh")
    assert result.code != 0
    assert "sandbox 'web': update: Daytona answered 400" in result.output
    root.unlink()
    root.with_name("aside").rename(root)
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 1}
    assert sdk.get(box.id).state == "started"
    assert stack.up("--refresh", "--expect-no-changes").ok()


@pytest.mark.parametrize(("choice", "state"), [("keep", "started"), ("stop", "stopped"), ("archive", "archived")])
def test_what_is_given_up_stays_without_an_owner(stack: Stack, sdk: Daytona, choice: str, state: str) -> None:
    stack.write(program(f'on_destroy="{choice}", labels={{"team": "docs"}}'))
    stack.up().ok()
    box = sdk.get(stack.outputs()["id"])
    assert stack.destroy().ok().changes == {"deleted": 2}
    box.refresh_data()
    assert box.state == state
    assert box.labels["team"] == "docs"
    assert not {"evolve-project", "evolve-stack", "evolve-resource"} & box.labels.keys()


def test_default_labels_are_stamped_changed_in_place_and_give_way_to_the_programs(stack: Stack, sdk: Daytona) -> None:
    stack.run("config", "set", "--path", "evolve:defaultLabels.cost", "42").ok()
    stack.run("config", "set", "--path", "evolve:defaultLabels.team", "platform").ok()
    stack.write(program('labels={"team": "docs"}'))
    stack.up().ok()
    id = stack.outputs()["id"]
    labels = sdk.get(id).labels
    assert (labels["cost"], labels["team"]) == ("42", "docs")
    assert stack.up("--refresh", "--expect-no-changes").ok()

    stack.run("config", "set", "--path", "evolve:defaultLabels.cost", "43").ok()
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    stack.run("config", "rm", "evolve:defaultLabels").ok()
    assert sdk.get(id).labels["cost"] == "43"
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    assert "cost" not in sdk.get(id).labels


@pytest.mark.usefixtures("at")
def test_a_preview_creates_nothing_and_imports_no_vendor(stack: Stack, cloud: Cloud) -> None:
    """Python itself reports what each process imports."""
    stack.env["PYTHONPROFILEIMPORTTIME"] = "1"
    vendor = re.compile(r"\| +(daytona|e2b)$", re.MULTILINE)
    stack.write(program('labels={"team": "docs"}'))
    preview = stack.preview().ok()
    assert preview.changes == {"created": 2}
    assert not vendor.search(preview.output)
    assert (cloud.calls(), cloud.status()["sandboxes"]) == ([], 0)
    assert vendor.search(stack.up().ok().output)
