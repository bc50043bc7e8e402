"""The life of a sandbox: made, seen, paused, gone on with, killed."""

import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal

import httpx
import pytest
from e2b import (
    E2B,
    AuthenticationException,
    Sandbox,
    SandboxException,
    SandboxNotFoundException,
    SandboxState,
)

from tests.cloud import Cloud, gone, host_processes
from tests.local.e2b.inside import write
from tests.waiting import until


def ends_in(sandbox: Sandbox) -> timedelta:
    """How long it was to run from its start, to the second."""
    info = sandbox.get_info()
    return timedelta(seconds=round((info.end_at - info.started_at).total_seconds()))


def test_a_sandbox_is_made_seen_listed_and_killed(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(metadata={"who": "me"}, timeout=60)
    assert re.fullmatch("i[a-z0-9]{20}", sandbox.sandbox_id)
    assert sandbox.get_host(3000) == f"3000-{sandbox.sandbox_id}.{cloud.e2b_domain}"
    info = sandbox.get_info()
    assert (info.sandbox_id, info.name, info.state) == (sandbox.sandbox_id, "base", SandboxState.RUNNING)
    assert (info.metadata, info.sandbox_domain) == ({"who": "me"}, cloud.e2b_domain)
    assert (info.cpu_count, info.memory_mb, info.envd_version) == (2, 1024, "0.6.13")
    assert info.lifecycle == {"on_timeout": "kill", "auto_resume": False}
    assert ends_in(sandbox) == timedelta(seconds=60)
    assert [each.sandbox_id for each in e2b.Sandbox.list().next_items()] == [sandbox.sandbox_id]
    (process,) = host_processes(cloud)
    assert sandbox.kill()
    assert not sandbox.kill()
    assert gone(process)
    with pytest.raises(SandboxNotFoundException):
        sandbox.get_info()
    assert e2b.Sandbox.list().next_items() == []


def test_a_paused_sandbox_is_gone_on_with(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(metadata={"who": "me"}, timeout=60)
    before = host_processes(cloud)
    assert sandbox.pause()
    assert not sandbox.pause()
    paused = sandbox.get_info()
    assert paused.state == SandboxState.PAUSED
    assert paused.end_at < paused.started_at + timedelta(seconds=30), "a paused sandbox ended when it was paused"
    again = e2b.Sandbox.connect(sandbox.sandbox_id)
    assert again.sandbox_id == sandbox.sandbox_id
    info = again.get_info()
    assert (info.state, info.metadata) == (SandboxState.RUNNING, {"who": "me"})
    assert info.started_at > paused.started_at
    assert ends_in(again) == timedelta(seconds=300), "a connection that names no time gives five minutes"
    assert host_processes(cloud) == before


@pytest.mark.parametrize("mode", ["full", "filesystem"])
def test_a_sandbox_is_started_anew_without_its_memory(
    cloud: Cloud, e2b: E2B, mode: Literal["full", "filesystem"]
) -> None:
    sandbox = e2b.Sandbox.create(envs={"WORD": "word"})
    write(sandbox, "kept", "file")
    before = host_processes(cloud)
    assert sandbox.pause(mode=mode)
    assert detail(cloud, sandbox)["pauseMode"] == mode
    again = e2b.Sandbox.connect(sandbox.sandbox_id, on_resume="reboot")
    assert again.get_info().state == SandboxState.RUNNING
    assert not set(before) & set(host_processes(cloud))
    assert again.files.read("kept") == "file"
    assert again.commands.run("echo $WORD").stdout == "word\n"


def test_a_paused_sandbox_is_killed(e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create()
    sandbox.pause()
    assert sandbox.kill()
    with pytest.raises(SandboxNotFoundException):
        e2b.Sandbox.connect(sandbox.sandbox_id)


def test_what_runs_is_only_given_more_time_by_a_connection(e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(timeout=600)
    e2b.Sandbox.connect(sandbox.sandbox_id, timeout=60)
    assert ends_in(sandbox) == timedelta(seconds=600)
    e2b.Sandbox.connect(sandbox.sandbox_id, timeout=1200)
    assert ends_in(sandbox) == timedelta(seconds=1200)


def test_the_time_can_be_set_shorter_but_not_while_paused(e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(timeout=600)
    sandbox.set_timeout(60)
    assert ends_in(sandbox) == timedelta(seconds=60)
    sandbox.set_timeout(10**6)
    assert ends_in(sandbox) == timedelta(hours=24), "never longer than a sandbox may run"
    sandbox.pause()
    with pytest.raises(SandboxNotFoundException):
        sandbox.set_timeout(60)


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [(86401, "400: Timeout cannot be greater than 24 hours"), (0, "400: Timeout must be greater than 0 seconds")],
)
def test_a_time_that_cannot_be_is_refused(e2b: E2B, seconds: int, sentence: str) -> None:
    with pytest.raises(SandboxException, match=sentence):
        e2b.Sandbox.create(timeout=seconds)
    sandbox = e2b.Sandbox.create()
    with pytest.raises(SandboxException, match=sentence):
        e2b.Sandbox.connect(sandbox.sandbox_id, timeout=seconds)


def test_what_is_not_there_is_said_in_e2bs_words(cloud: Cloud, e2b: E2B) -> None:
    missing = "ia0000000000000000000"
    for call in (
        lambda: e2b.Sandbox.get_info(missing),
        lambda: e2b.Sandbox.set_timeout(missing, 60),
        lambda: e2b.Sandbox.pause(missing),
        lambda: e2b.Sandbox.connect(missing),
        lambda: e2b.Sandbox.update_network(missing, {}),
    ):
        with pytest.raises(SandboxNotFoundException):
            call()
    assert not e2b.Sandbox.kill(missing)
    answer = httpx.get(f"{cloud.e2b_api_url}/sandboxes/{missing}", headers={"X-API-KEY": cloud.api_key})
    sentence = f"Sandbox \"{missing}\" doesn't exist or you don't have access to it"
    assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": sentence})


def test_what_fails_to_start_leaves_nothing(cloud: Cloud, e2b: E2B) -> None:
    with moved_aside(cloud.folder / "runtime" / "agent"), pytest.raises(SandboxException, match=r"500: .*to start"):
        e2b.Sandbox.create()
    assert e2b.Sandbox.list().next_items() == []
    until(lambda: cloud.status()["sandboxes"] == 0)


def test_what_fails_to_go_on_stays_paused(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create()
    write(sandbox, "kept", "file")
    sandbox.pause(mode="filesystem")
    with moved_aside(cloud.folder / "runtime" / "agent"), pytest.raises(SandboxException, match=r"500: .*to start"):
        e2b.Sandbox.connect(sandbox.sandbox_id)
    assert sandbox.get_info().state == SandboxState.PAUSED
    again = e2b.Sandbox.connect(sandbox.sandbox_id, timeout=60)
    assert again.files.read("kept") == "file"
    assert ends_in(again) == timedelta(seconds=60)


@contextmanager
def moved_aside(path: Path) -> Generator[None]:
    """Something that sandboxes need is not there for as long as the block runs."""
    aside = path.with_name("aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.rename(path)


def test_an_unknown_template_is_refused(e2b: E2B) -> None:
    with pytest.raises(SandboxException, match="404: template 'none' not found") as refused:
        e2b.Sandbox.create("none")
    assert refused.value.status_code == 404


def test_another_key_opens_nothing(e2b: E2B) -> None:
    with pytest.raises(AuthenticationException):
        e2b.Sandbox.create(api_key="wrong")


@pytest.mark.parametrize("field", ["iam", "mcp"])
def test_what_is_not_done_is_refused_by_its_name(cloud: Cloud, field: str) -> None:
    body = {"templateID": "mcp-gateway", field: {"any": "thing"}}
    answer = httpx.post(f"{cloud.e2b_api_url}/v2/sandboxes", json=body, headers={"X-API-KEY": cloud.api_key})
    sentence = f"The local cloud does not implement {field} of a new sandbox"
    assert (answer.status_code, answer.json()["message"]) == (501, sentence)
    assert cloud.status()["sandboxes"] == 0


def test_the_same_key_gives_the_same_sandbox(e2b: E2B) -> None:
    first = e2b.Sandbox.create(idempotency_key="once")
    assert e2b.Sandbox.create(idempotency_key="once").sandbox_id == first.sandbox_id
    assert e2b.Sandbox.create(idempotency_key="twice").sandbox_id != first.sandbox_id
    with pytest.raises(SandboxException, match="422: The idempotency key was used for another request"):
        e2b.Sandbox.create(idempotency_key="once", timeout=60)
    first.kill()
    assert e2b.Sandbox.create(idempotency_key="once").sandbox_id != first.sandbox_id


def test_the_same_key_at_the_same_time_gives_the_same_sandbox(cloud: Cloud, e2b: E2B) -> None:
    with ThreadPoolExecutor() as pool:
        made = [pool.submit(e2b.Sandbox.create, idempotency_key="once") for _ in range(4)]
    assert len({each.result().sandbox_id for each in made}) == 1
    assert cloud.status()["sandboxes"] == 1


def test_a_create_that_is_cut_off_is_repeated_under_its_key(cloud: Cloud, e2b: E2B) -> None:
    cloud.inject("/v2/sandboxes", "POST", drop="after", times=1)
    with pytest.raises(httpx.HTTPError):
        e2b.Sandbox.create(idempotency_key="once")
    e2b.Sandbox.create(idempotency_key="once")
    assert cloud.status()["sandboxes"] == 1


def detail(cloud: Cloud, sandbox: Sandbox) -> dict[str, str]:
    answer = httpx.get(f"{cloud.e2b_api_url}/sandboxes/{sandbox.sandbox_id}", headers={"X-API-KEY": cloud.api_key})
    return answer.json()
