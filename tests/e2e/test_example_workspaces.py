"""The example with a fleet of workspaces: each has its own agent, and its memory outlives what it is used with."""

import json
import shutil
from pathlib import Path
from typing import Any

from tests.cloud import Cloud
from tests.e2e.evolve_command import Environments
from tests.e2e.sides import Side
from tests.waiting import until

EXAMPLE = Path(__file__).parents[2] / "examples" / "workspaces"


def test_a_fleet(tmp_path: Path, cloud: Cloud, side: Side) -> None:
    environments = Environments(tmp_path, cloud)
    fleet = shutil.copytree(EXAMPLE, tmp_path / "workspaces")

    def reconcile() -> Any:
        where = ("--local", "--backend", side.backend, "--json")
        return environments.run("reconcile", str(fleet), *where).ok().end["environments"]

    def desks() -> dict[str, Any]:
        """Each agent by its name, and its sandbox."""
        found = {id: json.loads(side.run(id, "curl -s localhost:4000/")) for id in side.ids()}
        return {desk["agent"]: {**desk, "id": id} for id, desk in found.items()}

    assert [words.partition(":")[0] for words in reconcile().values()] == ["Added"] * 3
    assert {name: desk["focus"] for name, desk in desks().items()} == {
        "alice": "tests",
        "bob": "documents",
        "carol": "performance",
    }
    side.run(desks()["alice"]["id"], "curl -s localhost:4000/tasks --data 'look at it'")
    until(lambda: desks()["alice"]["memory"])

    text = (fleet / "alice.yaml").read_text()
    (fleet / "alice.yaml").write_text(
        text.replace("FOCUS: tests", "FOCUS: security").replace("Find what", "Break what")
    )
    (fleet / "carol.yaml").unlink()
    before = desks()
    assert {name: words.partition(":")[0] for name, words in reconcile().items()} == {
        "workspaces alice": "Changed",
        "workspaces bob": "Unchanged",
        "workspaces carol": "4 deleted",
    }
    after = desks()
    assert after.keys() == {"alice", "bob"}
    assert after["bob"] == before["bob"]
    assert after["alice"]["id"] != before["alice"]["id"]
    assert (after["alice"]["focus"], after["alice"]["brief"][:10]) == ("security", "Break what")
    assert after["alice"]["memory"] == [{"task": "look at it", "by": "alice", "words": 3}]
