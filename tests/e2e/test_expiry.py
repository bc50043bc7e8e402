"""Environments whose time is over: swept with their stacks, and ended by the vendor where nobody sweeps."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bucket import bucket
from tests.cloud import Cloud
from tests.e2e.evolve_command import Environments
from tests.e2e.sides import SIDES, Side
from tests.preview import get

DEFINITION = """
name: shop
volumes:
  data: {mount_path: /data}
services:
  web: {command: exec python3 -m http.server 3000, port: 3000, health: {path: /}, public: true}
lifetime: 2h
"""


def in_hours(hours: float) -> str:
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def test_what_is_abandoned_is_swept_with_its_stack(environments: Environments, side: Side) -> None:
    environments.write(DEFINITION)
    where = ("--local", "--backend", side.backend)
    environments.run("up", "--pr", "1", *where).ok()
    kept = environments.run("up", "--pr", "2", "--ttl", "20h", *where, "--json").ok().end["urls"]["web"]
    assert environments.run("sweep", "--expired").ok().stdout == "Nothing has expired.\n"

    would = environments.run("sweep", "--expired", "--dry-run", "--as-of", in_hours(3))
    assert (would.code, would.stdout.split("  ")[0]) == (5, "shop pr-1")
    assert environments.stacks() == ["shop/pr-1", "shop/pr-2"]

    swept = environments.run("sweep", "--expired", "--as-of", in_hours(3), "--json").ok()
    assert swept.end["environments"] == {"shop pr-1": "3 deleted"}
    assert environments.stacks() == ["shop/pr-2"]
    assert (len(side.ids()), len(side.volumes())) == (1, 1)
    assert get(kept).status_code == 200


def test_behind_it_stands_the_vendors_own_limit_which_each_up_renews(
    environments: Environments, cloud: Cloud, side: Side
) -> None:
    environments.write(DEFINITION)
    url = environments.run("up", "--local", "--backend", side.backend, "--json").ok().end["urls"]["web"]
    cloud.advance(minutes=90)
    again = environments.run("up", "--json").ok().end
    assert again["counts"] == {"keep": 3}
    cloud.advance(minutes=90)
    assert get(url).status_code == 200

    cloud.advance(minutes=31)
    assert side.ids() == []
    assert environments.run("sweep", "--expired", "--as-of", in_hours(4)).ok()
    assert (environments.stacks(), side.volumes()) == ([], {})


def test_a_label_says_when_where_labels_can_be_changed(environments: Environments, cloud: Cloud) -> None:
    side = SIDES["daytona"](cloud)
    environments.write(DEFINITION)
    end = environments.run("up", "--local", "--backend", "daytona", "--json").ok().end
    assert side.labels(side.ids()[0])["evolve-expires-at"] == end["expires_at"]
    later = environments.run("up", "--ttl", "5h", "--json").ok().end
    assert side.labels(side.ids()[0])["evolve-expires-at"] == later["expires_at"] > end["expires_at"]
    assert f"expires: {later['expires_at']}\n" in environments.run("status").ok().stdout
    environments.write(DEFINITION.replace("lifetime: 2h", "daytona: {auto_stop_minutes: 0}"))
    assert environments.run("up", "--json").ok().end["counts"] == {"keep": 2, "update": 1}
    assert "evolve-expires-at" not in side.labels(side.ids()[0])
    cloud.advance(minutes=24 * 60)
    assert len(side.ids()) == 1


def test_another_time_to_live_changes_nothing_else(environments: Environments, cloud: Cloud, side: Side) -> None:
    environments.write(DEFINITION.replace("2h", "6h"))
    url = environments.run("up", "--local", "--backend", side.backend, "--json").ok().end["urls"]["web"]
    assert environments.run("up", "--ttl", "20h", "--json").ok().end["counts"] == {"keep": 3}
    cloud.advance(minutes=19 * 60)
    assert get(url).status_code == 200
    assert environments.run("up", "--json").ok().end["counts"] == {"keep": 3}
    cloud.advance(minutes=6 * 60 + 1)
    assert side.ids() == []


def test_more_than_e2b_can_grant_is_refused_with_what_to_do(environments: Environments, cloud: Cloud) -> None:
    environments.write(DEFINITION)
    refused = environments.run("up", "--local", "--backend", "e2b", "--ttl", "3d")
    assert refused.code == 1
    assert refused.stderr.startswith("error: E2B lets it live for 24 hours at most, since its lifetime is no longer")
    assert "Give the definition a longer lifetime" in refused.stderr
    assert SIDES["e2b"](cloud).ids() == []


def test_a_time_to_live_that_is_none(environments: Environments) -> None:
    environments.write(DEFINITION)
    refused = environments.run("up", "--local", "--ttl", "2 days")
    assert (refused.code, environments.stacks()) == (2, [])
    assert refused.stderr == "error: '2 days' is not a time. A number and m, h or d, as in 90m, 12h or 3d.\n"


def test_one_that_never_came_up_expires_too(environments: Environments, side: Side) -> None:
    environments.write(DEFINITION.replace("exec python3", "exit 3; python3"))
    assert environments.run("up", "--local", "--backend", side.backend).code == 1
    assert len(side.ids()) == 1
    environments.run("sweep", "--expired", "--as-of", in_hours(3)).ok()
    assert (side.ids(), environments.stacks()) == ([], [])


def test_one_whose_destroy_failed_is_found_and_holds_no_other_back(
    environments: Environments, cloud: Cloud, side: Side
) -> None:
    environments.write(DEFINITION)
    for number in ("1", "2"):
        environments.run("up", "--pr", number, "--local", "--backend", side.backend).ok()
    cloud.inject(path=f"/{side.ids()[0]}$", method="DELETE", status=500, body={"code": 500, "message": "no luck today"})
    assert environments.run("destroy", "--pr", "1").code == 1
    swept = environments.run("sweep", "--expired", "--as-of", in_hours(3))
    assert swept.code == 1
    assert "pr-1: error: " in swept.stderr
    assert "no luck today" in swept.stderr
    assert environments.stacks() == ["shop/pr-1"]
    cloud.heal()
    environments.run("sweep", "--expired", "--as-of", in_hours(3)).ok()
    assert (side.ids(), environments.stacks()) == ([], [])


def test_what_has_no_end_never_expires(environments: Environments) -> None:
    environments.write(DEFINITION.replace("lifetime: 2h", ""))
    environments.run("up", "--local").ok()
    environments.run("sweep", "--expired", "--as-of", "2100-01-01").ok()
    assert environments.stacks() == ["shop/dev"]


def test_only_one_projects_are_swept_where_it_is_named(environments: Environments) -> None:
    for name in ("shop", "blog"):
        environments.write(DEFINITION.replace("name: shop", f"name: {name}"))
        environments.run("up", "--local").ok()
    environments.run("sweep", "--expired", "--project", "blog", "--as-of", in_hours(3)).ok()
    assert environments.stacks() == ["shop/dev"]


def test_states_in_s3_are_swept_and_reconciled_alike(tmp_path: Path, cloud: Cloud) -> None:
    with bucket("states") as variables:
        environments = Environments(tmp_path, cloud, {**variables, "PULUMI_CONFIG_PASSPHRASE": "tests"})
        environments.write(DEFINITION)
        environments.run("up", "--pr", "1", "--local").ok()
        (tmp_path / "fleet").mkdir()
        declared = tmp_path / "fleet" / "alice.yaml"
        declared.write_text(DEFINITION.replace("name: shop", "").replace("2h", "3d"))
        environments.run("reconcile", "fleet", "--local").ok()
        swept = environments.run("sweep", "--expired", "--as-of", in_hours(3), "--json").ok()
        assert swept.end["environments"] == {"shop pr-1": "3 deleted"}
        assert cloud.status()["sandboxes"] == 1
        declared.unlink()
        removed = environments.run("reconcile", "fleet", "--json").ok()
        assert removed.end["environments"] == {"fleet alice": "3 deleted"}
        assert (cloud.status()["sandboxes"], cloud.status()["volumes"]) == (0, 0)
