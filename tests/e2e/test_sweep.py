"""`evolve-pulumi sweep`: what a stack made and does not know."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.pulumi_engine import Stack
from tests.waiting import until

PROGRAM = """
from evolve_pulumi import Sandbox

for name in {names}:
    Sandbox(name)
"""


def sweep(stack: Stack, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("evolve-pulumi")), "sweep", "--stack", stack.name, *options]
    return subprocess.run(command, cwd=stack.folder, env=stack.env, capture_output=True, text=True, check=False)


def owned(at: Side, resource: str, project: str = "tests", stack: str = "dev") -> str:
    """A sandbox with a stack's labels, as a killed update leaves it."""
    labels = {"evolve-project": project, "evolve-stack": stack, "evolve-resource": resource}
    return at.make(labels)


@pytest.fixture
def up(stack: Stack, at: Side) -> Stack:
    """A stack with one sandbox of its own."""
    del at
    stack.write(PROGRAM.format(names=["web"]))
    stack.up().ok()
    return stack


def test_only_what_the_stack_made_and_does_not_know_is_found_and_deleted(up: Stack, at: Side) -> None:
    (own,) = at.ids()
    gone, doubled = owned(at, "gone"), owned(at, "web")
    others = {
        own,
        owned(at, "web", stack="prod"),
        owned(at, "web", project="elsewhere"),
        at.make({"team": "docs"}),
    }
    found = sweep(up, "--older-than", "0", "--json")
    assert found.returncode == 1, found.stderr
    rows = {row["id"]: row for row in json.loads(found.stdout)}
    assert {id: row["reason"] for id, row in rows.items()} == {
        gone: "the stack has no gone",
        doubled: f"web has {own} now",
    }
    assert rows[gone] == {
        "kind": "sandbox",
        "id": gone,
        "name": rows[gone]["name"],
        "resource": "gone",
        "age_minutes": 0,
        "state": at.running,
        "reason": "the stack has no gone",
    }
    assert set(at.ids()) == others | {gone, doubled}

    shown = sweep(up, "--older-than", "0")
    assert shown.stdout.splitlines()[0].split() == list(rows[gone])
    assert sweep(up, "--older-than", "0", "--delete").returncode == 0
    assert set(at.ids()) == others
    clean = sweep(up, "--older-than", "0")
    assert (clean.returncode, clean.stdout) == (0, "Nothing is orphaned.\n")


def test_what_has_no_labels_is_known_by_its_name_and_data_is_not_deleted_by_the_way(up: Stack, at: Side) -> None:
    """A state that was lost: the volume and the snapshot are still there."""
    up.write(
        """
from evolve_pulumi import Snapshot, Volume

Volume("data")
Snapshot("tools", image="evolve/local:1")
"""
    )
    up.up().ok()
    others = [at.make_volume(name) for name in ("tests-dev-data-0123456789ab", "data")]
    up.run("stack", "import", stdin=json.dumps({"version": 3, "deployment": {}})).ok()
    found = sweep(up, "--older-than", "0", "--json")
    assert found.returncode == 1, found.stderr
    kinds = [(row["kind"], row["resource"], row["reason"]) for row in json.loads(found.stdout)]
    orphans = [("snapshot", "tools", "the stack has no tools"), ("volume", "data", "the stack has no data")]
    assert sorted(kinds) == orphans

    kept = sweep(up, "--older-than", "0", "--delete")
    assert kept.returncode == 1
    assert "1 left, since they hold data; if it may go: --allow-data-loss" in kept.stderr
    assert len(at.volumes()) == len(others) + 1
    assert at.snapshots() == []
    assert sweep(up, "--older-than", "0", "--delete", "--allow-data-loss").returncode == 0
    assert sorted(at.volumes()) == sorted(others)


def test_what_is_young_may_be_about_to_be_recorded(up: Stack, at: Side) -> None:
    young = owned(at, "gone")
    assert sweep(up, "--delete").returncode == 0
    assert at.state(young) == "started"


def test_what_a_killed_update_leaves_is_found(up: Stack, cloud: Cloud, at: Side) -> None:
    """Engine and provider die at once, so that nobody is left to undo what is made and not yet recorded."""
    cloud.inject(path=at.look_after_create_path, method="GET", delay_seconds=10)
    up.write(PROGRAM.format(names=["web", "left"]))
    engine = subprocess.Popen(
        up.command("up", "--yes", "--skip-preview"),
        cwd=up.folder,
        env=up.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: len(at.ids()) == 2)
    for process in [*psutil.Process(engine.pid).children(recursive=True), psutil.Process(engine.pid)]:
        os.kill(process.pid, signal.SIGKILL)
    engine.wait()
    found = sweep(up, "--older-than", "0", "--json")
    assert [row["resource"] for row in json.loads(found.stdout)] == ["left"]
    assert sweep(up, "--older-than", "0", "--delete").returncode == 0
    assert len(at.ids()) == 1


def test_a_place_that_cannot_be_looked_at_is_said(up: Stack, tmp_path: Path, cloud: Cloud, at: Side) -> None:
    up.config_set("evolve:local", "false")
    up.env["EVOLVE_LOCAL_FOLDER"] = str(tmp_path)
    result = sweep(up)
    assert result.returncode == 2
    endpoint = {"daytona": cloud.daytona_api_url, "e2b": cloud.e2b_api_url}[at.backend]
    assert f"{endpoint} was not looked at: there is no key" in result.stderr
    assert "Traceback" not in result.stderr


def test_outside_of_a_project_there_is_one_clear_line(stack: Stack, tmp_path: Path) -> None:
    result = sweep(stack, "--cwd", str(tmp_path))
    assert result.returncode == 2
    assert result.stderr.startswith("error: pulumi stack export")
