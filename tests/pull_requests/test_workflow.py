"""The action and the workflow to copy, as far as they can be judged without GitHub."""

import re
from pathlib import Path
from typing import Any

import yaml

from evolve_pulumi.cli.pull_requests.verbs import LABEL

ROOT = Path(__file__).parents[2]
ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text())
WORKFLOW: Any = yaml.safe_load((ROOT / "examples/pull_requests/preview.yml").read_text())
JOBS: dict[str, Any] = WORKFLOW["jobs"]


def test_scripts_take_nothing_from_expressions() -> None:
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert len(scripts) == 2
    assert not [script for script in scripts if "${{" in script]
    assert not [step for job in JOBS.values() for step in job["steps"] if "run" in step]


def test_scripts_only_install_and_call_the_command() -> None:
    install, run = (step["run"] for step in ACTION["runs"]["steps"] if "run" in step)
    assert [line.split()[1:4] for line in install.splitlines()] == [["-I", "-m", "venv"], ["-I", "-m", "pip"]]
    assert set(re.findall(r'"\$evolve" (\w+)', run)) == {"pr", "sweep"}


def test_every_input_is_used_and_every_use_is_an_input() -> None:
    used = set(re.findall(r"inputs\.([a-z]+)", (ROOT / "action.yml").read_text()))
    assert used == set(ACTION["inputs"])
    own = [step for job in JOBS.values() for step in job["steps"] if "evolve_pulumi@" in step["uses"]]
    assert len(own) == 2
    assert not [key for step in own for key in step["with"] if key not in ACTION["inputs"]]


def test_the_label_is_the_same_everywhere() -> None:
    assert ACTION["inputs"]["label"]["default"] == LABEL
    assert f"label.name != '{LABEL}'" in JOBS["preview"]["concurrency"]["group"]


def test_a_pull_request_gets_no_more_than_it_needs() -> None:
    assert WORKFLOW["permissions"] == {}
    assert JOBS["preview"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert "permissions" not in JOBS["sweep"]
    check_out, own = JOBS["preview"]["steps"]
    assert check_out["with"]["ref"] == "${{ github.event.pull_request.head.sha }}"
    assert check_out["with"]["persist-credentials"] is False
    assert own["with"]["definition"] == f"{check_out['with']['path']}/evolve.yaml"


def test_runs_of_one_pull_request_wait_for_each_other() -> None:
    concurrency = JOBS["preview"]["concurrency"]
    assert concurrency["group"].startswith("preview-${{ github.event.number }}")
    assert concurrency["cancel-in-progress"] is False
