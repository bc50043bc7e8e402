"""A definition brings in what is in its own repository, and nothing else of the machine that it is used on."""

import subprocess
from pathlib import Path

import pytest

from evolve_pulumi.definitions import reading
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.definitions.policy import Policy
from evolve_pulumi.definitions.tree import FileError

URL = "https://git.example.com/private.git"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a repository, beside which there are other things."""
    root = tmp_path / "repository"
    folder = root / "deploy"
    (folder / "assets").mkdir(parents=True)
    (tmp_path / "keys").write_text("hunter2")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return folder


def refusal(folder: Path, source: str, policy: Policy | None = None) -> str:
    text = f"sources:\n  it: {{path: it, {source}}}\n"
    with pytest.raises(FileError) as raised:
        reading.loads(text, Context(folder, policy=policy or {}))
    return str(raised.value).partition("sources.it.")[2]


def test_its_own_repository_and_folders_of_it(folder: Path) -> None:
    (folder / "evolve.yaml").write_text(
        "sources:\n  code: {path: code, git: ..}\n  files: {path: files, folder: assets}\n"
    )
    sources = reading.load(folder / "evolve.yaml", Context(folder)).get("sources", {})
    assert sources["code"] == {"path": "code", "git": f"{folder}/.."}
    assert sources["files"] == {"path": "files", "folder": f"{folder}/assets"}


@pytest.mark.parametrize("key", ["git", "folder"])
@pytest.mark.parametrize("path", ["../..", "/etc", "../../keys"])
def test_nothing_outside(folder: Path, key: str, path: str) -> None:
    assert refusal(folder, f"{key}: {path}") == f"{key}: leads out of repository, which the definition is in"


def test_no_link_that_leads_outside(folder: Path) -> None:
    (folder / "assets" / "innocent").symlink_to(folder.parent.parent / "keys")
    words = "folder: has a link that leads out of repository: innocent"
    assert refusal(folder, "folder: assets") == words
    (folder / "assets" / "innocent").unlink()
    (folder / "linked").symlink_to("/etc")
    assert refusal(folder, "folder: linked") == "folder: leads out of repository, which the definition is in"


def test_other_repositories_only_as_the_policy_allows(folder: Path) -> None:
    assert "git: is not among the repositories that the policy allows" in refusal(folder, f"git: {URL!r}")
    assert "git: is not among" in refusal(folder, "git: 'file:///root/other'")
    allowed = Context(folder, policy={"repositories": [URL]})
    assert reading.loads(f"sources:\n  it: {{path: it, git: '{URL}'}}\n", allowed)
    inside = f"sources:\n  it: {{path: it, git: '{URL}', clone_inside: true}}\n"
    assert reading.loads(inside, Context(folder))


def test_either_a_repository_or_files(folder: Path) -> None:
    text = "sources:\n  it: {path: it, git: ., files: {a: b}}\n  none: {path: none}\n"
    with pytest.raises(FileError) as raised:
        reading.loads(text, Context(folder))
    words = "has either git, or folder, files or both"
    assert str(raised.value).splitlines() == [
        f"evolve.yaml:2:3: sources.it: {words}",
        f"evolve.yaml:3:3: sources.none: {words}",
    ]
