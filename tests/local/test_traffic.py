"""Faults on purpose, and the record of calls."""

import time

import pytest
from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaConnectionError,
    DaytonaError,
    DaytonaRateLimitError,
)

from tests.cloud import Cloud


def test_calls_are_recorded_in_order(cloud: Cloud, daytona: Daytona) -> None:
    sandbox = daytona.create()
    sandbox.process.exec("true")
    assert cloud.calls() == [
        {"method": "POST", "path": "/daytona/api/sandbox", "status": 200},
        {"method": "POST", "path": f"/daytona/toolbox/{sandbox.id}/process/execute", "status": 200},
    ]
    assert cloud.peak_concurrent() == 1
    cloud.forget_calls()
    assert cloud.calls() == []


def test_a_status_is_answered_in_place_of_the_operation(cloud: Cloud, daytona: Daytona) -> None:
    body = {"statusCode": 429, "message": "Rate limit exceeded", "error": "Too Many Requests"}
    headers = {"Retry-After-sandbox-create": "1"}
    cloud.inject("/sandbox$", "POST", status=429, body=body, headers=headers, times=1)
    with pytest.raises(DaytonaRateLimitError, match="Rate limit exceeded") as refusal:
        daytona.create()
    assert (refusal.value.headers or {})["Retry-After-sandbox-create"] == "1"
    assert list(daytona.list()) == []
    daytona.create()
    assert [call["status"] for call in cloud.calls()] == [429, 200, 200]


@pytest.mark.parametrize(("drop", "left"), [("before", []), ("after", ["one"])])
def test_a_dropped_answer_says_nothing_of_what_happened(
    cloud: Cloud, daytona: Daytona, drop: str, left: list[str]
) -> None:
    cloud.inject("/sandbox$", "POST", drop=drop, times=1)
    with pytest.raises(DaytonaConnectionError):
        daytona.create(CreateSandboxFromSnapshotParams(name="one"))
    assert [each.name for each in daytona.list()] == left
    assert cloud.calls()[0]["status"] == 0


def test_a_delay_holds_an_answer_back(cloud: Cloud, daytona: Daytona) -> None:
    cloud.inject("/sandbox$", "GET", delay_seconds=0.4)
    begun = time.monotonic()
    list(daytona.list())
    assert time.monotonic() - begun >= 0.4
    cloud.heal()
    with pytest.raises(DaytonaError):
        daytona.get("none")


def test_a_fault_that_makes_no_sense_is_refused(cloud: Cloud) -> None:
    with pytest.raises(OSError, match="HTTP Error 400"):
        cloud.inject("(")
    with pytest.raises(OSError, match="HTTP Error 400"):
        cloud.inject("", drop="maybe")
    with pytest.raises(OSError, match="HTTP Error 400"):
        cloud.inject("", surprise=1)
