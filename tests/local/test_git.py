"""Git in a sandbox: real repositories, and Daytona's words for what goes wrong."""

import time
from pathlib import Path

import pytest
from daytona import (
    DaytonaError,
    DaytonaGitAuthFailedError,
    DaytonaGitBranchExistsError,
    DaytonaGitBranchNotFoundError,
    DaytonaGitDirtyWorktreeError,
    DaytonaGitMergeConflictError,
    DaytonaGitPushRejectedError,
    DaytonaGitRemoteRejectedError,
    DaytonaGitRepoNotFoundError,
    DaytonaGitTransportFailedError,
    Sandbox,
    SessionExecuteRequest,
)
from daytona_toolbox_api_client import GitApi

SERVER = Path(__file__).with_name("inside_git_server.py").read_bytes()


@pytest.fixture
def repo(sandbox: Sandbox) -> Sandbox:
    """A sandbox with a bare repository `origin` and, in `repo`, a clone of it with one commit that is pushed."""
    sandbox.git.init("origin", bare=True, initial_branch="main")
    sandbox.git.clone("origin", "repo")
    commit(sandbox, "first", f=b"1\n")
    sandbox.git.push("repo", set_upstream=True)
    return sandbox


def commit(sandbox: Sandbox, message: str, folder: str = "repo", **files: bytes) -> str:
    for name, content in files.items():
        sandbox.fs.upload_file(content, f"{folder}/{name}")
    sandbox.git.add(folder, ["."])
    return sandbox.git.commit(folder, message, "Ann", "ann@example.org").sha


def clone_with_a_commit(sandbox: Sandbox) -> None:
    """Let somebody else push a commit to `origin`."""
    sandbox.git.clone("origin", "other")
    commit(sandbox, "theirs", "other", f=b"theirs\n")
    sandbox.git.push("other")


def test_a_commit_has_its_author_and_message(repo: Sandbox) -> None:
    sha = commit(repo, "second ü\n\nwith a body", g=b"2\n")
    shown = repo.process.exec(f"git -C repo show -s --format='%an %ae %cn %s %b' {sha}").result
    assert shown.strip() == "Ann ann@example.org Ann second ü with a body"
    with pytest.raises(DaytonaError, match="nothing to commit"):
        repo.git.commit("repo", "nothing", "Ann", "ann@example.org")
    empty = repo.git.commit("repo", "nothing", "Ann", "ann@example.org", allow_empty=True)
    assert repo.process.exec("git -C repo rev-parse HEAD HEAD~1").result.split() == [empty.sha, sha]


def test_status_tells_index_and_working_tree_apart(repo: Sandbox) -> None:
    commit(repo, "more", b=b"2" * 100, c=b"3", d=b"4")
    repo.process.exec(
        "cd repo; echo x >> f; git add f; echo y >> f; git mv b 'b ü'; git rm -q c; rm d; mkdir n; > n/new"
    )
    status = repo.git.status("repo")
    assert {(each.name, each.staging.value, each.worktree.value, each.extra) for each in status.file_status} == {
        ("f", "Modified", "Modified", ""),
        ("b ü", "Renamed", "Unmodified", "b"),
        ("c", "Deleted", "Unmodified", ""),
        ("d", "Unmodified", "Deleted", ""),
        ("n/new", "Untracked", "Untracked", ""),
    }
    assert (status.current_branch, status.detached, status.upstream) == ("main", False, "origin/main")
    assert (status.branch_published, status.ahead, status.behind) == (True, 1, 0)


def test_a_repository_without_a_commit_has_a_status(sandbox: Sandbox) -> None:
    sandbox.git.init("new", initial_branch="trunk")
    status = sandbox.git.status("new")
    assert (status.current_branch, status.file_status, status.branch_published) == ("trunk", [], False)
    assert sandbox.git.branches("new").branches == []


def test_branches_are_made_switched_and_deleted(repo: Sandbox) -> None:
    repo.git.create_branch("repo", "feature/ü")
    branches = repo.git.branches("repo")
    assert (branches.branches, branches.current) == (["feature/ü", "main"], "feature/ü")
    commit(repo, "on the branch", g=b"2")
    repo.git.checkout_branch("repo", "main")
    assert repo.process.exec("ls repo").result == "f\n"
    with pytest.raises(DaytonaGitBranchExistsError):
        repo.git.create_branch("repo", "feature/ü")
    with pytest.raises(DaytonaGitBranchNotFoundError):
        repo.git.checkout_branch("repo", "f")
    repo.git.delete_branch("repo", "feature/ü")
    assert repo.git.branches("repo").branches == ["main"]
    with pytest.raises(DaytonaGitBranchNotFoundError):
        repo.git.delete_branch("repo", "feature/ü")
    with pytest.raises(DaytonaError, match="should match pattern"):
        repo.git.delete_branch("repo", "--force")


