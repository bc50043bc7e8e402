"""Environments from definitions, through the installed command and the real engine, at every vendor."""

import json
import os
import pty
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.bucket import bucket
from tests.cloud import Cloud
from tests.e2e.evolve_command import COMMAND, Environments
from tests.e2e.sides import Side
from tests.preview import get
from tests.pulumi_engine import engine_folder
from tests.waiting import until

DEFINITION = """
name: shop
env: {GREETING: hello}
volumes:
  data: {mount_path: /data}
services:
  web:
    command: echo "$GREETING $WHO" > index.html && exec python3 -m http.server 3000
    port: 3000
    env: {WHO: you}
    health: {path: /}
    public: true
lifetime: 3d
"""
SLOW = """
name: slow
services:
  first: {command: sleep 4; exec python3 -m http.server 3000, port: 3000}
  second: {command: exec python3 -m http.server 3001, port: 3001, depends_on: [first]}
"""


def test_from_nothing_to_nothing(environments: Environments, side: Side) -> None:
    environments.write(DEFINITION)
    where = ("--local", "--backend", side.backend)
    would = environments.run("preview", "--pr", "42", "--exit-code", *where)
    assert would.code == 5
    assert "+ service shop-web would be created" in would.stdout
    assert (side.ids(), environments.stacks()) == ([], [])

    up = environments.run("up", "--pr", "42", "--json", *where).ok().end
    assert (up["result"], up["counts"]) == ("succeeded", {"create": 3})
    assert get(up["urls"]["web"]).text == "hello you\n"
    assert len(side.ids()) == 1

    again = environments.run("up", "--pr", "42", "--json").ok().end
    assert (again["counts"], again["urls"]) == ({"keep": 3}, up["urls"])
    assert again["expires_at"] > up["expires_at"]

    environments.write(DEFINITION.replace("WHO: you", "WHO: them"))
    changed = environments.run("up", "--pr", "42").ok().stdout
    assert "~ service shop-web updated with a restart: env.WHO" in changed
    assert "1 updated, 2 unchanged" in changed
    assert get(up["urls"]["web"]).text == "hello them\n"

    environments.write("name: shop\nservices: [this is broken")
    gone = environments.run("destroy", "--pr", "42", "--json").ok().end
    assert (gone["counts"], side.ids(), side.volumes(), environments.stacks()) == ({"delete": 3}, [], {}, [])


def test_one_without_services(environments: Environments) -> None:
    environments.write("name: desk\n")
    assert environments.run("up", "--local", "--json").ok().end["urls"] == {}
    assert "no drift" in environments.run("status").ok().stdout
    environments.run("destroy").ok()


def test_what_is_destroyed_leaves_nothing(environments: Environments, cloud: Cloud) -> None:
    environments.write(DEFINITION)
    environments.run("up", "--local", "-e", "one").ok()
    environments.run("up", "--local", "-e", "two").ok()
    assert environments.stacks() == ["shop/one", "shop/two"]
    environments.write(DEFINITION.replace("port: 3000", "port: nonsense"))
    assert environments.run("destroy", "-e", "one", "--json").ok().end["counts"] == {"delete": 3}
    assert environments.stacks() == ["shop/two"]
    assert cloud.status()["sandboxes"] == 1
    environments.run("destroy", "-e", "two").ok()
    assert (cloud.status()["sandboxes"], cloud.status()["volumes"], environments.stacks()) == (0, 0, [])
    again = environments.run("destroy", "-e", "two").ok()
    assert "there is no environment two of shop" in again.stdout


def test_status_logs_and_open(environments: Environments, side: Side) -> None:
    environments.write(DEFINITION)
    assert environments.run("status").code == 4
    url = environments.run("up", "--local", "--backend", side.backend, "--ttl", "2h", "--json").ok().end["urls"]["web"]
    get(url)
    assert "GET / HTTP/1.1" in environments.run("logs").ok().stdout
    assert environments.run("open", "--print").ok().stdout.strip() == url
    wrong = environments.run("logs", "--service", "wb")
    assert (wrong.code, wrong.stderr) == (2, "error: there is no service wb. There are: web.\n")
    said = environments.run("status").ok().stdout
    assert f"web: {url}\n" in said
    assert re.search(rf"^sandbox shop: {side.running}, 0 minutes old, at {side.backend}, ", said, re.MULTILINE)
    assert re.search(r"^expires: 20", said, re.MULTILINE)
    assert said.endswith("no drift\n")

    side.run(side.ids()[0], "pkill -f [h]ttp.server")
    drifted = environments.run("status", "--exit-code")
    assert (drifted.code, drifted.stdout.splitlines()[-1]) == (5, "drift: service shop-web has ended")
    assert environments.run("up", "--json").ok().end["counts"] == {"keep": 2, "update": 1}
    assert get(url).text == "hello you\n"
    side.delete(side.ids()[0])
    gone = environments.run("status")
    assert "sandbox shop: gone" in gone.ok().stdout
    assert "drift: sandbox shop is gone" in gone.stdout


