"""Generated documents are what the code generates."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("tool", "document"),
    [("reference.py", "reference.md"), ("operations.py", "local-cloud.md"), ("sandboxes.py", "sandboxes.md")],
)
def test_it_is_up_to_date(tool: str, document: str) -> None:
    """Run `make docs` where it is not."""
    written = subprocess.check_output([sys.executable, str(ROOT / "tools" / tool)], text=True)
    assert (ROOT / "docs" / document).read_text() == written
