"""The life of a Git repository in a sandbox under the real engine, at every vendor."""

from pathlib import Path

import pytest

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.pulumi_engine import Stack
from tests.sources.repository import Repository

pytestmark = pytest.mark.usefixtures("at")


@pytest.fixture
def source(stack: Stack) -> Repository:
    return Repository(stack.folder / "source")


def program(arguments: str, box: str = "") -> str:
    return f"""
import pulumi
from evolve_pulumi import Files, GitRepository, Sandbox

box = Sandbox("box", {box})
repository = GitRepository("code", sandbox_id=box.id, {arguments})
pulumi.export("id", box.id)
pulumi.export("commit", repository.commit)
"""


def inside(at: Side, stack: Stack, command: str, path: str = "code") -> str:
    return at.run(stack.outputs()["id"], f"cd {path} && {command}").strip()


def test_from_creation_to_nothing_left(stack: Stack, cloud: Cloud, at: Side, source: Repository) -> None:
    first = source.commit(page="one", other="same")
    declared = program('path="code", source="source", ref="main"')
    stack.write(declared)
    assert stack.preview().ok().changes == {"created": 3}
    assert stack.up().ok().changes == {"created": 3}
    outputs = stack.outputs()
    assert outputs["commit"] == first
    assert inside(at, stack, "cat page; git rev-parse HEAD; git status --porcelain").split() == ["one", first]
    cloud.forget_calls()
    assert stack.up().ok().changes == {"same": 3}
    assert cloud.calls() == []
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 3}

    second = source.commit(page="two")
    inside(at, stack, "echo built > output")
    assert "~commit" in stack.preview().ok().output
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert stack.outputs() == {**outputs, "commit": second}
    assert inside(at, stack, "cat page output; git rev-parse HEAD; ls .git/*bundle* 2> /dev/null").split() == [
        "two",
        "built",
        second,
    ]
    assert stack.up("--refresh", "--expect-no-changes").ok()

    stack.write(program(f'path="code", source="source", ref="{first}"'))
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert inside(at, stack, "cat page output").split() == ["one", "built"]

    stack.write(program('path="/tmp/moved/code", source="source"'))
    assert stack.up().ok().changes == {"replaced": 1, "same": 2}
    assert at.run(outputs["id"], "cat /tmp/moved/code/page; ls -d code || echo gone").split()[0] == "two"
    assert at.run(outputs["id"], "test -e code || echo gone").split() == ["gone"]
    stack.write(program("").split("repository =")[0])
    assert stack.up().ok().changes == {"deleted": 1, "same": 2}
    assert at.run(outputs["id"], "test -e /tmp/moved/code || echo gone").split() == ["gone"]
    stack.destroy().ok()
    assert cloud.status()["sandboxes"] == 0


def test_what_was_removed_or_moved_inside_is_put_right(stack: Stack, at: Side, source: Repository) -> None:
    first, second = source.commit(page="one"), source.commit(page="two")
    stack.write(program('path="code", source="source"'))
    stack.up().ok()
    id = stack.outputs()["id"]
    at.run(id, "rm -rf code")
    assert stack.refresh().ok().changes == {"updated": 1, "same": 2}
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert inside(at, stack, "cat page") == "two"
    inside(at, stack, f"git checkout --quiet {first}")
    assert stack.refresh().ok().changes == {"updated": 1, "same": 2}
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert inside(at, stack, "git rev-parse HEAD") == second
    at.delete(id)
    assert stack.up("--refresh").ok().changes == {"created": 2, "same": 1}
    assert inside(at, stack, "cat page") == "two"


COMMIT = "git -c user.name=a -c user.email=a@b commit --quiet --all --message=mine"


def test_work_done_inside_is_no_drift_and_never_lost(stack: Stack, at: Side, source: Repository) -> None:
    first = source.commit(page="one")
    declared = program('path="code", source="source"')
    stack.write(declared)
    stack.up().ok()
    inside(at, stack, "echo mine > page")
    assert stack.up("--refresh", "--expect-no-changes").ok()
    second = source.commit(page="two")
    refused = stack.up()
    assert refused.code != 0
    assert "git repository 'code': update: the repository has changes that are not committed" in refused.output
    inside(at, stack, COMMIT)
    assert "the repository has commits on no branch" in stack.up("--refresh").output
    assert inside(at, stack, "cat page") == "mine"
    inside(at, stack, "git branch mine")
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert inside(at, stack, "cat page; git show mine:page").split() == ["two", "mine"]

    inside(at, stack, f"git checkout --quiet mine && echo more > page && {COMMIT}")
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 2}
    assert inside(at, stack, "cat page; git show mine:page").split() == ["two", "more"]

    stack.write(declared.replace('"source"', '"source", force=True'))
    stack.up().ok()
    inside(at, stack, "echo again > page")
    assert "~clean" in stack.preview("--refresh").ok().output
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 2}
    assert inside(at, stack, "cat page") == "two"
    inside(at, stack, f"echo again > page && {COMMIT}")
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 2}
    assert inside(at, stack, "cat page; git rev-parse HEAD").split() == ["two", second]
    assert stack.up("--refresh", "--expect-no-changes").ok()
    assert first != second