def test_a_commit_is_checked_out_by_itself(repo: Sandbox) -> None:
    first = repo.process.exec("git -C repo rev-parse HEAD").result.strip()
    commit(repo, "second", f=b"2\n")
    repo.git.checkout_branch("repo", first)
    assert repo.fs.download_file("repo/f") == b"1\n"
    assert (repo.git.status("repo").detached, repo.git.branches("repo").current) == (True, "")


def test_clones_can_be_of_a_branch_a_commit_and_shallow(repo: Sandbox) -> None:
    first = repo.process.exec("git -C repo rev-parse HEAD").result.strip()
    repo.git.create_branch("repo", "feature")
    commit(repo, "second", f=b"2\n")
    repo.git.push("repo")
    repo.git.clone("origin", "of/branch", branch="feature")
    assert repo.git.status("of/branch").current_branch == "feature"
    repo.git.clone("origin", "of/commit", branch="feature", commit_id=first)
    assert repo.git.status("of/commit").detached
    assert repo.fs.download_file("of/commit/f") == b"1\n"
    repo.git.clone("file:///home/daytona/origin", "shallow", branch="feature", depth=1)
    assert repo.process.exec("git -C shallow rev-list --count HEAD").result == "1\n"
    repo.process.exec("git -C repo bundle create ../bundle main")
    repo.git.clone("bundle", "unbundled", branch="main")
    assert repo.fs.download_file("unbundled/f") == b"1\n"


def test_commits_go_from_clone_to_clone(repo: Sandbox) -> None:
    clone_with_a_commit(repo)
    repo.process.exec("git -C repo fetch")
    assert repo.git.status("repo").behind == 1
    repo.git.pull("repo")
    assert repo.fs.download_file("repo/f") == b"theirs\n"
    repo.git.create_branch("repo", "feature")
    commit(repo, "mine", g=b"")
    repo.git.push("repo", branch="feature", remote="origin")
    repo.git.pull("other", branch="feature")
    assert repo.fs.get_file_info("other/g").size == 0


def test_a_push_that_would_lose_a_commit_is_rejected(repo: Sandbox) -> None:
    clone_with_a_commit(repo)
    commit(repo, "mine", g=b"")
    with pytest.raises(DaytonaGitPushRejectedError, match="fetch first"):
        repo.git.push("repo")
    repo.git.configure_user("Ann", "ann@example.org")
    repo.git.pull("repo")
    repo.git.push("repo")
    assert repo.git.status("repo").ahead == 0


def test_what_stands_in_the_way_of_a_pull_is_told(repo: Sandbox) -> None:
    clone_with_a_commit(repo)
    repo.fs.upload_file(b"uncommitted\n", "repo/f")
    with pytest.raises(DaytonaGitDirtyWorktreeError):
        repo.git.pull("repo")
    commit(repo, "mine", f=b"mine\n")
    repo.git.configure_user("Ann", "ann@example.org", scope="local", path="repo")
    with pytest.raises(DaytonaGitMergeConflictError):
        repo.git.pull("repo")
    [conflict] = repo.git.status("repo").file_status
    assert (conflict.name, conflict.staging.value) == ("f", "Updated but unmerged")
    with pytest.raises(DaytonaGitBranchNotFoundError):
        repo.git.pull("other", branch="none")


def test_a_remote_that_refuses_is_told(repo: Sandbox) -> None:
    repo.fs.upload_file(b"#!/bin/sh\necho not today >&2\nexit 1\n", "origin/hooks/pre-receive")
    repo.fs.set_file_permissions("origin/hooks/pre-receive", mode="755")
    commit(repo, "mine", g=b"")
    with pytest.raises(DaytonaGitRemoteRejectedError, match="not today"):
        repo.git.push("repo")


