"""The definitions that the examples have are valid."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from evolve_pulumi.definitions import reading
from evolve_pulumi.definitions.expressions import Context
from tests.sources.repository import Repository

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(file for file in EXAMPLES.glob("*/*.yaml") if not file.name.startswith("Pulumi."))
FLEET = EXAMPLES / "workspaces"


def load(file: Path, folder: Path) -> Any:
    """One of them, in a repository of its own."""
    shutil.copytree(file.parent, folder / file.parent.name)
    Repository(folder).commit()
    return reading.load(folder / file.parent.name / file.name, Context(folder / file.parent.name, pr=7))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(EXAMPLES)))
def test_a_definition_of_an_example(file: Path, tmp_path: Path) -> None:
    assert load(file, tmp_path).get("services")


def test_a_fleet_is_one_project_of_different_workspaces(tmp_path: Path) -> None:
    fleet = {file.stem: load(file, tmp_path / file.stem) for file in FLEET.glob("*.yaml")}
    assert {each["name"] for each in fleet.values()} == {"workspaces"}
    assert {name: each["env"]["AGENT"] for name, each in fleet.items()} == {name: name for name in fleet}
    assert sorted(each["env"]["FOCUS"] for each in fleet.values()) == ["documents", "performance", "tests"]
