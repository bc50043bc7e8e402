"""The list of sandboxes: filters, order and pages."""

import httpx
import pytest
from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    ListSandboxesQuery,
    SandboxListSortDirection,
    SandboxListSortField,
    SandboxState,
)

from tests.cloud import Cloud


@pytest.fixture
def three(daytona: Daytona) -> list[str]:
    """Names of three sandboxes in the order they were made."""
    for name, team in (("alpha", "x"), ("alpine", "x"), ("beta", "y")):
        daytona.create(CreateSandboxFromSnapshotParams(name=name, labels={"team": team, "all": "1"}))
    return ["alpha", "alpine", "beta"]


def names(daytona: Daytona, query: ListSandboxesQuery) -> list[str]:
    return sorted(each.name for each in daytona.list(query))


def test_every_label_has_to_match(daytona: Daytona, three: list[str]) -> None:
    assert names(daytona, ListSandboxesQuery(labels={"team": "x"})) == ["alpha", "alpine"]
    assert names(daytona, ListSandboxesQuery(labels={"team": "x", "all": "1"})) == ["alpha", "alpine"]
    assert names(daytona, ListSandboxesQuery(labels={"team": "x", "all": "2"})) == []
    assert names(daytona, ListSandboxesQuery()) == three


def test_names_and_ids_match_from_their_beginning(daytona: Daytona, three: list[str]) -> None:
    assert names(daytona, ListSandboxesQuery(name="ALP")) == three[:2]
    assert names(daytona, ListSandboxesQuery(id=daytona.get("beta").id[:8].upper())) == ["beta"]


def test_states_match_any(daytona: Daytona, three: list[str]) -> None:
    daytona.get("beta").stop()
    assert names(daytona, ListSandboxesQuery(states=[SandboxState.STOPPED])) == ["beta"]
    assert names(daytona, ListSandboxesQuery(states=[SandboxState.STOPPED, SandboxState.STARTED])) == three


def test_pages_follow_each_other_in_order(cloud: Cloud, daytona: Daytona, three: list[str]) -> None:
    cloud.forget_calls()
    query = ListSandboxesQuery(limit=1, sort=SandboxListSortField.NAME, order=SandboxListSortDirection.ASC)
    found = [each.name for each in daytona.list(query)]
    assert found == three
    assert len(cloud.calls()) == 3


@pytest.mark.parametrize("query", ["limit=201", "labels=x", "cursor=%21", "surprise=1", "sort=size"])
def test_a_query_that_is_not_understood_is_refused(cloud: Cloud, query: str) -> None:
    headers = {"Authorization": f"Bearer {cloud.api_key}"}
    answer = httpx.get(f"{cloud.daytona_api_url}/sandbox?{query}", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Bad Request"