def test_what_is_not_there_is_told(repo: Sandbox) -> None:
    repo.fs.create_folder("plain", "755")
    for path in ("none", "plain"):
        with pytest.raises(DaytonaGitRepoNotFoundError):
            repo.git.status(path)
    with pytest.raises(DaytonaGitRepoNotFoundError):
        repo.git.clone("nowhere", "x")
    with pytest.raises(DaytonaGitBranchNotFoundError):
        repo.git.clone("origin", "x", branch="none")
    with pytest.raises(DaytonaGitTransportFailedError, match="Could not resolve host"):
        repo.git.clone("https://example.org/x.git", "x")
    with pytest.raises(DaytonaError, match="pathspec 'none' did not match any files"):
        repo.git.add("repo", ["none"])
    with pytest.raises(DaytonaError, match="already exists and is not an empty directory"):
        repo.git.clone("origin", "repo")


def test_changes_are_reset_and_restored(repo: Sandbox) -> None:
    first = repo.process.exec("git -C repo rev-parse HEAD").result.strip()
    commit(repo, "second", f=b"2\n", g=b"2\n")
    repo.fs.upload_file(b"3\n", "repo/f")
    repo.git.add("repo", ["f"])
    repo.git.reset("repo", files=["f"])
    [change] = repo.git.status("repo").file_status
    assert (change.staging.value, change.worktree.value) == ("Unmodified", "Modified")
    repo.git.restore("repo", ["f"], worktree=True)
    assert repo.git.status("repo").file_status == []
    repo.git.restore("repo", ["f"], staged=True, worktree=True, source=first)
    assert repo.fs.download_file("repo/f") == b"1\n"
    repo.git.reset("repo", mode="hard", target=first)
    assert repo.process.exec("ls repo; git -C repo status --short").result == "f\n"


def test_remotes_have_names(repo: Sandbox) -> None:
    repo.git.remote_add("repo", "backup", "/home/daytona/a b", fetch=False)
    assert repo.git.remote_get("repo", "backup") == "/home/daytona/a b"
    with pytest.raises(DaytonaError, match="already exists"):
        repo.git.remote_add("repo", "backup", "../origin")
    repo.git.remote_add("repo", "backup", "../origin", fetch=True, overwrite=True)
    assert [each.name for each in repo.git.remotes("repo").remotes] == ["backup", "origin"]
    assert "backup/main" in repo.process.exec("git -C repo branch -r").result


def test_settings_have_a_scope(repo: Sandbox) -> None:
    repo.git.set_config("core.editor", "ed", scope="local", path="repo")
    repo.git.set_config("core.editor", "vi")
    assert repo.git.get_config("core.editor", scope="local", path="repo") == "ed"
    assert repo.git.get_config("core.editor") == "vi"
    assert repo.git.get_config("core.pager", scope="system") is None
    with pytest.raises(DaytonaError, match="path is required"):
        repo.git.set_config("core.editor", "ed", scope="local")


def test_a_password_opens_a_remote_and_is_seen_nowhere(repo: Sandbox) -> None:
    repo.fs.upload_file(SERVER, "server.py")
    repo.process.create_session("server")
    command = "python3 server.py 8000 /home/daytona ann s3cret"
    repo.process.execute_session_command("server", SessionExecuteRequest(command=command, run_async=True))
    deadline = time.monotonic() + 10
    while repo.process.exec("exec 3<>/dev/tcp/127.0.0.1/8000").exit_code:
        assert time.monotonic() < deadline
    url = "http://127.0.0.1:8000/origin"
    for password in (None, "wr0ng"):
        with pytest.raises(DaytonaGitAuthFailedError) as raised:
            repo.git.clone(url, "x", username="ann", password=password)
        assert "wr0ng" not in str(raised.value)
    repo.git.clone(url, "private", username="ann", password="s3cret")
    assert repo.fs.download_file("private/f") == b"1\n"
    commit(repo, "second", "private", f=b"2\n")
    with pytest.raises(DaytonaGitAuthFailedError):
        repo.git.push("private")
    repo.git.push("private", username="ann", password="s3cret")
    processes = repo.fs.download_file("processes").decode()
    assert "git-remote-http" in processes
    assert "s3cret" not in processes
    assert "wr0ng" not in processes
    assert repo.process.exec("grep -r s3cret private ~/.git*").exit_code != 0
    repo.git.dangerously_authenticate("ann", "s3cret", host="127.0.0.1:8000", protocol="http")
    repo.git.pull("private")


def test_history_is_told_from_its_end(repo: Sandbox) -> None:
    last = commit(repo, "second ü\n\nwith a body", g=b"")
    history = GitApi(repo._toolbox_api).get_commit_history("repo")  # pyright: ignore[reportPrivateUsage]
    assert [(each.message, each.author) for each in history] == [("second ü\n\nwith a body", "Ann"), ("first", "Ann")]
    assert history[0].hash == last