def test_what_is_stopped_runs_again_with_its_services(environments: Environments, side: Side) -> None:
    environments.write(DEFINITION)
    where = ("--local", "--backend", side.backend)
    url = environments.run("up", *where, "--json").ok().end["urls"]["web"]
    side.put_to_sleep(side.ids()[0])
    environments.run("up").ok()
    assert get(url).text == "hello you\n"


def test_a_failure_shows_why_and_the_next_run_goes_on(environments: Environments) -> None:
    environments.write(DEFINITION.replace("exec python3", "echo this is why >&2; exit 3; python3"))
    failed = environments.run("up", "--local")
    assert failed.code == 1
    assert "the command ended before it was ready" in failed.stderr
    assert "this is why" in failed.stderr
    assert "Traceback" not in failed.stderr + failed.stdout
    environments.write(DEFINITION)
    assert environments.run("up", "--json").ok().end["counts"] == {"keep": 2, "create": 1}


def test_a_broken_definition_is_refused_before_anything_is_made(environments: Environments) -> None:
    environments.write("services:\n  web: {comand: x, port: 3000}\n")
    refused = environments.run("up", "--local")
    assert refused.code == 2
    assert "evolve.yaml:2:9: services.web.comand: is not known here; did you mean command?" in refused.stderr
    assert environments.stacks() == []


def test_secrets_come_by_policy_and_stay_secret(tmp_path: Path, cloud: Cloud) -> None:
    environments = Environments(tmp_path, cloud, {"TOKEN": "hunter2", "DAYTONA_API_KEY": "unused"})
    environments.write(DEFINITION.replace("WHO: you", 'WHO: "${{ secrets.TOKEN }}"'))
    refused = environments.run("up", "--local", "--pr", "1")
    assert refused.code == 2
    assert "secrets.TOKEN is not among the names that the policy allows" in refused.stderr
    policy = tmp_path / "policy.yaml"
    policy.write_text("secrets: [TOKEN]\n")
    up = environments.run("up", "--local", "--pr", "1", "--policy", str(policy), "--json").ok()
    assert get(up.end["urls"]["web"]).text == "hello hunter2\n"
    states = [file for file in environments.states.rglob("*") if file.is_file()]
    assert states
    assert not [file for file in states if b"hunter2" in file.read_bytes()]
    assert "hunter2" not in up.stdout + up.stderr


def test_interrupted_it_finishes_what_it_began_and_the_next_run_goes_on(environments: Environments) -> None:
    environments.write(SLOW)
    with environments.start("up", "--local", "--json") as running:
        assert running.stdout
        until(lambda: '"slow-first"' in running.stdout.readline())  # pyright: ignore[reportOptionalMemberAccess]
        second = environments.run("up", "--local")
        os.killpg(running.pid, signal.SIGINT)
        out, _ = running.communicate(timeout=60)
        assert running.returncode == 130, out
    assert second.code == 3
    assert "another run of" in second.stderr
    assert "--take-over" in second.stderr
    assert '"result": "interrupted"' in out
    assert environments.run("up", "--json").ok().end["counts"] == {"keep": 2, "create": 1}


def test_a_second_run_waits_where_it_is_told_to(environments: Environments) -> None:
    environments.write(SLOW)
    with environments.start("up", "--local", "--json") as running:
        assert running.stdout
        until(lambda: '"slow-first"' in running.stdout.readline())  # pyright: ignore[reportOptionalMemberAccess]
        second = environments.run("up", "--local", "--json", "--wait", "60").ok()
        running.communicate(timeout=60)
        assert running.returncode == 0
    assert second.end["counts"] == {"keep": 3}


def test_a_killed_run_is_taken_over(environments: Environments, cloud: Cloud) -> None:
    environments.write(SLOW)
    with environments.start("up", "--local", "--json") as running:
        assert running.stdout
        until(lambda: '"slow-first"' in running.stdout.readline())  # pyright: ignore[reportOptionalMemberAccess]
        running.kill()
        running.communicate()
    until(lambda: not [each for each in cloud.calls() if each["status"] is None])
    assert environments.run("up", "--json").code == 3
    up = environments.run("up", "--take-over", "--json").ok()
    assert (
        get(
            up.end["urls"]["second"],
        ).status_code
        != 502
    )
    environments.run("destroy").ok()


