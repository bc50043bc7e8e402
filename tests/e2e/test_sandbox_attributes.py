"""Every attribute of a sandbox: made with one value, changed to another, taken out of the program.

The expected calls are written down from Daytona's API, not from the table that they test. All sandboxes go through the
same few commands of the real engine; what came of each is asserted apart.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evolve_pulumi.lifecycle.kinds import KINDS
from tests.cloud import Cloud, running_cloud
from tests.pulumi_engine import Result, Stack

PROGRAM = """
import json, pathlib, pulumi
from evolve_pulumi import Sandbox

for name, arguments in json.loads(pathlib.Path("declared.json").read_text()).items():
    pulumi.export(name, Sandbox(name, **arguments).id)
"""

REPLACED = None
"""Instead of calls: another sandbox takes its place."""
NOT_HERE = {
    "adopt_id": "it takes a sandbox that exists: test_adoption.py",
    "volumes": "a volume has to be made first: test_volume.py",
    "daytona.spot": "the local cloud has no capacity to sell",
    "daytona.linked_sandbox": "the local cloud links nothing",
    "daytona.auto_pause_minutes": "the local cloud cannot pause yet",
}


@dataclass(frozen=True)
class Case:
    """What a change of one attribute asks of Daytona: calls below `/sandbox/<id>`, or REPLACED."""

    first: Any
    second: Any
    changed: list[str] | None
    removed: list[str] | None


CASES = {
    "name": Case("first", "second", REPLACED, []),
    "snapshot": Case("daytona-small", "daytona-small", [], []),
    "env": Case({"A": "1"}, {"A": "2"}, REPLACED, REPLACED),
    "labels": Case({"a": "1"}, {"a": "2", "b": "3"}, ["PUT labels"], ["PUT labels"]),
    "public": Case(True, False, ["POST public/false"], []),
    "ports": Case([3000], [3000, 4000], [], []),
    "state": Case("stopped", "started", ["POST start"], []),
    "on_destroy": Case("keep", "delete", [], []),
    "timeouts": Case({"create_minutes": 3}, {"create_minutes": 4}, [], []),
    "daytona.language": Case("typescript", "javascript", REPLACED, REPLACED),
    "daytona.os_user": Case("daytona", "root", REPLACED, REPLACED),
    "daytona.region": Case("eu", "us", REPLACED, []),
    "daytona.queue_timeout_minutes": Case(5, 6, [], []),
    "daytona.outbound_proxy_url": Case("http://a.example", "http://b.example", REPLACED, []),
    "daytona.network_block_all": Case(True, False, ["POST network-settings"], []),
    "daytona.network_allow_list": Case(
        ["10.0.0.0/8"], ["10.0.0.0/8", "192.168.0.0/16"], ["POST network-settings"], ["POST network-settings"]
    ),
    "daytona.domain_allow_list": Case(
        ["a.example"], ["b.example"], ["POST network-settings"], ["POST network-settings"]
    ),
    "daytona.auto_stop_minutes": Case(0, 30, ["POST autostop/30"], ["POST autostop/15"]),
    "daytona.auto_archive_minutes": Case(60, 0, ["POST autoarchive/0"], ["POST autoarchive/10080"]),
    "daytona.auto_delete_minutes": Case(60, 30, ["POST autodelete/30"], ["POST autodelete/-1"]),
    "daytona.ttl_minutes": Case(60, 90, ["POST ttl/90"], ["POST ttl/0"]),
}


@dataclass
class Step:
    """One `up` over all sandboxes."""

    ids: dict[str, str]
    calls: list[dict[str, Any]]

    def asked_of(self, name: str) -> list[str]:
        """The changing calls on one sandbox."""
        root = f"/daytona/api/sandbox/{self.ids[name]}/"
        return [
            f"{call['method']} {call['path'].removeprefix(root)}"
            for call in self.calls
            if call["path"].startswith(root) and call["method"] != "GET"
        ]


@dataclass
class Journey:
    """All commands, and what they said and did."""

    created: Step
    changed: Step
    removed: Step
    quiet: dict[str, Result]


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    with running_cloud() as (_, cloud):
        folder = tmp_path_factory.mktemp("attributes")
        stack = Stack(folder, PROGRAM, env={"EVOLVE_LOCAL_FOLDER": str(cloud.folder)})
        stack.config_set("evolve:local", "true")
        quiet: dict[str, Result] = {}
        created = _up(stack, cloud, {name: _arguments(name, case.first) for name, case in CASES.items()})
        quiet["created"] = stack.up("--refresh", "--expect-no-changes")
        changed = _up(stack, cloud, {name: _arguments(name, case.second) for name, case in CASES.items()})
        quiet["changed"] = stack.up("--refresh", "--expect-no-changes")
        removed = _up(stack, cloud, {name: {} for name in CASES})
        quiet["removed"] = stack.up("--refresh", "--expect-no-changes")
        yield Journey(created, changed, removed, quiet)
        stack.destroy().ok()
        assert cloud.status()["sandboxes"] == 0


def _arguments(path: str, value: Any) -> dict[str, Any]:
    *groups, name = path.split(".")
    return {groups[0]: {name: value}} if groups else {name: value}


def _up(stack: Stack, cloud: Cloud, declared: dict[str, Any]) -> Step:
    resources = {name.replace(".", "-"): arguments for name, arguments in declared.items()}
    Path(stack.folder, "declared.json").write_text(json.dumps(resources))
    cloud.forget_calls()
    stack.up().ok()
    outputs = stack.outputs()
    return Step({name: outputs[name.replace(".", "-")] for name in declared}, cloud.calls())


def _assert_asked(before: Step, after: Step, name: str, expected: list[str] | None) -> None:
    if expected is REPLACED:
        assert after.ids[name] != before.ids[name]
    else:
        assert (after.ids[name], after.asked_of(name)) == (before.ids[name], expected)


@pytest.mark.parametrize("name", CASES)
def test_a_change_of(name: str, journey: Journey) -> None:
    _assert_asked(journey.created, journey.changed, name, CASES[name].changed)


@pytest.mark.parametrize("name", CASES)
def test_taking_out(name: str, journey: Journey) -> None:
    _assert_asked(journey.changed, journey.removed, name, CASES[name].removed)


@pytest.mark.parametrize("step", ["created", "changed", "removed"])
def test_nothing_drifts_by_itself_once(step: str, journey: Journey) -> None:
    assert journey.quiet[step].ok()


def test_every_attribute_has_its_case_or_a_reason() -> None:
    managed = {"connection", "owner", "default_labels"}
    declared = {entry.dotted for entry in KINDS["sandbox"].table("daytona").entries} - managed
    assert declared == CASES.keys() | NOT_HERE.keys()
