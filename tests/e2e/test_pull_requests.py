"""Pull requests from their opening to their end, through the installed command, at every vendor."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.bucket import bucket
from tests.cloud import Cloud
from tests.e2e.evolve_command import COMMAND
from tests.e2e.pull_request import DEFINITION, PullRequest, Repository
from tests.e2e.sides import Side
from tests.github import TOKEN, GitHub, running_github
from tests.preview import get
from tests.waiting import until

ACTION = Path(__file__).parents[2] / "action.yml"
Opened = Callable[[int], PullRequest]


@pytest.fixture
def github() -> Iterator[GitHub]:
    with running_github() as github:
        yield github


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "origin")


@pytest.fixture
def ask(repository: Repository, github: GitHub, tmp_path: Path, cloud: Cloud) -> Opened:
    def make(number: int) -> PullRequest:
        asked = PullRequest(number, repository, github, tmp_path, cloud)
        asked.arguments = ("--local",)
        return asked

    return make


def test_opened_pushed_and_closed(ask: Opened, side: Side, github: GitHub) -> None:
    asked = ask(42)
    asked.arguments = ("--local", "--backend", side.backend)
    github.say(42, "<!-- evolve-pulumi: shop -->\nmine, all mine")
    github.say(42, "nice")
    first = asked.push({"page.html": "first"})
    asked.run("opened").ok()
    url = asked.output("url")
    assert get(url).text == "first"
    assert json.loads(asked.output("urls")) == {"web": url}
    (id,) = side.ids()
    *others, comment = github.bodies(42)
    assert others == ["<!-- evolve-pulumi: shop -->\nmine, all mine", "nice"]
    assert f"[`{first[:7]}`](https://github.example/acme/shop/commit/{first}) is up." in comment
    assert f"| web | {url} |" in comment
    assert "+ sandbox shop created" in comment
    assert asked.output("expires_at")[:16].replace("T", " ") in comment
    assert "(https://github.example/acme/shop/actions/runs/77)" in comment
    assert asked.summary.read_text() == f"{comment}\n"

    second = asked.push({"page.html": "second"})
    asked.run("synchronize").ok()
    assert get(url).text == "second"
    assert (asked.output("url"), side.ids()) == (url, [id])
    assert github.bodies(42)[:2] == others
    (comment,) = github.bodies(42)[2:]
    assert f"`{second[:7]}`" in comment
    assert "~ git_repository shop-app updated in place" in comment
    assert "created" not in comment

    asked.run("closed").ok()
    assert (side.ids(), side.volumes(), asked.environments.stacks()) == ([], {}, [])
    (comment,) = github.bodies(42)[2:]
    assert "There is no environment: the pull request is closed." in comment
    assert url not in comment
    assert "- sandbox shop deleted" in comment


def test_two_at_once_each_have_their_own(ask: Opened, cloud: Cloud) -> None:
    asked = [ask(1), ask(2)]
    for each in asked:
        each.push({"page.html": f"page of {each.number}"})
    definitions = [str(each.happens("opened")) for each in asked]
    first, second = (
        each.environments.start("pr", "up", definition, "--local")
        for each, definition in zip(asked, definitions, strict=True)
    )
    with first, second:
        out = [running.communicate(timeout=120) for running in (first, second)]
        assert (first.returncode, second.returncode) == (0, 0), out
    urls = [each.output("url") for each in asked]
    assert [get(url).text for url in urls] == ["page of 1", "page of 2"]
    asked[0].run("closed").ok()
    assert (asked[0].environments.stacks(), cloud.status()["sandboxes"]) == (["shop/pr-2"], 1)
    assert get(urls[1]).text == "page of 2"
    assert "There is no environment" in asked[0].comments()[0]
    assert urls[1] in asked[1].comments()[0]


def test_the_state_can_be_in_s3(ask: Opened, cloud: Cloud, tmp_path: Path) -> None:
    asked = ask(3)
    with bucket("states") as variables:
        asked.environments.env |= variables | {"PULUMI_CONFIG_PASSPHRASE": "tests"}
        asked.push({"page.html": "first"})
        asked.run("opened").ok()
        asked.push({"page.html": "second"})
        asked.run("synchronize").ok()
        assert get(asked.output("url")).text == "second"
        assert len(asked.comments()) == 1
        asked.run("closed").ok()
        assert (cloud.status()["sandboxes"], asked.environments.states.exists()) == (0, False)
        assert asked.environments.run("status", str(tmp_path / "origin" / "evolve.yaml"), "--pr", "3").code == 4


def test_the_policy_is_the_base_branchs(ask: Opened, repository: Repository) -> None:
    asked = ask(4)
    asked.environments.env["TOKEN"] = "hunter2"
    uses = DEFINITION.replace("public: true", 'public: true\n    env: {TOKEN: "${{ secrets.TOKEN }}"}')
    asked.push({"evolve.yaml": uses, "evolve.policy.yaml": "secrets: [TOKEN]\n"})
    refused = asked.run("opened")
    assert refused.code == 2
    assert "secrets.TOKEN is not among the names that the policy allows" in refused.stderr
    (comment,) = asked.comments()
    assert "could not be brought up" in comment
    assert "secrets.TOKEN is not among the names that the policy allows" in comment
    assert asked.environments.stacks() == []

    repository.commit({"evolve.policy.yaml": "secrets: [TOKEN]\n"})
    asked.push({"evolve.yaml": uses.replace("mkdir", "echo $TOKEN hunter2; exit 1; mkdir")})
    failed = asked.run("synchronize")
    assert failed.code == 1
    assert "***" in asked.comments()[0]
    asked.push({"evolve.yaml": uses})
    asked.run("synchronize").ok()
    written = [asked.summary, asked.outputs, *asked.environments.states.rglob("*")]
    assert not [file for file in written if file.is_file() and b"hunter2" in file.read_bytes()]
    assert not [body for body in asked.comments() if "hunter2" in body]
    assert (TOKEN in refused.stdout + refused.stderr, TOKEN in asked.comments()[0]) == (False, False)


def test_a_fork_is_allowed_by_a_label_for_the_commit_that_it_was_put_on(ask: Opened, github: GitHub) -> None:
    asked = ask(5)
    asked.head_repository = "stranger/shop"
    first = asked.push({"page.html": "first"})
    said = asked.run("opened").ok()
    assert (asked.environments.stacks(), github.calls) == ([], [])
    for place in (said.stderr, asked.summary.read_text()):
        assert f"`{first[:7]}`" in place
        assert "comes from a fork and is not brought up, unless a maintainer puts the label `preview` on" in place
    asked.run("labeled", label="bug").ok()
    assert (asked.environments.stacks(), github.calls) == ([], [])

    asked.run("labeled", label="preview").ok()
    url = asked.output("url")
    assert get(url).text == "first"
    asked.push({"page.html": "evil"})
    asked.run("synchronize").ok()
    assert get(url).text == "first"
    assert github.labels[5] == {"bug"}
    (comment,) = asked.comments()
    assert "is not brought up, unless" in comment
    assert f"| web | {url} |" in comment

    before = asked.happens("labeled", "preview")
    asked.push({"page.html": "third"})
    asked.happens("labeled", "preview")
    other = asked.environments.run("pr", "up", str(before), "--local")
    assert other.code == 2
    assert "which the label was put on" in other.stderr
    asked.head_repository = None
    asked.run("closed").ok()
    assert asked.environments.stacks() == []


def test_a_label_says_nothing_about_the_repositorys_own(ask: Opened, github: GitHub) -> None:
    asked = ask(6)
    asked.push({"page.html": "first"})
    for action, label in (("labeled", "bug"), ("unlabeled", "preview")):
        said = asked.run(action, label=label).ok()
        assert said.stderr == "this event changes nothing\n"
    again = asked.environments.run("pr", "up", str(asked.happens("closed")), "--local").ok()
    assert again.stderr == "this event changes nothing\n"
    assert (asked.environments.stacks(), github.calls, asked.summary.exists()) == ([], [], False)


def test_a_failure_shows_why_and_leaves_what_was_there(ask: Opened, cloud: Cloud) -> None:
    asked = ask(7)
    asked.push({"page.html": "first"})
    asked.run("opened").ok()
    url = asked.output("url")
    broken = asked.push({"page.html": None})
    failed = asked.run("synchronize")
    assert failed.code == 1
    (comment,) = asked.comments()
    assert f"**[`{broken[:7]}`](https://github.example/acme/shop/commit/{broken}) could not be brought up.**" in comment
    assert "cp: cannot stat 'app/page.html'" in comment
    assert f"| web | {url} |" in comment.partition("What was there before:")[2]
    assert get(url).text == "first"
    asked.push({"evolve.yaml": "name: shop\nservices: {web: {comand: x, port: 3000}}\n"})
    wrong = asked.run("synchronize")
    assert wrong.code == 2
    assert "evolve.yaml:2:18: services.web.comand: is not known here; did you mean command?" in asked.comments()[0]
    assert get(url).text == "first"
    asked.push({"evolve.yaml": DEFINITION, "page.html": "mended"})
    asked.run("synchronize").ok()
    assert get(url).text == "mended"
    assert cloud.status()["sandboxes"] == 1


def test_what_is_cancelled_says_so_and_the_next_job_goes_on(ask: Opened) -> None:
    asked = ask(16)
    asked.push({"page.html": "first", "evolve.yaml": DEFINITION.replace("mkdir", "sleep 3; mkdir")})
    with asked.environments.start("pr", "up", str(asked.happens("opened")), "--local") as running:
        assert running.stdout
        until(lambda: "git_repository shop-app created" in running.stdout.readline())  # pyright: ignore[reportOptionalMemberAccess]
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)
        assert running.returncode == 130, out + err
    assert "was interrupted on its way up" in asked.comments()[0]
    asked.push({"evolve.yaml": DEFINITION})
    asked.run("synchronize").ok()
    assert get(asked.output("url")).text == "first"
    assert len(asked.comments()) == 1


def test_what_cannot_be_said_at_github_is_no_failure(ask: Opened, github: GitHub) -> None:
    asked = ask(8)
    asked.push({"page.html": "first"})
    github.read_only = True
    up = asked.run("opened").ok()
    assert "warning: the comment was not written: GitHub answered 403" in up.stderr
    assert "`permissions: pull-requests: write`" in up.stderr
    assert get(asked.output("url")).text == "first"
    github.read_only, github.failures = False, 2
    assert asked.run("synchronize").ok().stderr == ""
    assert len(asked.comments()) == 1
    asked.environments.env["GITHUB_TOKEN"] = "ghs_other"
    said = asked.run("closed").ok()
    assert "GitHub answered 401" in said.stderr
    assert "ghs_other" not in said.stdout + said.stderr
    assert asked.environments.stacks() == []


def test_a_comment_whose_answer_was_lost_is_not_made_twice(ask: Opened, github: GitHub) -> None:
    asked = ask(9)
    asked.push({"page.html": "first"})
    github.lost_answers = 1
    definition = asked.happens("opened")
    asked.environments.run("pr", "comment", str(definition)).ok()
    (comment,) = asked.comments()
    assert "There is no environment." in comment
    asked.environments.run("pr", "up", str(definition), "--local").ok()
    asked.environments.run("pr", "comment", str(definition)).ok()
    (comment,) = asked.comments()
    assert asked.output("url") in comment


def test_the_base_branch_names_the_project(ask: Opened, github: GitHub) -> None:
    asked = ask(10)
    asked.push({"page.html": "first", "evolve.yaml": DEFINITION.replace("name: shop", "name: other")})
    asked.run("opened").ok()
    assert asked.environments.stacks() == ["shop/pr-10"]
    asked.push({"evolve.yaml": None})
    assert asked.run("synchronize").code == 2
    asked.run("closed").ok()
    assert asked.environments.stacks() == []
    asked.run("closed").ok()
    assert "There is no environment: the pull request is closed." in asked.comments()[0]
    never = ask(11)
    never.push({"page.html": "first"})
    never.run("closed", "--project", "shop").ok()
    assert github.bodies(11) == []


def test_a_link_leads_to_no_definition(ask: Opened, tmp_path: Path) -> None:
    asked = ask(12)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "evolve.yaml").write_text(DEFINITION)
    asked.push({"page.html": "first"})
    definition = asked.happens("opened")
    (definition.parent / "inner").symlink_to(tmp_path / "elsewhere")
    refused = asked.environments.run("pr", "up", str(definition.parent / "inner" / "evolve.yaml"), "--local")
    assert (refused.code, asked.environments.stacks()) == (2, [])
    assert "inner is a link" in refused.stderr


def test_outside_of_a_job_it_says_so(ask: Opened) -> None:
    asked = ask(13)
    definition = str(asked.repository.folder / "evolve.yaml")
    for variable in ("GITHUB_TOKEN", "GITHUB_EVENT_PATH"):
        asked.push({"page.html": variable})
        asked.happens("opened")
        value = asked.environments.env.pop(variable)
        said = asked.environments.run("pr", "up", definition)
        asked.environments.env[variable] = value
        assert said.code == 2
        assert said.stderr.startswith(f"error: {variable} is not set. ")
        assert said.stderr.count("\n") == 1
    asked.environments.env["RUNNER_ENVIRONMENT"] = "github-hosted"
    lost = asked.run("opened")
    assert (lost.code, "the states would be gone with this runner" in lost.stderr) == (2, True)
    Path(asked.environments.env["GITHUB_EVENT_PATH"]).write_text('{"action": "created"}')
    said = asked.environments.run("pr", "up", definition)
    assert (said.code, "has no pull request" in said.stderr) == (2, True)


def test_the_action_runs_the_command(ask: Opened, repository: Repository, tmp_path: Path) -> None:
    asked = ask(14)
    asked.push({"page.html": "first"})
    (program := tmp_path / "evolve-pulumi" / "bin" / "evolve-pulumi").parent.mkdir(parents=True)
    program.symlink_to(COMMAND)
    script = yaml.safe_load(ACTION.read_text())["runs"]["steps"][-1]["run"]

    def job(command: str, definition: str, backend: str = "") -> "subprocess.CompletedProcess[str]":
        inputs = {"COMMAND": command, "DEFINITION": definition, "BACKEND": backend, "LABEL": "preview"}
        env = asked.environments.env | inputs | {"RUNNER_TEMP": str(tmp_path)}
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(bash, cwd=tmp_path, env=env, capture_output=True, text=True)

    repository.commit({"evolve.yaml": DEFINITION})
    definition = str(asked.happens("opened"))
    asked.environments.run("up", definition, "--pr", "14", "--local").ok()
    assert job("up", definition, "daytona").returncode == 0
    assert get(asked.output("url")).text == "first"
    assert job("comment", definition).returncode == 0
    assert job("close", definition).returncode == 0
    assert asked.environments.stacks() == []
    wrong = job("up; touch pwned", "$(touch pwned)")
    assert (wrong.returncode, "command is up, close, comment or sweep" in wrong.stderr) == (2, True)
    assert job("comment", "`touch pwned`").returncode == 2
    assert not (tmp_path / "pwned").exists()
