"""What becomes of sandboxes when their time is over, by the cloud's clock."""

import httpx
import pytest
from e2b import E2B, SandboxNotFoundException, SandboxState

from tests.cloud import Cloud, host_processes


def test_a_sandbox_is_killed_when_its_time_is_over(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(timeout=600)
    cloud.advance(minutes=9)
    assert sandbox.get_info().state == SandboxState.RUNNING
    cloud.advance(minutes=1)
    with pytest.raises(SandboxNotFoundException):
        sandbox.get_info()
    assert not sandbox.kill()
    assert host_processes(cloud) == []


def test_a_new_time_counts_from_now(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(timeout=600)
    cloud.advance(minutes=9)
    sandbox.set_timeout(600)
    cloud.advance(minutes=9)
    assert sandbox.get_info().state == SandboxState.RUNNING
    sandbox.set_timeout(0)
    with pytest.raises(SandboxNotFoundException):
        sandbox.get_info()


def test_a_sandbox_pauses_instead_and_stays_for_ever(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(timeout=600, lifecycle={"on_timeout": "pause"})
    (process,) = host_processes(cloud)
    assert sandbox.get_info().lifecycle == {"on_timeout": "pause", "auto_resume": False}
    cloud.advance(minutes=10)
    info = sandbox.get_info()
    assert info.state == SandboxState.PAUSED
    cloud.advance(minutes=60 * 24 * 60)
    assert sandbox.get_info().end_at == info.end_at
    e2b.Sandbox.connect(sandbox.sandbox_id, timeout=60)
    assert host_processes(cloud) == [process]
    cloud.advance(minutes=1)
    assert sandbox.get_info().state == SandboxState.PAUSED


def test_a_sandbox_pauses_without_its_memory(cloud: Cloud, e2b: E2B) -> None:
    lifecycle = {"on_timeout": {"action": "pause", "mode": "filesystem"}}
    sandbox = e2b.Sandbox.create(timeout=600, lifecycle=lifecycle)  # pyright: ignore[reportArgumentType]
    cloud.advance(minutes=10)
    assert sandbox.get_info().state == SandboxState.PAUSED
    assert host_processes(cloud) == []
    assert e2b.Sandbox.connect(sandbox.sandbox_id).get_info().state == SandboxState.RUNNING


def test_the_longest_time_begins_anew_with_each_pause(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(timeout=24 * 3600, lifecycle={"on_timeout": "pause"})
    cloud.advance(minutes=23 * 60)
    e2b.Sandbox.connect(sandbox.sandbox_id, timeout=24 * 3600)
    cloud.advance(minutes=60)
    assert sandbox.get_info().state == SandboxState.PAUSED
    e2b.Sandbox.connect(sandbox.sandbox_id, timeout=24 * 3600)
    cloud.advance(minutes=23 * 60)
    assert sandbox.get_info().state == SandboxState.RUNNING


def test_only_what_pauses_with_its_memory_can_be_woken(cloud: Cloud) -> None:
    body = {"templateID": "base", "autoResume": {"enabled": True}, "autoPause": True, "autoPauseMemory": False}
    answer = httpx.post(f"{cloud.e2b_api_url}/v2/sandboxes", json=body, headers={"X-API-KEY": cloud.api_key})
    assert (answer.status_code, answer.json()["message"]) == (400, "Auto-resume needs auto-pause with memory")
