"""Sandboxes come, stop, start and go, as the Daytona SDK sees it."""

import asyncio
import time

import pytest
from daytona import (
    AsyncDaytona,
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaBadRequestError,
    DaytonaConfig,
    DaytonaConflictError,
    DaytonaError,
    DaytonaNotFoundError,
    Sandbox,
    VolumeMount,
)

from tests.cloud import Cloud, host_processes


def named(name: str) -> CreateSandboxFromSnapshotParams:
    return CreateSandboxFromSnapshotParams(name=name)


def test_a_sandbox_is_what_was_asked_for(daytona: Daytona) -> None:
    made = daytona.create(
        CreateSandboxFromSnapshotParams(
            name="one",
            labels={"team": "a"},
            env_vars={"GREETING": "hi"},
            os_user="me",
            public=True,
            auto_stop_interval=5,
            auto_archive_interval=0,
            auto_delete_interval=7,
            network_block_all=True,
        )
    )
    found = daytona.get("one")
    assert (found.id, found.state, found.user, found.public) == (made.id, "started", "me", True)
    assert found.labels == {"team": "a", "code-toolbox-language": "python"}
    assert found.env == {"GREETING": "hi"}
    assert (found.auto_stop_interval, found.auto_archive_interval, found.auto_delete_interval) == (5, 43200, 7)
    assert found.network_block_all
    assert (found.cpu, found.memory, found.disk, found.snapshot) == (1, 1, 3, "daytona-small")
    assert made.process.exec("whoami; pwd; echo $GREETING").result == "me\n/home/me\nhi\n"


def test_defaults_are_daytonas(sandbox: Sandbox) -> None:
    assert (sandbox.name, sandbox.user, sandbox.public, sandbox.env) == (sandbox.id, "daytona", False, {})
    intervals = (sandbox.auto_stop_interval, sandbox.auto_archive_interval, sandbox.auto_delete_interval)
    assert intervals == (15, 10080, -1)


def test_a_snapshot_is_found_and_used_by_id_and_name(daytona: Daytona) -> None:
    first, *_ = daytona.snapshot.list().items
    assert daytona.snapshot.get("daytona-small").id == first.id
    assert daytona.create(CreateSandboxFromSnapshotParams(snapshot=first.id)).snapshot == "daytona-small"


def test_files_stay_and_processes_go_when_a_sandbox_is_stopped(daytona: Daytona, sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"kept", "kept.txt")
    sandbox.process.exec("sleep 1000 >/dev/null 2>&1 &")
    sandbox.stop()
    assert daytona.get(sandbox.id).state == "stopped"
    with pytest.raises(DaytonaBadRequestError, match="Is the Sandbox started"):
        sandbox.process.exec("true")
    with pytest.raises(DaytonaBadRequestError):
        sandbox.stop()
    sandbox.start()
    sandbox.start()
    assert sandbox.fs.download_file("kept.txt") == b"kept"
    assert "sleep" not in sandbox.process.exec("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").result


def test_labels_and_intervals_change_in_place(daytona: Daytona, sandbox: Sandbox) -> None:
    sandbox.set_labels({"b": "2"})
    sandbox.set_autostop_interval(0)
    sandbox.set_auto_archive_interval(100000)
    sandbox.set_auto_delete_interval(60)
    sandbox.set_public(True)
    sandbox.set_ttl(30)
    sandbox.update_network_settings(network_allow_list="10.0.0.0/8")
    sandbox.refresh_activity()
    found = daytona.get(sandbox.id)
    assert found.labels == {"b": "2"}
    assert (found.auto_stop_interval, found.auto_archive_interval, found.auto_delete_interval) == (0, 43200, 60)
    assert (found.public, found.network_allow_list, found.network_block_all) == (True, "10.0.0.0/8", False)
    assert found.auto_destroy_at is not None


def test_a_deleted_sandbox_frees_its_name_at_once_and_is_gone_soon(daytona: Daytona) -> None:
    first = daytona.create(named("taken"))
    with pytest.raises(DaytonaConflictError, match="Sandbox with name taken already exists"):
        daytona.create(named("taken"))
    first.delete()
    assert first.state == "destroying"
    with pytest.raises(DaytonaNotFoundError):
        daytona.get("taken")
    assert daytona.create(named("taken")).id != first.id
    deadline = time.monotonic() + 10
    while first.id in [each.id for each in daytona.list()]:
        assert time.monotonic() < deadline
    with pytest.raises(DaytonaNotFoundError):
        daytona.get(first.id)


def test_an_ephemeral_sandbox_goes_when_it_stops(daytona: Daytona) -> None:
    made = daytona.create(CreateSandboxFromSnapshotParams(ephemeral=True))
    made.stop()
    deadline = time.monotonic() + 10
    while list(daytona.list()):
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("params", "status", "text"),
    [
        (CreateSandboxFromSnapshotParams(snapshot="none"), 400, "Snapshot none not found. Did you add it"),
        (CreateSandboxFromSnapshotParams(os_user="../etc"), 400, "user: String should match pattern"),
        (CreateSandboxFromSnapshotParams(auto_pause_interval=5), 400, "not supported for sandbox class container"),
        (CreateSandboxFromSnapshotParams(secrets={"A": "b"}), 501, "does not implement secrets"),
        (CreateSandboxFromSnapshotParams(linked_sandbox="x"), 404, "Sandbox x not found"),
        (
            CreateSandboxFromSnapshotParams(volumes=[VolumeMount(volume_id="v", mount_path="/v")]),
            404,
            "Volume 'v' not found",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    daytona: Daytona, params: CreateSandboxFromSnapshotParams, status: int, text: str
) -> None:
    with pytest.raises(DaytonaError, match=text) as refusal:
        daytona.create(params)
    assert refusal.value.status_code == status
    assert list(daytona.list()) == []


def test_what_is_not_there_says_its_name(sandbox: Sandbox) -> None:
    with pytest.raises(DaytonaError, match="does not implement fork_sandbox") as refusal:
        sandbox.fork()
    assert refusal.value.status_code == 501
    with pytest.raises(DaytonaError, match="does not implement start"):
        sandbox.create_lsp_server("python", "/tmp").start()


def test_many_come_and_go_at_once_through_the_async_sdk(cloud: Cloud) -> None:
    async def live() -> list[str]:
        config = DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url)
        async with AsyncDaytona(config) as daytona:
            made = await asyncio.gather(*(daytona.create(named(f"n{i}")) for i in range(8)))
            ran = await asyncio.gather(*(each.process.exec("echo $HOSTNAME; hostname") for each in made))
            assert all(one.id in answer.result for one, answer in zip(made, ran, strict=True))
            await asyncio.gather(*(each.delete(wait=True) for each in made))
            return [each.id async for each in daytona.list()]

    assert asyncio.run(live()) == []
    assert cloud.peak_concurrent() > 1
    assert host_processes(cloud) == []


def test_nothing_is_left_of_a_sandbox_on_the_host(cloud: Cloud, daytona: Daytona, sandbox: Sandbox) -> None:
    sandbox.process.exec("setsid sleep 1000 >/dev/null 2>&1 & disown")
    sandbox.process.create_session("s")
    assert host_processes(cloud)
    sandbox.delete(wait=True)
    assert host_processes(cloud) == []
    assert list((cloud.folder / "sandboxes").iterdir()) == []
    daytona.create()
    cloud.reset()
    assert host_processes(cloud) == []
