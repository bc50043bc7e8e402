"""What sandboxes do by themselves, by the cloud's clock."""

from typing import Any

import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaNotFoundError

from tests.cloud import Cloud


def state(daytona: Daytona, name: str) -> str | None:
    try:
        return daytona.get(name).state
    except DaytonaNotFoundError:
        return None


def made(daytona: Daytona, name: str, **intervals: Any) -> None:
    daytona.create(CreateSandboxFromSnapshotParams(name=name, **intervals))


def test_an_idle_sandbox_stops_is_archived_and_starts_again(cloud: Cloud, daytona: Daytona) -> None:
    made(daytona, "idle", auto_stop_interval=10, auto_archive_interval=20)
    cloud.advance(minutes=9)
    daytona.get("idle").refresh_activity()
    cloud.advance(minutes=9)
    assert state(daytona, "idle") == "started"
    cloud.advance(minutes=1)
    assert state(daytona, "idle") == "stopped"
    cloud.advance(minutes=20)
    assert state(daytona, "idle") == "archived"
    daytona.get("idle").start()
    assert daytona.get("idle").process.exec("echo back").result == "back\n"


def test_one_leap_does_everything_on_the_way(cloud: Cloud, daytona: Daytona) -> None:
    made(daytona, "goes", auto_stop_interval=10, auto_delete_interval=20)
    made(daytona, "stays", auto_stop_interval=10, auto_archive_interval=60)
    cloud.advance(minutes=120)
    assert (state(daytona, "goes"), state(daytona, "stays")) == (None, "archived")


def test_a_life_has_an_end_whatever_it_does(cloud: Cloud, daytona: Daytona) -> None:
    made(daytona, "busy", auto_stop_interval=0, ttl_minutes=30)
    cloud.advance(minutes=29)
    assert state(daytona, "busy") == "started"
    cloud.advance(minutes=1)
    assert state(daytona, "busy") is None


def test_an_idle_virtual_machine_pauses(cloud: Cloud, daytona: Daytona) -> None:
    daytona.create(CreateSandboxFromSnapshotParams(name="vm", snapshot="daytona-vm-small"))
    vm = daytona.get("vm")
    assert (vm.auto_stop_interval, vm.auto_pause_interval) == (0, 60)
    cloud.advance(minutes=60)
    assert state(daytona, "vm") == "paused"


def test_the_clock_does_not_go_back(cloud: Cloud) -> None:
    with pytest.raises(OSError, match="400"):
        cloud.advance(minutes=-1)
