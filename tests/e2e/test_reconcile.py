"""A folder of definitions and the environments that it describes, through the installed command, at every vendor."""

import os
import signal
import subprocess

from tests.cloud import Cloud
from tests.e2e.evolve_command import Environments
from tests.e2e.sides import Side
from tests.preview import get
from tests.waiting import until

DEFINITION = """
services:
  web:
    command: echo WORDS > index.html && exec python3 -m http.server 3000
    port: 3000
    health: {path: /}
    public: true
"""


def write(environments: Environments, name: str, words: str) -> None:
    folder = environments.folder / "fleet"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(DEFINITION.replace("WORDS", words))


def test_from_a_folder_to_environments_and_back(environments: Environments, side: Side) -> None:
    where = ("--local", "--backend", side.backend)
    write(environments, "alice", "one")
    write(environments, "bob", "two")
    added = environments.run("reconcile", "fleet", *where, "--json").ok()
    assert added.end["environments"] == {"fleet alice": "Added: 2 created", "fleet bob": "Added: 2 created"}
    urls = {event["environment"]: event["urls"]["web"] for event in added.events if event.get("urls")}
    assert (get(urls["alice"]).text, get(urls["bob"]).text) == ("one\n", "two\n")

    again = environments.run("reconcile", "fleet", *where, "--json").ok()
    assert again.end["environments"] == {"fleet alice": "Unchanged", "fleet bob": "Unchanged"}

    write(environments, "alice", "other")
    (environments.folder / "fleet" / "bob.yaml").unlink()
    (environments.folder / "fleet" / "carol.yaml").write_text("services: {web: {comand: x}}\n")
    changed = environments.run("reconcile", "fleet", *where)
    assert changed.code == 1
    assert changed.stderr.startswith("carol: error: fleet/carol.yaml:1:12: services.web.command: is required\n")
    assert changed.stdout.splitlines()[-3:] == [
        "fleet alice  Changed: 1 updated, 1 unchanged",
        "fleet carol  Failed",
        "fleet bob    2 deleted",
    ]
    assert get(urls["alice"]).text == "other\n"
    assert (len(side.ids()), environments.stacks()) == (1, ["fleet/alice"])


def test_what_has_drifted_is_reported_or_repaired(environments: Environments, side: Side) -> None:
    where = ("--local", "--backend", side.backend)
    write(environments, "alice", "one")
    added = environments.run("reconcile", "fleet/alice.yaml", *where, "--json").ok().end
    side.run(side.ids()[0], "pkill -f [h]ttp.server")
    drifted = environments.run("reconcile", "fleet")
    assert drifted.code == 5
    assert "alice: warning: service fleet-web has ended\n" in drifted.stdout
    assert drifted.stdout.endswith("\nfleet alice  Drifted\n")
    assert environments.run("reconcile", "fleet").code == 5

    repaired = environments.run("reconcile", "fleet", "--repair").ok()
    assert repaired.stdout.endswith("\nfleet alice  Repaired: 1 updated, 1 unchanged\n")
    assert get(added["urls"]["web"]).text == "one\n"


def test_one_that_breaks_keeps_its_environment(environments: Environments, cloud: Cloud) -> None:
    write(environments, "alice", "one")
    write(environments, "bob", "two")
    environments.run("reconcile", "fleet", "--local").ok()
    (environments.folder / "fleet" / "alice.yaml").write_text("services: [broken")
    assert environments.run("reconcile", "fleet").code == 1
    assert environments.stacks() == ["fleet/alice", "fleet/bob"]
    assert cloud.status()["sandboxes"] == 2


def test_only_what_came_from_the_folder_is_removed(environments: Environments) -> None:
    write(environments, "alice", "one")
    environments.run("up", "fleet/alice.yaml", "-e", "by-hand", "--local").ok()
    environments.run("reconcile", "fleet", "--local").ok()
    namesake = environments.folder / "elsewhere" / "fleet"
    namesake.mkdir(parents=True)
    environments.run("reconcile", str(namesake)).ok()
    assert environments.stacks() == ["fleet/alice", "fleet/by-hand"]
    (environments.folder / "fleet" / "alice.yaml").unlink()
    environments.run("reconcile", "fleet").ok()
    assert environments.stacks() == ["fleet/by-hand"]


def test_a_folder_is_the_same_in_another_clone(environments: Environments) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=environments.folder, check=True, capture_output=True)

    write(environments, "alice", "one")
    git("init", "-q", "origin")
    git("clone", "-q", "origin", "first")
    git("clone", "-q", "origin", "second")
    (environments.folder / "fleet").rename(environments.folder / "first" / "fleet")
    environments.run("reconcile", "first/fleet", "--local").ok()
    assert environments.stacks() == ["fleet/alice"]
    (environments.folder / "second" / "fleet").mkdir()
    environments.run("reconcile", "second/fleet").ok()
    assert environments.stacks() == []


def test_interrupted_it_begins_no_other(environments: Environments, cloud: Cloud) -> None:
    for number in range(6):
        write(environments, f"worker-{number}", "one")
    cloud.inject(path="/sandbox$", method="POST", delay_seconds=4)
    with environments.start("reconcile", "fleet", "--local", "--json") as running:
        assert running.stdout
        until(lambda: '"phase": "begun"' in running.stdout.readline())  # pyright: ignore[reportOptionalMemberAccess]
        os.kill(running.pid, signal.SIGINT)
        out, errors = running.communicate(timeout=90)
    assert running.returncode == 130, out + errors
    assert "Traceback" not in out + errors
    cloud.heal()
    environments.run("reconcile", "fleet", "--local").ok()
    assert cloud.status()["sandboxes"] == 6


def test_two_files_of_one_environment_are_refused(environments: Environments) -> None:
    write(environments, "alice", "one")
    (environments.folder / "fleet" / "alice.yml").write_text(DEFINITION)
    refused = environments.run("reconcile", "fleet", "--local")
    assert (refused.code, environments.stacks()) == (2, [])
    assert refused.stderr == (
        "error: fleet/alice.yaml and alice.yml are both fleet alice. Rename one, or take it away.\n"
    )
