"""Generated documents are what the code generates."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_reference_is_up_to_date() -> None:
    """Run `make docs` where it is not."""
    written = subprocess.check_output([sys.executable, str(ROOT / "tools" / "reference.py")], text=True)
    assert (ROOT / "docs" / "reference.md").read_text() == written
