"""Local folders, as programs bring them in."""

import os
from pathlib import Path

import pytest

from evolve_pulumi.errors import ConfigurationError, RefusedError
from evolve_pulumi.sources import folders

ONE = "644 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in ("page.html", ".git/HEAD", "build/out.pyc", "src/app.py", "src/app.pyc"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("1")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_all_files_come_but_those_excluded(folder: Path) -> None:
    (folder / "src/run").symlink_to("app.py")
    (folder / "src/app.py").chmod(0o700)
    seen = folders.look(str(folder), [".git", "*.pyc", "build/*"])
    program = ONE.replace("644", "755")
    assert seen.stamps == {"page.html": ONE, "src/app.py": program, "src/run": program}
    assert folders.content(seen.path, "page.html", ONE) == b"1"


def test_a_path_may_be_relative_and_one_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert folders.look("src/app.py") == folders.Folder(str(folder / "src"), {"app.py": ONE})


def test_what_cannot_come_is_said(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no .*/missing on this machine"):
        folders.look(str(folder / "missing"))
    os.mkfifo(folder / "src/pipe")
    with pytest.raises(ConfigurationError, match=r"src/pipe in .* is neither a file nor a folder. Name it in exclude"):
        folders.look(str(folder))
    assert "src/pipe" not in folders.look(str(folder), ["pipe"]).stamps


def test_what_changed_since_is_not_sent(folder: Path) -> None:
    (folder / "page.html").write_text("2")
    with pytest.raises(RefusedError, match=r"page\.html changed since the program looked at it"):
        folders.content(str(folder), "page.html", ONE)
    (folder / "page.html").unlink()
    with pytest.raises(RefusedError, match=r"page\.html cannot be read: No such file"):
        folders.content(str(folder), "page.html", ONE)
