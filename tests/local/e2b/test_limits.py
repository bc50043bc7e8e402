"""Quotas and rate limits, switched on by a test, in E2B's words."""

import httpx
import pytest
from e2b import E2B, RateLimitException, SandboxState

from tests.cloud import Cloud


def test_only_so_many_sandboxes_run_at_a_time(cloud: Cloud, e2b: E2B) -> None:
    cloud.limit(total={"running": 1})
    first = e2b.Sandbox.create()
    sentence = r"429: .* the maximum number of concurrent E2B sandboxes \(1\)"
    with pytest.raises(RateLimitException, match=sentence):
        e2b.Sandbox.create(retries=0)
    first.pause()
    second = e2b.Sandbox.create()
    with pytest.raises(RateLimitException, match=sentence):
        e2b.Sandbox.connect(first.sandbox_id, retries=0)
    assert first.get_info().state == SandboxState.PAUSED
    second.kill()
    e2b.Sandbox.connect(first.sandbox_id)


def test_the_sdk_waits_out_a_rate_limit(cloud: Cloud, e2b: E2B) -> None:
    cloud.limit(rates={"sandbox-create": {"calls": 1, "seconds": 1}})
    e2b.Sandbox.create()
    e2b.Sandbox.create()
    statuses = [call["status"] for call in cloud.calls() if call["path"] == "/e2b/api/v2/sandboxes"]
    assert statuses == [201, 429, 201]


def test_every_counted_answer_says_what_is_left(cloud: Cloud) -> None:
    cloud.limit(rates={"general": {"calls": 1}})
    with httpx.Client(headers={"X-API-KEY": cloud.api_key}) as client:
        first, second = (client.get(f"{cloud.e2b_api_url}/v2/sandboxes") for _ in range(2))
    assert (first.status_code, first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == (
        200,
        "1",
        "0",
    )
    assert (second.status_code, second.json()) == (429, {"code": 429, "message": "Rate limit exceeded"})
    assert 0 < int(second.headers["Retry-After"]) <= 60
