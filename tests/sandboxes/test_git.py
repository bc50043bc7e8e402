"""Git: real repositories, and credentials that are kept nowhere."""

from pathlib import Path

import pytest

from evolve_pulumi import GitStatus, SandboxInstance, VendorError
from tests.waiting import until

SERVER = (Path(__file__).parents[1] / "local" / "inside_git_server.py").read_bytes()
ANN = {"author": "Ann Ü", "email": "ann@example.org"}


@pytest.fixture
def repo(sandbox: SandboxInstance) -> SandboxInstance:
    """A sandbox with a bare repository `/tmp/origin` with one commit, and in `/tmp/repo` a clone of it."""
    sandbox.commands.run(
        "cd /tmp; git init -q -b main --bare origin; git clone -q origin seed; cd seed; echo 1 > f; git add f;"
        "git -c user.name=Bob -c user.email=bob@example.org commit -qm first; git push -q origin main"
    )
    sandbox.git.clone("/tmp/origin", "/tmp/repo")
    return sandbox


def of(sandbox: SandboxInstance, command: str) -> str:
    return sandbox.commands.run(f"git -C /tmp/repo {command}").stdout.strip()


def test_from_a_clone_to_a_commit_that_is_pushed(repo: SandboxInstance) -> None:
    assert repo.git.status("/tmp/repo") == GitStatus("main", 0, 0, [])
    repo.files.write_batch({"/tmp/repo/f": "2\n", "/tmp/repo/a b/ü": "new"})
    status = repo.git.status("/tmp/repo")
    assert (status.branch, sorted(status.changed)) == ("main", ["a b/ü", "f"])
    repo.git.add("/tmp/repo", ["a b/ü"])
    assert of(repo, "-c core.quotepath=off diff --cached --name-only") == "a b/ü"
    repo.git.add("/tmp/repo", ["."])
    sha = repo.git.commit("/tmp/repo", 'it\'s "second"\n\nwith $a body', **ANN)
    assert of(repo, "show -s --format='%H %an %ae %s %b'") == f'{sha} Ann Ü ann@example.org it\'s "second" with $a body'
    assert repo.git.status("/tmp/repo") == GitStatus("main", 1, 0, [])
    repo.git.push("/tmp/repo")
    assert repo.git.status("/tmp/repo").ahead == 0
    assert of(repo, "--git-dir=/tmp/origin rev-parse main") == sha


def test_a_renamed_file_has_its_new_name(repo: SandboxInstance) -> None:
    of(repo, "mv f 'g ü'")
    assert repo.git.status("/tmp/repo").changed == ["g ü"]


def test_branches_are_made_changed_and_deleted(repo: SandboxInstance) -> None:
    repo.git.create_branch("/tmp/repo", "topic/ü")
    assert repo.git.status("/tmp/repo").branch == "topic/ü"
    assert sorted(repo.git.branches("/tmp/repo")) == ["main", "topic/ü"]
    repo.files.write("/tmp/repo/f", "topic")
    repo.git.add("/tmp/repo", ["f"])
    repo.git.commit("/tmp/repo", "topic", **ANN)
    repo.git.checkout_branch("/tmp/repo", "main")
    assert repo.files.read("/tmp/repo/f") == b"1\n"
    repo.git.delete_branch("/tmp/repo", "topic/ü")
    assert list(repo.git.branches("/tmp/repo")) == ["main"]
    with pytest.raises(VendorError):
        repo.git.checkout_branch("/tmp/repo", "none")


def test_what_others_pushed_is_pulled(repo: SandboxInstance) -> None:
    repo.git.clone("/tmp/origin", "/tmp/other", branch="main")
    repo.files.write("/tmp/other/f", "theirs")
    repo.git.add("/tmp/other", ["."])
    repo.git.commit("/tmp/other", "theirs", **ANN)
    repo.git.push("/tmp/other")
    repo.git.pull("/tmp/repo")
    assert repo.files.read("/tmp/repo/f") == b"theirs"


def test_gits_own_words_come_with_errors(repo: SandboxInstance) -> None:
    for words, call in (
        ("nothing to commit", lambda: repo.git.commit("/tmp/repo", "nothing", **ANN)),
        ("not a git repository|repository does not exist", lambda: repo.git.status("/tmp")),
        ("none", lambda: repo.git.clone("/tmp/none", "/tmp/x")),
    ):
        with pytest.raises(VendorError, match=f"(?i){words}"):
            call()


def test_credentials_open_a_remote_and_are_seen_nowhere(repo: SandboxInstance) -> None:
    repo.files.write("/tmp/server.py", SERVER)
    repo.commands.spawn("exec python3 server.py 8080 /tmp ann s3cret", working_directory="/tmp")
    until(lambda: repo.commands.run("</dev/tcp/127.0.0.1/8080").exit_code == 0)
    repo.commands.run("git -C /tmp/origin config http.receivepack true")
    url = "http://127.0.0.1:8080/origin"
    for password in (None, "wr0ng"):
        with pytest.raises(VendorError):
            repo.git.clone(url, "/tmp/x", username="ann", password=password)
    ann = {"username": "ann", "password": "s3cret"}
    repo.git.clone(url, "/tmp/private", **ann)
    repo.files.write("/tmp/private/f", "mine")
    repo.git.add("/tmp/private", ["f"])
    repo.git.commit("/tmp/private", "mine", **ANN)
    repo.git.push("/tmp/private", **ann)
    repo.git.pull("/tmp/private", **ann)
    seen = repo.files.read("/tmp/processes").decode(errors="replace")
    assert "git-remote-http" in seen
    kept = repo.commands.run("cat /tmp/private/.git/config ~/.gitconfig ~/.git-credentials").stdout
    assert "127.0.0.1:8080" in kept
    others = seen.replace("ann\0s3cret", "").replace("ann s3cret", "")
    assert [secret for secret in ("s3cret", "wr0ng") if secret in kept + others] == []
