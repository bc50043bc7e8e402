"""The pictures of the command in the documents: real runs, as it is now, and nothing of anybody's machine."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.pulumi_engine import engine_folder

ROOT = Path(__file__).parents[2]
SCREENS = sorted((ROOT / "docs" / "screens").glob("*.svg"))
MOST_BYTES = 20_000
VARIES = re.compile(r"[0-9a-f-]{36,}|\d[\d.:T+-]*")


def words(picture: Path) -> str:
    """What is on a screen, without what is another at every run."""
    texts = ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")
    return VARIES.sub("N", "".join(text.text or "" for text in texts).replace("\xa0", " "))


@pytest.mark.parametrize("picture", SCREENS, ids=lambda picture: picture.name)
def test_a_picture_is_whole_in_itself(picture: Path) -> None:
    text = picture.read_text()
    assert len(text) < MOST_BYTES
    assert not re.search(r"@import|@font-face|href|<script|<image|url\((?!#)", text)
    assert not re.search(r"/(home|root|tmp|var|work|Users)/", text)


def test_they_show_what_the_command_says_now(tmp_path: Path) -> None:
    """Run `make screens` where they do not."""
    engine_folder()
    subprocess.run([sys.executable, ROOT / "tools" / "screens.py", tmp_path], check=True, stdout=subprocess.DEVNULL)
    assert [picture.name for picture in SCREENS] == ["preview.svg", "status.svg", "up.svg"]
    for picture in SCREENS:
        assert words(picture) == words(tmp_path / picture.name)
