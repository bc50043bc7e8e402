"""Volumes that are filled once, when they are fresh, and keep what is in them ever after."""

from pathlib import Path

import pytest

from tests.e2e.evolve_command import Environments
from tests.e2e.sides import Side
from tests.preview import get
from tests.sources.repository import Repository

DEFINITION = """
name: shop
dockerfile: |
  FROM evolve/local:1
  RUN mkdir -p /srv/pictures/small && echo logo > /srv/pictures/small/logo
env: {KIND: small}
volumes:
  data: {mount_path: /data, seed_command: bash app/seed.sh}
  pictures: {mount_path: /pictures, seed_folder: /srv/pictures}
sources:
  app: {git: code, path: app}
setup:
  count: {command: wc -l < /data/rows > count}
services:
  web:
    command: |
      mkdir -p site && cd site && ln -sfn /data /pictures ~/app/page ~/count .
      exec python3 -m http.server 3000
    port: 3000
    public: true
"""
SEED = "for row in first second; do echo $row >> /data/rows; done"
NEEDY_SEED = "echo half >> /data/rows; test $KIND = large || { echo no more >&2; exit 7; }; echo whole >> /data/rows"
MORTAL_SEED = "echo row >> /data/rows; test -e ~/again || { touch ~/again; kill -9 $PPID; }"


@pytest.fixture(autouse=True)
def defined(environments: Environments) -> None:
    environments.write(DEFINITION)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "code")


def test_it_is_filled_once_and_keeps_what_is_done_to_it(
    environments: Environments, repository: Repository, side: Side
) -> None:
    where = ("--local", "--backend", side.backend, "--json")
    repository.commit(**{"seed.sh": SEED, "page": "one"})
    url = environments.run("up", *where).ok().end["urls"]["web"]
    assert get(f"{url}/data/rows").text == "first\nsecond\n"
    assert get(f"{url}/count").text.strip() == "2"
    assert get(f"{url}/pictures/small/logo").text == "logo\n"

    side.run(side.ids()[0], "echo third >> /data/rows; echo new > /pictures/small/logo")
    assert "9 unchanged" in environments.run("up").ok().stdout

    repository.commit(page="two")
    environments.run("up", *where).ok()
    assert get(f"{url}/page").text == "two\n"
    assert get(f"{url}/data/rows").text == "first\nsecond\nthird\n"

    before = side.ids()
    other_seed = "echo another >> /data/rows"
    environments.write(DEFINITION.replace("KIND: small", "KIND: large").replace("bash app/seed.sh", other_seed))
    url = environments.run("up", *where).ok().end["urls"]["web"]
    assert len(side.ids()) == 1
    assert side.ids() != before
    assert get(f"{url}/data/rows").text == "first\nsecond\nthird\n"
    assert get(f"{url}/count").text.strip() == "3"
    assert get(f"{url}/pictures/small/logo").text == "new\n"

    environments.run("destroy").ok()
    assert (side.ids(), side.volumes()) == ([], {})


def test_one_that_failed_begins_again_where_the_sandbox_was_the_reason(
    environments: Environments, repository: Repository, side: Side
) -> None:
    where = ("--local", "--backend", side.backend)
    repository.commit(**{"seed.sh": NEEDY_SEED, "page": "one"})
    failed = environments.run("up", *where)
    assert failed.code == 1
    assert "shop-data-seed" in failed.stderr
    assert "the command failed with exit code 7" in failed.stderr
    assert "no more" in failed.stderr
    assert side.run(side.ids()[0], "ls -A /data") == ""

    environments.write(DEFINITION.replace("KIND: small", "KIND: large"))
    url = environments.run("up", *where, "--json").ok().end["urls"]["web"]
    assert get(f"{url}/data/rows").text == "half\nwhole\n"
    environments.run("destroy").ok()


def test_one_that_was_killed_begins_again(environments: Environments, repository: Repository, side: Side) -> None:
    where = ("--local", "--backend", side.backend)
    repository.commit(**{"seed.sh": MORTAL_SEED, "page": "one"})
    assert environments.run("up", *where).code == 1
    assert side.run(side.ids()[0], "cat /data/rows") == "row\n"
    url = environments.run("up", *where, "--json").ok().end["urls"]["web"]
    assert get(f"{url}/data/rows").text == "row\n"
    environments.run("destroy").ok()


def test_what_has_data_already_is_left_alone(environments: Environments, side: Side) -> None:
    where = ("--local", "--backend", side.backend)
    environments.write("name: shop\nvolumes: {data: {mount_path: /data}}\n")
    environments.run("up", *where).ok()
    side.run(side.ids()[0], "echo mine > /data/rows")
    environments.write("name: shop\nvolumes: {data: {mount_path: /data, seed_command: echo more >> /data/rows}}\n")
    refused = environments.run("up", *where)
    assert refused.code == 1
    assert "/data has something in it, and a volume is seeded only as long as it is empty.\n" in refused.stderr
    assert "Take the seed away, or give the volume another name." in refused.stderr
    assert side.run(side.ids()[0], "cat /data/rows") == "mine\n"
    environments.run("destroy").ok()
