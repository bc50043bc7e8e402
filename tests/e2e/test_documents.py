"""What the documents show runs as they show it."""

import re
from pathlib import Path

import pytest

from tests.cloud import Cloud
from tests.preview import get
from tests.pulumi_engine import Stack

ROOT = Path(__file__).parents[2]
README_BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
EXAMPLE = (ROOT / "examples" / "preview" / "__main__.py").read_text()


@pytest.mark.parametrize("program", [*README_BLOCKS, EXAMPLE], ids=lambda program: program.strip().splitlines()[0])
def test_a_program_comes_up_answers_and_leaves_nothing(stack: Stack, cloud: Cloud, program: str) -> None:
    stack.write(program)
    stack.up().ok()
    assert get(stack.outputs()["url"]).text == "<h1>Hello from a sandbox</h1>\n"
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.destroy().ok()
    assert cloud.status()["sandboxes"] == 0


def test_the_example_is_short() -> None:
    assert len(EXAMPLE.splitlines()) <= 30
