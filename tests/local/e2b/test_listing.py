"""Which sandboxes a list holds, in which order, and page by page."""

import httpx
import pytest
from e2b import E2B, SandboxException, SandboxQuery, SandboxState

from tests.cloud import Cloud


def found(e2b: E2B, **query: object) -> list[str]:
    """The ids of all sandboxes that match, over all pages."""
    paginator = e2b.Sandbox.list(SandboxQuery(**query))  # pyright: ignore[reportArgumentType]
    ids: list[str] = []
    while paginator.has_next:
        ids += [each.sandbox_id for each in paginator.next_items()]
    return ids


def test_metadata_must_match_whole_whatever_characters_it_has(e2b: E2B) -> None:
    odd = {"a b&c": "d=e %20+ü/"}
    one = e2b.Sandbox.create(metadata={**odd, "x": "1"}).sandbox_id
    two = e2b.Sandbox.create(metadata={**odd, "x": "2"}).sandbox_id
    assert found(e2b, metadata=odd) == [two, one]
    assert found(e2b, metadata={**odd, "x": "1"}) == [one]
    assert found(e2b, metadata={"x": "3"}) == []
    assert found(e2b, metadata={"x": ""}) == []


def test_states_templates_and_times_are_filters(cloud: Cloud, e2b: E2B) -> None:
    paused = e2b.Sandbox.create()
    cloud.advance(minutes=1)
    paused.pause()
    running = e2b.Sandbox.create()
    assert found(e2b) == [running.sandbox_id, paused.sandbox_id]
    assert found(e2b, state=[SandboxState.PAUSED]) == [paused.sandbox_id]
    assert found(e2b, state=[SandboxState.RUNNING]) == [running.sandbox_id]
    assert found(e2b, state=[SandboxState.RUNNING, SandboxState.PAUSED]) == found(e2b)
    assert found(e2b, template="base") == found(e2b, template=running.get_info().template_id) == found(e2b)
    assert found(e2b, template="other") == []
    assert found(e2b, started_after=running.get_info().started_at) == [running.sandbox_id]


def test_pages_follow_each_other_whatever_goes_meanwhile(cloud: Cloud, e2b: E2B) -> None:
    made = [e2b.Sandbox.create() for _ in range(5)]
    ids = [each.sandbox_id for each in made]
    for order, expected in (("desc", ids[::-1]), ("asc", ids)):
        paginator = e2b.Sandbox.list(limit=2, order=order)  # pyright: ignore[reportArgumentType]
        pages: list[list[str]] = []
        while paginator.has_next:
            pages.append([each.sandbox_id for each in paginator.next_items()])
        assert pages == [expected[:2], expected[2:4], expected[4:]]
    paginator = e2b.Sandbox.list(limit=2)
    paginator.next_items()
    made[3].kill()
    assert [each.sandbox_id for each in paginator.next_items()] == [ids[2], ids[1]]
    answer = get(cloud, "v2/sandboxes?limit=1")
    assert answer.headers["X-Total-Running"] == "4"


def test_a_page_that_cannot_be_is_refused(cloud: Cloud, e2b: E2B) -> None:
    with pytest.raises(SandboxException, match="400: Invalid next token"):
        e2b.Sandbox.list(next_token="none").next_items()
    assert get(cloud, "v2/sandboxes?limit=101").status_code == 400


def test_the_first_version_lists_what_runs(cloud: Cloud, e2b: E2B) -> None:
    e2b.Sandbox.create().pause()
    running = [e2b.Sandbox.create(metadata={"x": x}).sandbox_id for x in ("1", "2")]
    assert [each["sandboxID"] for each in get(cloud, "sandboxes").json()] == running
    assert [each["sandboxID"] for each in get(cloud, "sandboxes?metadata=x%3D2").json()] == running[1:]


def get(cloud: Cloud, path: str) -> httpx.Response:
    return httpx.get(f"{cloud.e2b_api_url}/{path}", headers={"X-API-KEY": cloud.api_key})