def test_a_shallow_clone_and_a_url_will_do(stack: Stack, at: Side, source: Repository, tmp_path: Path) -> None:
    source.commit(page="one")
    url = f"file://{source.folder}"
    shallow = tmp_path / "shallow"
    source.git("clone", "--quiet", "--depth=1", url, str(shallow))
    stack.write(
        program(f'path="code", source="{shallow}"')
        + f'GitRepository("more", sandbox_id=box.id, path="more", source="{url}", ref="main")\n'
    )
    stack.up().ok()
    assert inside(at, stack, "cat page; cd ../more; cat page; git remote get-url origin").split() == ["one", "one", url]
    source.commit(page="two")
    source.git("-C", str(shallow), "fetch", "--quiet", "--depth=1")
    source.git("-C", str(shallow), "reset", "--quiet", "--hard", "origin/HEAD")
    assert stack.up("--refresh").ok().changes == {"updated": 2, "same": 2}
    assert inside(at, stack, "cat page; git log --oneline | wc -l; cat ../more/page").split() == ["two", "1", "two"]
    assert stack.up("--refresh", "--expect-no-changes").ok()


def test_one_can_be_cloned_inside(stack: Stack, at: Side) -> None:
    """From where only the sandbox gets; so the commit is named in full."""
    make = 'Command("make", sandbox_id=box.id, create="git init -q origin && cd origin && date > page && git add . && '
    make += 'git -c user.name=a -c user.email=a@b commit -qam one && git rev-parse HEAD")\n'
    stack.write(program("").split("repository =")[0].replace("Files, GitRepository", "Command") + make)
    stack.up().ok()
    (id,) = at.ids()
    commit, origin = at.run(id, "cd origin && git rev-parse HEAD && pwd").split()
    arguments = f'path="code", source="{origin}", clone_inside=True, ref="{commit}"'
    stack.write(program(arguments).replace("Files", "Command") + make)
    assert stack.up().ok().changes == {"created": 1, "same": 3}
    assert inside(at, stack, "git rev-parse HEAD; git remote get-url origin").split() == [commit, origin]
    assert stack.up("--refresh", "--expect-no-changes").ok()


def test_in_a_sandbox_that_sleeps_it_is_left_alone(stack: Stack, at: Side, source: Repository) -> None:
    source.commit(page="one")
    stack.write(program('path="code", source="source"'))
    stack.up().ok()
    id = stack.outputs()["id"]
    at.run(id, "rm -rf code")
    at.put_to_sleep(id)
    asleep = at.state(id)
    assert stack.up("--refresh", "--expect-no-changes").ok()
    assert at.state(id) == asleep
    at.wake(id)
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 2}
    assert inside(at, stack, "cat page") == "one"


def test_one_that_was_begun_is_finished_by_the_next_up(stack: Stack, at: Side, source: Repository) -> None:
    """The path cannot be written at first."""
    source.commit(page="one")
    stack.write(program("").split("repository =")[0] + 'pulumi.export("id", box.id)\n')
    stack.up().ok()
    id = stack.outputs()["id"]
    at.run(id, "mkdir locked && chmod a-w locked")
    stack.write(program('path="locked/code", source="source"'))
    failed = stack.up()
    assert failed.code != 0
    assert "git repository 'code': create: " in failed.output
    assert "Traceback" not in failed.output
    at.run(id, "chmod u+w locked")
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert at.run(id, "cat locked/code/page") == "one\n"
    assert stack.up("--refresh", "--expect-no-changes").ok()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('path="code", source="source", ref="missing"', "source has no missing. Name a branch, a tag"),
        ('path="code", source="nowhere"', "there is no nowhere on this machine"),
        ('path="code", source="https://a:s3cret@example.com/x"', "the source holds a password"),
        ('path="code"', "source: is required"),
    ],
)
def test_what_makes_no_sense_is_refused_at_preview(
    stack: Stack, source: Repository, arguments: str, words: str
) -> None:
    source.commit(page="one")
    stack.write(program(arguments))
    result = stack.preview()
    assert result.code != 0
    assert words in result.output, result.output
    assert "s3cret" not in result.output
    assert "Traceback" not in result.output


def test_what_is_at_its_path_is_not_touched(stack: Stack, at: Side, source: Repository) -> None:
    source.commit(page="one")
    taken = 'Files("taken", sandbox_id=box.id, path="code", files={"mine": "1"})\n'
    stack.write(program("").split("repository =")[0] + taken)
    stack.up().ok()
    stack.write(program('path="code", source="source"') + taken)
    refused = stack.up()
    assert refused.code != 0
    assert "/code in the sandbox is not empty. Choose another path." in refused.output
    (id,) = at.ids()
    assert at.run(id, "ls code") == "mine\n"
