"""Every attribute of a sandbox: made with one value, changed to another, taken out of the program.

One test body for both vendors; what differs is in the expectations, which are written down from each vendor's API. All
sandboxes go through the same few commands of the real engine; what came of each is asserted apart.
"""

import copy
import functools
import json
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from daytona import Daytona, DaytonaConfig

from evolve_pulumi.lifecycle.kinds import KINDS
from tests.cloud import Cloud, running_cloud
from tests.e2e.attributes import daytona, e2b
from tests.e2e.attributes.case import REPLACED, Case
from tests.local.e2b.client import client_of
from tests.pulumi_engine import Result, Stack

PROGRAM = """
import json, pathlib, pulumi
from evolve_pulumi import Sandbox

for name, arguments in json.loads(pathlib.Path("declared.json").read_text()).items():
    pulumi.export(name, Sandbox(name, **arguments).id)
"""

NOTHING = object()
NEVER_DECLARED = {"connection", "owner", "default_labels", "errored"}
EXPECTATIONS = {"daytona": daytona, "e2b": e2b}
ROOTS = {"daytona": ("/daytona/api/sandbox/{id}/",), "e2b": ("/e2b/api/sandboxes/{id}/", "/e2b/api/v2/sandboxes/{id}/")}
"""Where the calls on one sandbox are."""
EVERY = [(backend, name) for backend, expected in EXPECTATIONS.items() for name in expected.CASES]


@dataclass
class Step:
    """One `up` over all sandboxes."""

    ids: dict[str, str]
    calls: list[dict[str, Any]]

    def asked_of(self, backend: str, name: str) -> list[str]:
        """The changing calls on one sandbox."""
        roots = [root.format(id=self.ids[name]) for root in ROOTS[backend]]
        return [
            f"{call['method']} {call['path'].removeprefix(root)}"
            for call in self.calls
            for root in roots
            if call["path"].startswith(root) and call["method"] != "GET"
        ]


@dataclass
class Journey:
    """All commands, and what they said and did."""

    created: Step
    changed: Step
    removed: Step
    quiet: dict[str, Result]


def _existing(backend: str, cloud: Cloud) -> dict[str, str]:
    """What has to be there before: sandboxes to link to, a template; by the placeholder of its id or name."""
    if backend == "daytona":
        sdk = Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url))
        return {"$FIRST": sdk.create().id, "$SECOND": sdk.create().id}
    sdk = client_of(cloud)
    sdk.Template.build(sdk.Template().from_base_image().run_cmd("true"), "other")
    return {"$TEMPLATE": "other"}


def _travel(backend: str, folder: Path) -> Generator[Journey]:
    cases = EXPECTATIONS[backend].CASES
    with running_cloud() as (_, cloud):
        placeholders = _existing(backend, cloud)
        before = cloud.status()["sandboxes"]
        stack = Stack(folder, PROGRAM, env={"EVOLVE_LOCAL_FOLDER": str(cloud.folder)})
        stack.config_set("evolve:local", "true")
        stack.config_set("evolve:backend", backend)
        quiet: dict[str, Result] = {}

        def up(step: str, values: dict[str, Any]) -> Step:
            declared = {name: _arguments(name, values.get(name, NOTHING), case) for name, case in cases.items()}
            text = json.dumps({_resource(name): arguments for name, arguments in declared.items()})
            for placeholder, there in placeholders.items():
                text = text.replace(placeholder, there)
            (stack.folder / "declared.json").write_text(text)
            cloud.forget_calls()
            stack.up().ok()
            outputs, calls = stack.outputs(), cloud.calls()
            quiet[step] = stack.up("--refresh", "--expect-no-changes")
            return Step({name: outputs[_resource(name)] for name in cases}, calls)

        created = up("created", {name: case.first for name, case in cases.items()})
        changed = up("changed", {name: case.second for name, case in cases.items()})
        removed = up("removed", {})
        yield Journey(created, changed, removed, quiet)
        stack.destroy().ok()
        assert cloud.status()["sandboxes"] == before


@pytest.fixture(scope="module")
def journeys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Journey]]:
    """The journey at a vendor, made when it is first asked for."""
    with ExitStack() as ends:

        @functools.cache
        def at(backend: str) -> Journey:
            folder = tmp_path_factory.mktemp(f"attributes-{backend}")
            return ends.enter_context(contextmanager(_travel)(backend, folder))

        yield at


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


def _assert_asked(before: Step, after: Step, backend: str, name: str, expected: list[str] | None) -> None:
    if expected is REPLACED:
        assert after.ids[name] != before.ids[name]
    else:
        assert (after.ids[name], after.asked_of(backend, name)) == (before.ids[name], expected)


@pytest.mark.parametrize(("backend", "name"), EVERY)
def test_a_change_of(backend: str, name: str, journeys: Callable[[str], Journey]) -> None:
    journey = journeys(backend)
    _assert_asked(journey.created, journey.changed, backend, name, EXPECTATIONS[backend].CASES[name].changed)


@pytest.mark.parametrize(("backend", "name"), EVERY)
def test_taking_out(backend: str, name: str, journeys: Callable[[str], Journey]) -> None:
    journey = journeys(backend)
    _assert_asked(journey.changed, journey.removed, backend, name, EXPECTATIONS[backend].CASES[name].removed)


@pytest.mark.parametrize("backend", EXPECTATIONS)
@pytest.mark.parametrize("step", ["created", "changed", "removed"])
def test_nothing_drifts_by_itself_once(backend: str, step: str, journeys: Callable[[str], Journey]) -> None:
    assert journeys(backend).quiet[step].ok()


@pytest.mark.parametrize("backend", EXPECTATIONS)
def test_every_attribute_has_its_case_or_a_reason(backend: str) -> None:
    expected = EXPECTATIONS[backend]
    declared = {entry.dotted for entry in KINDS["sandbox"].table(backend).entries} - NEVER_DECLARED
    of_cases = {name for name in expected.CASES if " " not in name}
    assert declared == of_cases | expected.NOT_HERE.keys()
