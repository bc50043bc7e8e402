"""What the documents show, and every example, runs as it stands."""

import re
from pathlib import Path

import pytest

from tests.cloud import Cloud
from tests.preview import get
from tests.pulumi_engine import Stack

ROOT = Path(__file__).parents[2]
README_BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/__main__.py"))
BUILT_IN_SNAPSHOTS = 3
ONLY_AT_DAYTONA = {"labels", "lookup", "resize"}
"""E2B changes neither the labels nor the sizes of a sandbox, and does not tell of templates that are not yours."""


def comes_up_and_leaves_nothing(stack: Stack, cloud: Cloud) -> None:
    stack.up().ok()
    outputs = stack.outputs()
    if "url" in outputs:
        assert get(outputs["url"]).status_code == 200
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.destroy().ok()
    left = cloud.status()
    assert (left["sandboxes"], left["volumes"], left["snapshots"]) == (0, 0, BUILT_IN_SNAPSHOTS)


@pytest.mark.parametrize("program", README_BLOCKS, ids=lambda program: program.strip().splitlines()[0])
def test_a_program_of_the_readme(stack: Stack, cloud: Cloud, program: str) -> None:
    stack.write(program)
    comes_up_and_leaves_nothing(stack, cloud)


@pytest.mark.parametrize(
    ("backend", "folder"),
    [("daytona", folder) for folder in EXAMPLES]
    + [("e2b", folder) for folder in EXAMPLES if folder.name not in ONLY_AT_DAYTONA],
    ids=lambda value: getattr(value, "name", value),
)
def test_an_example(cloud: Cloud, tmp_path: Path, backend: str, folder: Path) -> None:
    """The one without a project of its own is the repository's."""
    project = folder / "Pulumi.yaml"
    text = (project if project.exists() else ROOT / "Pulumi.yaml").read_text().replace("main: examples/preview\n", "")
    program = (folder / "__main__.py").read_text()
    if (folder / "evolve.yaml").exists():
        text = text.replace("evolve:definition: evolve.yaml", f"evolve:definition: {folder / 'evolve.yaml'}")
    stack = Stack(tmp_path, program, project=text, env={"EVOLVE_LOCAL_FOLDER": str(cloud.folder)})
    if not project.exists():
        stack.config_set("evolve:local", "true")
    stack.config_set("evolve:backend", backend)
    comes_up_and_leaves_nothing(stack, cloud)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_is_short(folder: Path) -> None:
    assert len((folder / "__main__.py").read_text().splitlines()) <= 36
