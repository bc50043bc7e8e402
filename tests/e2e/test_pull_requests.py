"""Pull requests from their opening to their end, through the installed command, at every vendor."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cloud import Cloud
from tests.e2e.pull_request import DEFINITION, PullRequest, Repository
from tests.e2e.sides import SIDES, Side
from tests.github import TOKEN, GitHub, running_github
from tests.preview import get

Opened = Callable[[int], PullRequest]


@pytest.fixture
def github() -> Iterator[GitHub]:
    with running_github() as github:
        yield github


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "origin")


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest, cloud: Cloud) -> Side:
    return SIDES[request.param](cloud)


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