def test_in_a_terminal_it_shows_what_is_under_way(environments: Environments) -> None:
    environments.write(SLOW)
    shown = b""

    def read(descriptor: int) -> bytes:
        nonlocal shown
        shown += (data := os.read(descriptor, 4096))
        return data

    before = dict(os.environ)
    os.environ.update(environments.env | {"TERM": "xterm", "COLUMNS": "100"})
    try:
        status = pty.spawn([str(COMMAND), "up", str(environments.file), "--local"], read)
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert os.waitstatus_to_exitcode(status) == 0
    text = shown.decode()
    assert "service slow-first: create" in text
    assert "+ sandbox slow created" in text
    assert not re.search(r": create(\x1b\[\d+m)?[+ ]", text), "a line was written behind one that is under way"
    assert len(set(re.findall("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", text))) > 1, "nothing moved"


def test_the_state_can_be_in_s3(tmp_path: Path, cloud: Cloud) -> None:
    with bucket("states") as variables:
        environments = Environments(tmp_path, cloud, variables)
        environments.write(DEFINITION)
        refused = environments.run("up", "--local")
        assert refused.code == 2
        assert "there is no passphrase" in refused.stderr
        environments.env["PULUMI_CONFIG_PASSPHRASE"] = "tests"
        up = environments.run("up", "--local", "--json").ok().end
        assert get(up["urls"]["web"]).status_code == 200
        assert environments.run("up", "--json").ok().end["counts"] == {"keep": 3}
        environments.run("destroy").ok()
        assert (cloud.status()["sandboxes"], environments.states.exists()) == (0, False)


def test_an_engine_that_is_only_in_the_cache_is_found(environments: Environments) -> None:
    """Where the tests' engine is in the cache, nothing on PATH is needed."""
    if not Path(engine_folder()).is_relative_to(Path.home() / ".cache"):
        pytest.skip("this machine's engine is not the engine kit's")
    environments.env["PATH"] = environments.env["PATH"].removeprefix(f"{engine_folder()}{os.pathsep}")
    environments.write(DEFINITION)
    environments.run("up", "--local").ok()


def test_the_example_and_its_schema(tmp_path: Path, cloud: Cloud) -> None:
    environments = Environments(tmp_path, cloud)
    example = Path(__file__).parents[2] / "examples" / "environment" / "evolve.yaml"
    up = environments.run("up", str(example), "--local", "--json").ok().end
    assert get(up["urls"]["web"]).text == "<h1>Guestbook</h1>\n"
    assert get(f"{up['urls']['api']}/entries.json").text == '["first"]\n'
    environments.run("destroy", str(example)).ok()
    assert (cloud.status()["sandboxes"], cloud.status()["volumes"]) == (0, 0)
    schema: Any = json.loads(environments.run("schema").ok().stdout)
    assert "lifetime" in schema["properties"]


def test_a_push_moves_the_code_and_keeps_the_url(environments: Environments, side: Side) -> None:
    git = ["git", "-C", str(environments.folder), "-c", "user.name=test", "-c", "user.email=test@example.com"]

    def commit(page: str) -> None:
        (environments.folder / "page.html").write_text(page)
        subprocess.run([*git, "add", "page.html"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", page], check=True)

    subprocess.run([*git, "init", "--quiet"], check=True)
    commit("one")
    environments.write("""
name: site
sources:
  app: {git: ., path: app}
  settings: {files: {banner: " in review"}, path: settings}
setup:
  build: {command: mkdir -p out && cat app/page.html settings/banner > out/index.html}
services:
  web: {command: exec python3 -m http.server 3000, port: 3000, working_directory: out, public: true}
""")
    where = ("--local", "--backend", side.backend, "--pr", "7", "--json")
    first = environments.run("up", *where).ok().end
    assert (first["counts"], get(first["urls"]["web"]).text) == ({"create": 5}, "one in review")
    assert environments.run("up", *where).ok().end["counts"] == {"keep": 5}
    commit("two")
    second = environments.run("up", *where).ok().end
    assert second["counts"] == {"keep": 2, "update": 3}
    assert second["urls"] == first["urls"]
    assert get(second["urls"]["web"]).text == "two in review"
    environments.run("destroy", "--pr", "7").ok()
    assert side.ids() == []


def test_without_any_backend_it_says_once_what_to_do(environments: Environments) -> None:
    environments.write(DEFINITION)
    failed = environments.run("up")
    assert failed.code == 1
    assert failed.stderr.count("no sandbox backend is configured") == 1
    assert "--local of `evolve-pulumi up`" in failed.stderr
