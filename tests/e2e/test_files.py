"""The life of files in a sandbox under the real engine, at every vendor."""

import json

import pytest

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.pulumi_engine import Stack

pytestmark = pytest.mark.usefixtures("at")


def program(arguments: str, before: str = "") -> str:
    return f"""
import pulumi
from evolve_pulumi import Files, InlineFile, Sandbox

{before}
box = Sandbox("box")
app = Files("app", sandbox_id=box.id, {arguments})
pulumi.export("id", box.id)
pulumi.export("app", app.id)
"""


def listing(at: Side, stack: Stack, folder: str = "app") -> list[str]:
    """The files of a folder with their permissions and first lines."""
    script = (
        f'cd {folder} && find . -type f | sort | while read -r f; do echo "$(stat -c %a $f) $f $(head -1 $f)"; done'
    )
    return at.run(stack.outputs()["id"], script).splitlines()


def test_from_creation_to_nothing_left(stack: Stack, cloud: Cloud, at: Side) -> None:
    stack.write(program('path="app", files={"a.txt": "one", "bin/run": InlineFile(content="echo", mode="750")}'))
    assert stack.preview().ok().changes == {"created": 3}
    assert stack.up().ok().changes == {"created": 3}
    outputs = stack.outputs()
    assert listing(at, stack) == ["644 ./a.txt one", "750 ./bin/run echo"]
    cloud.forget_calls()
    assert stack.up().ok().changes == {"same": 3}
    assert cloud.calls() == []
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 3}

    at.run(outputs["id"], "echo theirs > app/theirs; echo theirs > app/bin/theirs")
    stack.write(program('path="app", files={"a.txt": "two", "b.txt": "new"}'))
    assert stack.preview().ok().changes == {"updated": 1, "same": 2}
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert listing(at, stack) == [
        "644 ./a.txt two",
        "644 ./b.txt new",
        "644 ./bin/theirs theirs",
        "644 ./theirs theirs",
    ]
    assert stack.outputs() == outputs
    assert stack.up("--refresh", "--expect-no-changes").ok()

    stack.write(program('path="/tmp/other", files={"a.txt": "two"}'))
    assert stack.up().ok().changes == {"replaced": 1, "same": 2}
    assert listing(at, stack) == ["644 ./bin/theirs theirs", "644 ./theirs theirs"]
    assert listing(at, stack, "/tmp/other") == ["644 ./a.txt two"]
    stack.write(program('path="/tmp/other"').replace("app = Files", "app = box or Files"))
    assert stack.up().ok().changes == {"deleted": 1, "same": 2}
    assert at.run(outputs["id"], "ls -d /tmp/other || echo gone").splitlines()[-1] == "gone"
    stack.destroy().ok()
    assert cloud.status()["sandboxes"] == 0


def test_what_was_changed_inside_is_found_by_refresh_and_repaired_by_up(stack: Stack, at: Side) -> None:
    stack.write(program('path="app", files={"a": "1", "b": "2", "c": "3", "d/e": "4"}'))
    stack.up().ok()
    at.run(stack.outputs()["id"], "cd app && echo more >> a && chmod 600 b && rm -r d")
    assert stack.refresh().ok().changes == {"updated": 1, "same": 2}
    shown = stack.preview("--diff").ok().output
    assert all(word in shown for word in ('"changed"', '"missing"', "d/e")), shown
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert listing(at, stack) == ["644 ./a 1", "644 ./b 2", "644 ./c 3", "644 ./d/e 4"]
    at.run(stack.outputs()["id"], "rm -r app")
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 2}
    assert listing(at, stack) == ["644 ./a 1", "644 ./b 2", "644 ./c 3", "644 ./d/e 4"]
    assert stack.up("--refresh", "--expect-no-changes").ok()


def test_a_local_folder_is_kept_in_step(stack: Stack, at: Side) -> None:
    site = stack.folder / "site"
    (site / "css").mkdir(parents=True)
    for path, text in {"index.html": "hello", "css/a b.css": "body", "skip.pyc": "x", "run": "#!/bin/sh"}.items():
        (site / path).write_text(text)
    (site / "binary").write_bytes(bytes(range(256)))
    (site / "run").chmod(0o755)
    declared = program('path="/tmp/site", source="site", exclude=["*.pyc"], files={"index.html": "generated\\n"}')
    stack.write(declared)
    stack.up().ok()
    id = stack.outputs()["id"]
    assert at.run(id, "cd /tmp/site && ls -1 && cat index.html && stat -c %a run && sha256sum < binary").split() == [
        *("binary", "css", "index.html", "run", "generated", "755"),
        *("40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880", "-"),
    ]
    assert stack.up("--refresh", "--expect-no-changes").ok()

    (site / "css/a b.css").write_text("html")
    (site / "run").unlink()
    assert stack.preview().ok().changes == {"updated": 1, "same": 2}
    written = "stat -c '%i %y' /tmp/site/binary"
    before = at.run(id, written)
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert at.run(id, written) == before
    assert at.run(id, "cd /tmp/site && cat 'css/a b.css'; echo; ls").split() == ["html", "binary", "css", "index.html"]

    moved = stack.folder / "moved"
    site.rename(moved)
    site.symlink_to(moved)
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.write(declared.replace('source="site", ', ""))
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert at.run(id, "ls -A /tmp/site").split() == ["index.html"]


