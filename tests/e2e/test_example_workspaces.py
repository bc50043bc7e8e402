"""The example with a fleet of workspaces: each has its own agent, and its memory outlives what it is used with."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cloud import Cloud
from tests.e2e.evolve_command import Environments
from tests.e2e.sides import SIDES, Side
from tests.waiting import until

EXAMPLE = Path(__file__).parents[2] / "examples" / "workspaces"


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest, cloud: Cloud) -> Side:
    return SIDES[request.param](cloud)


def test_two_of_a_fleet(tmp_path: Path, cloud: Cloud, side: Side) -> None:
    environments, where = Environments(tmp_path, cloud), ("--local", "--backend", side.backend)
    fleet = shutil.copytree(EXAMPLE, tmp_path / "workspaces")

    def up(name: str) -> None:
        environments.run("up", str(fleet / f"{name}.yaml"), "-e", name, *where).ok()

    def ask(number: int) -> Any:
        return json.loads(side.run(side.ids()[number], "curl -s localhost:4000/"))

    up("alice")
    up("bob")
    assert environments.stacks() == ["workspaces/alice", "workspaces/bob"]
    assert [(ask(number)["agent"], ask(number)["focus"]) for number in (0, 1)] == [
        ("alice", "tests"),
        ("bob", "documents"),
    ]
    side.run(side.ids()[0], "curl -s localhost:4000/tasks --data 'look at it'")
    until(lambda: ask(0)["memory"])

    text = (fleet / "alice.yaml").read_text()
    (fleet / "alice.yaml").write_text(
        text.replace("FOCUS: tests", "FOCUS: security").replace("Find what", "Break what")
    )
    up("alice")
    alice = ask(1)
    assert (alice["focus"], alice["brief"][:10]) == ("security", "Break what")
    assert alice["memory"] == [{"task": "look at it", "by": "alice", "words": 3}]
    assert ask(0)["memory"] == []
