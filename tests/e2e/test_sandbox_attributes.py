"""Every attribute of a sandbox: made with one value, changed to another, taken out of the program.

The expected calls are written down from Daytona's API, not from the table that they test. All sandboxes go through the
same few commands of the real engine; what came of each is asserted apart.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from daytona import Daytona, DaytonaConfig

from evolve_pulumi.lifecycle.kinds import KINDS
from tests.cloud import running_cloud
from tests.pulumi_engine import Result, Stack

PROGRAM = """
import json, pathlib, pulumi
from evolve_pulumi import Sandbox

for name, arguments in json.loads(pathlib.Path("declared.json").read_text()).items():
    pulumi.export(name, Sandbox(name, **arguments).id)
"""

NOTHING = object()
REPLACED = None
"""Instead of calls: another sandbox takes its place."""
NOT_HERE = {
    "adopt_id": "it takes a sandbox that exists: test_adoption.py",
    "volumes": "a volume has to be made first: test_volume.py",
}
NEVER_DECLARED = {"connection", "owner", "default_labels", "errored"}


@dataclass(frozen=True)
class Case:
    """What a change of one attribute asks of Daytona: calls below `/sandbox/<id>`, or REPLACED.

    `beside` are arguments that never change.
    """

    first: Any
    second: Any
    changed: list[str] | None
    removed: list[str] | None
    beside: dict[str, Any] = field(default_factory=dict[str, Any])


RESTART = ["POST stop", "POST resize", "POST start"]
FROM = "FROM evolve/local:1\n"
CAN_PAUSE = {"snapshot": "daytona-vm-small", "daytona": {"auto_stop_minutes": 0}}
CASES = {
    "name": Case("first", "second", REPLACED, []),
    "snapshot": Case("daytona-small", "daytona-vm-small", REPLACED, []),
    "env": Case({"A": "1"}, {"A": "2"}, REPLACED, REPLACED),
    "labels": Case({"a": "1"}, {"a": "2", "b": "3"}, ["PUT labels"], ["PUT labels"]),
    "public": Case(True, False, ["POST public/false"], []),
    "ports": Case([3000], [3000, 4000], [], []),
    "state": Case("stopped", "started", ["POST start"], []),
    "state from started to stopped": Case("started", "stopped", ["POST stop"], []),
    "state from started to archived": Case("started", "archived", ["POST stop", "POST archive"], []),
    "state from archived to stopped": Case("archived", "stopped", ["POST start", "POST stop"], []),
    "state from started to paused": Case("started", "paused", ["POST pause"], [], CAN_PAUSE),
    "state from paused to started": Case("paused", "started", ["POST start"], [], CAN_PAUSE),
    "allow_restart": Case(True, False, [], []),
    "on_destroy": Case("keep", "delete", [], []),
    "timeouts": Case({"create_minutes": 3}, {"create_minutes": 4}, [], []),
    "daytona.language": Case("typescript", "javascript", REPLACED, REPLACED),
    "daytona.os_user": Case("daytona", "root", REPLACED, REPLACED),
    "daytona.region": Case("eu", "us", REPLACED, []),
    "daytona.spot": Case(True, False, REPLACED, []),
    "daytona.linked_sandbox": Case("$FIRST", "$SECOND", REPLACED, []),
    "daytona.image": Case("evolve/local:1", "evolve/local:1", [], []),
    "daytona.dockerfile": Case(f"{FROM}RUN echo 1 > one\n", f"{FROM}RUN echo 2 > two\n", REPLACED, []),
    "daytona from an image to a build": Case({"image": "evolve/local:1"}, {"dockerfile": FROM}, REPLACED, []),
    "daytona.cpu of a build": Case(2, 4, ["POST resize"], [], {"daytona": {"image": "evolve/local:1"}}),
    "daytona.gpu": Case(1, 2, REPLACED, [], {"daytona": {"image": "evolve/local:1", "ephemeral": True}}),
    "daytona.gpu_type": Case(
        ["H100"], ["H200"], REPLACED, [], {"daytona": {"image": "evolve/local:1", "gpu": 1, "ephemeral": True}}
    ),
    "daytona.cpu": Case(2, 4, ["POST resize"], []),
    "daytona.memory_gb": Case(4, 2, RESTART, [], {"allow_restart": True}),
    "daytona.disk_gb": Case(5, 8, RESTART, [], {"allow_restart": True}),
    "daytona.disk_gb that shrinks": Case(8, 5, REPLACED, []),
    "daytona.cpu of a stopped one": Case(4, 2, ["POST resize"], [], {"state": "stopped"}),
    "daytona.cpu of an ephemeral one": Case(4, 2, REPLACED, [], {"daytona": {"ephemeral": True}}),
    "daytona of several sizes": Case(
        {"cpu": 2, "disk_gb": 4}, {"cpu": 1, "memory_gb": 2, "disk_gb": 6}, RESTART, [], {"allow_restart": True}
    ),
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
    "daytona.auto_pause_minutes": Case(30, 60, ["POST autopause/60"], ["POST autopause/0"], CAN_PAUSE),
    "daytona from stopping to pausing": Case(
        {"auto_stop_minutes": 30},
        {"auto_stop_minutes": 0, "auto_pause_minutes": 30},
        ["POST autostop/0", "POST autopause/30"],
        ["POST autopause/0", "POST autostop/15"],
        {"snapshot": "daytona-vm-small"},
    ),
    "daytona.auto_archive_minutes": Case(60, 0, ["POST autoarchive/0"], ["POST autoarchive/10080"]),
    "daytona.auto_delete_minutes": Case(60, 30, ["POST autodelete/30"], ["POST autodelete/-1"]),
    "daytona.ephemeral": Case(True, False, ["POST autodelete/-1"], []),
    "daytona from deleting at the end to a name for it": Case(
        {"auto_delete_minutes": 0}, {"ephemeral": True}, ["POST autodelete/0"], ["POST autodelete/-1"]
    ),
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
        sdk = Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url))
        links = [sdk.create() for _ in range(2)]
        folder = tmp_path_factory.mktemp("attributes")
        stack = Stack(folder, PROGRAM, env={"EVOLVE_LOCAL_FOLDER": str(cloud.folder)})
        stack.config_set("evolve:local", "true")
        ids = {"$FIRST": links[0].id, "$SECOND": links[1].id}
        quiet: dict[str, Result] = {}

        def up(step: str, values: dict[str, Any]) -> Step:
            declared = {name: _arguments(name, values.get(name, NOTHING), case) for name, case in CASES.items()}
            text = json.dumps({_resource(name): arguments for name, arguments in declared.items()})
            for placeholder, id in ids.items():
                text = text.replace(placeholder, id)
            (stack.folder / "declared.json").write_text(text)
            cloud.forget_calls()
            stack.up().ok()
            outputs, calls = stack.outputs(), cloud.calls()
            quiet[step] = stack.up("--refresh", "--expect-no-changes")
            return Step({name: outputs[_resource(name)] for name in CASES}, calls)

        created = up("created", {name: case.first for name, case in CASES.items()})
        changed = up("changed", {name: case.second for name, case in CASES.items()})
        removed = up("removed", {})
        yield Journey(created, changed, removed, quiet)
        stack.destroy().ok()
        assert cloud.status()["sandboxes"] == len(links)


def _resource(name: str) -> str:
    return name.replace(".", "-").replace(" ", "-")


def _arguments(name: str, value: Any, case: Case) -> dict[str, Any]:
    """The arguments of the case's sandbox, with a value at the path that its name begins with."""
    arguments = copy.deepcopy(case.beside)
    *groups, last = name.split(" ")[0].split(".")
    target = arguments.setdefault(groups[0], {}) if groups else arguments
    if value is not NOTHING:
        target[last] = {**target.get(last, {}), **value} if isinstance(value, dict) else value
    return arguments


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
    declared = {entry.dotted for entry in KINDS["sandbox"].table("daytona").entries} - NEVER_DECLARED
    of_cases = {name for name in CASES if " " not in name}
    assert declared == of_cases | NOT_HERE.keys()
