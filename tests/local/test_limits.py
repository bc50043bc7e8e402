"""Quotas and rate limits, switched on by a test, in Daytona's words."""

from typing import Any

import httpx
import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaBadRequestError, DaytonaRateLimitError, Resources

from tests.cloud import Cloud
from tests.waiting import until


def named(name: str) -> CreateSandboxFromSnapshotParams:
    return CreateSandboxFromSnapshotParams(name=name)


def test_stopping_frees_cores_and_archiving_frees_the_disk(cloud: Cloud, daytona: Daytona) -> None:
    cloud.limit(total={"cpu": 1, "disk_gib": 6})
    first = daytona.create(named("first"))
    with pytest.raises(DaytonaBadRequestError, match=r"Total CPU limit exceeded\. Maximum allowed: 1"):
        daytona.create(named("second"))
    first.stop()
    second = daytona.create(named("second"))
    with pytest.raises(DaytonaBadRequestError, match="Total CPU limit exceeded"):
        first.start()
    second.stop()
    with pytest.raises(DaytonaBadRequestError, match=r"Total Disk limit exceeded\. Maximum allowed: 6"):
        daytona.create(named("third"))
    second.archive()
    until(lambda: daytona.get("second").state == "archived")
    daytona.create(named("third"))


def test_each_sandbox_has_its_limit(cloud: Cloud, daytona: Daytona) -> None:
    cloud.limit(sandbox={"memory_gib": 2})
    sandbox = daytona.create()
    sandbox.resize(Resources(memory=2))
    with pytest.raises(DaytonaBadRequestError, match=r"Memory request 3 exceeds maximum allowed per sandbox \(2\)"):
        sandbox.resize(Resources(memory=3))


def test_there_are_only_so_many_volumes(cloud: Cloud, daytona: Daytona) -> None:
    cloud.limit(total={"volumes": 1})
    daytona.volume.create("one")
    with pytest.raises(DaytonaBadRequestError, match=r"Volume quota exceeded\. Maximum allowed: 1"):
        daytona.volume.create("two")


def test_calls_are_refused_until_their_time_is_over(cloud: Cloud, daytona: Daytona) -> None:
    cloud.limit(rates={"sandbox-create": {"calls": 1, "seconds": 60}})
    daytona.create()
    with pytest.raises(DaytonaRateLimitError, match="Rate limit exceeded") as refusal:
        daytona.create()
    assert 0 < int(refusal.value.headers["Retry-After-sandbox-create"]) <= 60
    cloud.advance(minutes=1)
    daytona.create()
    cloud.limit()
    daytona.create()


def test_every_counted_answer_says_what_is_left(cloud: Cloud) -> None:
    cloud.limit(rates={"general": {"calls": 3}})
    with httpx.Client(headers={"Authorization": f"Bearer {cloud.api_key}"}) as client:
        answer = client.get(f"{cloud.daytona_api_url}/sandbox")
    assert answer.headers["X-RateLimit-Limit-authenticated"] == "3"
    assert answer.headers["X-RateLimit-Remaining-authenticated"] == "2"


@pytest.mark.parametrize("limits", [{"total": {"gpu": 1}}, {"rates": {"general": {"calls": -1}}}, {"none": 1}])
def test_a_limit_that_makes_no_sense_is_refused(cloud: Cloud, limits: dict[str, Any]) -> None:
    with pytest.raises(OSError, match="400"):
        cloud.limit(**limits)
