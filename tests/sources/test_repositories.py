"""Refs and bundles of repositories, local ones and others."""

from pathlib import Path

import pytest

from evolve_pulumi.errors import ConfigurationError, RefusedError
from evolve_pulumi.sources.repositories import BUNDLED_REF, bundled, is_url, resolve
from tests.sources.repository import Repository


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "source")


@pytest.mark.parametrize("scheme", ["", "file://"], ids=["local", "url"])
def test_a_ref_is_a_branch_a_tag_or_a_hash(source: Repository, scheme: str) -> None:
    place, first = f"{scheme}{source.folder}", source.commit(page="1")
    source.git("tag", "plain")
    source.git("tag", "--annotate", "--message=tagged", "v1")
    source.git("branch", "feature/x")
    second = source.commit(page="2")
    named = {ref: resolve(place, ref) for ref in ("HEAD", "main", "plain", "v1", "feature/x", first)}
    assert named == {"HEAD": second, "main": second, "plain": first, "v1": first, "feature/x": first, first: first}
    with pytest.raises(ConfigurationError, match="has no missing"):
        resolve(place, "missing")
    with pytest.raises(ConfigurationError, match="--upload-pack=x is not a ref"):
        resolve(place, "--upload-pack=x")


def test_what_is_no_repository_is_said_in_gits_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not a git repository"):
        resolve(str(tmp_path), "HEAD")
    with pytest.raises(ConfigurationError, match=r"git ls-remote failed: .*"):
        resolve(f"file://{tmp_path}", "HEAD")
    with pytest.raises(ConfigurationError, match="there is no /missing on this machine"):
        resolve("/missing", "HEAD")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://example.com/a.git", True),
        ("git@example.com:a.git", True),
        ("ssh://git@example.com/a", True),
        (".", False),
        ("../a", False),
        ("/a/b@c:d", False),
    ],
)
def test_what_is_elsewhere(source: str, expected: bool) -> None:
    assert is_url(source) == expected


@pytest.mark.parametrize("kind", ["local", "subfolder", "worktree", "url", "shallow"])
def test_a_bundle_brings_a_commit_and_leaves_the_repository_as_it_was(
    source: Repository, tmp_path: Path, kind: str
) -> None:
    source.commit(page="1")
    commit = source.commit(page="2")
    place = str(source.folder)
    match kind:
        case "subfolder":
            (source.folder / "below").mkdir()
            place += "/below"
        case "worktree":
            source.git("worktree", "add", "--quiet", str(tmp_path / "tree"))
            place = str(tmp_path / "tree")
        case "url":
            place = f"file://{place}"
        case "shallow":
            source.git("clone", "--quiet", "--depth=1", f"file://{place}", str(tmp_path / "shallow"))
            place = str(tmp_path / "shallow")
        case _:
            pass
    before = source.git("for-each-ref"), source.git("count-objects", "-v")
    target = Repository(tmp_path / "target")
    with bundled(place, commit, None) as bundle:
        (target.folder / ".git/shallow").write_bytes(bundle.shallow) if bundle.shallow else None
        target.git("fetch", "--quiet", str(bundle.path), BUNDLED_REF)
    assert not bundle.path.exists()
    target.git("checkout", "--quiet", "--detach", commit)
    assert len(target.git("log", "--oneline").splitlines()) == (1 if kind == "shallow" else 2)
    assert (source.git("for-each-ref"), source.git("count-objects", "-v")) == before


def test_a_later_bundle_brings_only_what_is_new(source: Repository, tmp_path: Path) -> None:
    first = source.commit(page="1", big="".join(map(str, range(20000))))
    second = source.commit(page="2")
    target = Repository(tmp_path / "target")
    sizes: list[int] = []
    for commit, known in ((first, None), (second, first)):
        with bundled(str(source.folder), commit, known) as bundle:
            sizes.append(bundle.path.stat().st_size)
            target.git("fetch", "--quiet", str(bundle.path), BUNDLED_REF)
    assert sizes[1] < sizes[0] / 10
    assert target.git("cat-file", "-t", second) == "commit"
    with bundled(str(source.folder), second, "0" * 40) as bundle:
        assert bundle.path.stat().st_size > sizes[1]


def test_a_commit_that_is_not_there_is_said(source: Repository) -> None:
    source.commit(page="1")
    with (
        pytest.raises(RefusedError, match="does not have the commit 0000"),
        bundled(str(source.folder), "0" * 40, None),
    ):
        pass