def test_they_follow_a_replaced_sandbox_and_are_made_again_with_a_lost_one(stack: Stack, at: Side) -> None:
    declared = program('path="app", files={"a": "1"}')
    stack.write(declared)
    stack.up().ok()
    at.delete(stack.outputs()["id"])
    assert stack.up("--refresh").ok().changes == {"created": 2, "same": 1}
    assert listing(at, stack) == ["644 ./a 1"]
    stack.write(declared.replace('Sandbox("box")', 'Sandbox("box", env={"A": "1"})'))
    assert stack.up().ok().changes == {"replaced": 2, "same": 1}
    assert listing(at, stack) == ["644 ./a 1"]
    urn = next(item["urn"] for item in stack.export()["resources"] if item["type"].endswith("evolve:Files"))
    assert stack.up("--replace", urn).ok().changes == {"replaced": 1, "same": 2}
    assert listing(at, stack) == ["644 ./a 1"]


def test_in_a_sandbox_that_sleeps_they_are_left_alone_and_put_right_when_it_runs(stack: Stack, at: Side) -> None:
    stack.write(program('path="app", files={"a": "1"}'))
    stack.up().ok()
    id = stack.outputs()["id"]
    at.run(id, "echo changed > app/a")
    at.put_to_sleep(id)
    asleep = at.state(id)
    assert stack.up("--refresh", "--expect-no-changes").ok()
    assert at.state(id) == asleep
    stack.write(program('path="app", files={"a": "2"}'))
    refused = stack.up()
    assert refused.code != 0
    assert f"files 'app': update: the sandbox {id} is not running. Start it" in refused.output
    assert at.state(id) == asleep
    at.wake(id)
    stack.write(program('path="app", files={"a": "1"}'))
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 2}
    assert listing(at, stack) == ["644 ./a 1"]
    at.put_to_sleep(id)
    stack.destroy().ok()
    assert at.ids() == []


def test_what_fails_half_way_is_recorded_and_finished_by_the_next_up(stack: Stack, at: Side) -> None:
    """One file cannot be written, as a folder is in its way."""
    secret = 'files={"a": pulumi.Output.secret("s3cret-content"), "b": "1"}'
    stack.write(program('path="app", files={}'))
    stack.up().ok()
    id = stack.outputs()["id"]
    at.run(id, "mkdir -p late/b")
    more = f'\nlate = Files("late", sandbox_id=box.id, path="late", {secret})\npulumi.export("late", late.id)\n'
    stack.write(program('path="app", files={}') + more)
    failed = stack.up()
    assert failed.code != 0
    assert "files 'late': create: " in failed.output, failed.output
    assert "Traceback" not in failed.output, failed.output
    (kept,) = (item for item in stack.export()["resources"] if item["urn"].endswith("::late"))
    assert kept["id"].startswith(id)
    assert kept["initErrors"]
    assert "s3cret-content" not in json.dumps(stack.export()) + failed.output

    at.run(id, "rmdir late/b")
    assert stack.up().ok().changes == {"updated": 1, "same": 3}
    assert listing(at, stack, "late") == ["644 ./a s3cret-content", "644 ./b 1"]
    assert stack.outputs()["late"] == kept["id"]
    assert stack.up("--refresh", "--expect-no-changes").ok()


def test_secret_contents_are_seen_nowhere(stack: Stack, at: Side) -> None:
    declared = program(
        """path="app", files={
            "a": pulumi.Output.secret("s3cret-one"),
            "b": InlineFile(content=pulumi.Output.secret("s3cret-two"), mode="600"),
            "c": "plain",
        }"""
    )
    stack.write(declared)
    shown = stack.up("--diff").ok().output
    assert listing(at, stack) == ["644 ./a s3cret-one", "600 ./b s3cret-two", "644 ./c plain"]
    at.run(stack.outputs()["id"], "rm app/a; echo > app/b")
    shown += stack.refresh("--diff").ok().output + stack.up("--diff").ok().output
    state = json.dumps(stack.export())
    assert "plain" in state
    for secret in ("s3cret-one", "s3cret-two"):
        assert secret not in shown + state


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('path="app", files={"../x": ""}', "files.../x: is not a path below the folder"),
        ('path="app", files={"a": InlineFile(content="", mode="rwx")}', "files.a.InlineFile.mode: String should match"),
        ('path="app", source="nowhere"', "there is no nowhere on this machine"),
    ],
)
def test_what_makes_no_sense_is_refused_at_preview(stack: Stack, arguments: str, words: str) -> None:
    stack.write(program(arguments))
    result = stack.preview()
    assert result.code != 0
    assert words in result.output, result.output
    assert "Traceback" not in result.output
