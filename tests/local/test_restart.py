"""What outlives the server, in order or by a crash."""

import json
import os
import signal
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaConfig,
    DaytonaConnectionError,
    DaytonaNotFoundError,
    SessionExecuteRequest,
)

from tests.cloud import Cloud, CloudProcess, gone, host_processes, running_cloud


@pytest.fixture
def own() -> Iterator[tuple[CloudProcess, Cloud]]:
    """A server that this test may kill."""
    with running_cloud() as started:
        yield started


def sdk(cloud: Cloud) -> Daytona:
    return Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url))


@contextmanager
def with_two(cloud: Cloud) -> Generator[list[int]]:
    """A started sandbox with a session, and a stopped one; yields the host's processes of them."""
    started = sdk(cloud).create(CreateSandboxFromSnapshotParams(name="started", labels={"a": "b"}))
    started.fs.upload_file(b"kept", "kept")
    started.process.create_session("s")
    command = SessionExecuteRequest(command="echo begun; sleep 0.5; echo done", run_async=True)
    started.process.execute_session_command("s", command)
    sdk(cloud).create(CreateSandboxFromSnapshotParams(name="stopped")).stop()
    yield host_processes(cloud)


def test_after_an_orderly_end_what_was_started_is_started_again(own: tuple[CloudProcess, Cloud]) -> None:
    process, cloud = own
    with with_two(cloud) as pids:
        token = sdk(cloud).get("started").get_preview_link(1).token
        assert process.stop() == 0
        assert all(gone(pid) for pid in pids)
        again = process.start()
    assert again.api_key == cloud.api_key
    started = sdk(again).get("started")
    assert (started.state, started.labels["a"], sdk(again).get("stopped").state) == ("started", "b", "stopped")
    assert started.fs.download_file("kept") == b"kept"
    assert started.process.list_sessions() == []
    assert started.get_preview_link(1).token != token


def test_after_a_crash_sandboxes_go_on(own: tuple[CloudProcess, Cloud]) -> None:
    process, cloud = own
    with with_two(cloud) as pids:
        process.kill()
        again = process.start()
        assert host_processes(again) == pids
    started = sdk(again).get("started")
    (session,) = started.process.list_sessions()
    (command,) = session.commands
    started.process.execute_session_command("s", SessionExecuteRequest(command="true"))
    assert started.process.get_session_command_logs("s", command.id).stdout == "begun\ndone\n"
    assert started.process.get_session_command("s", command.id).exit_code == 0
    started.delete(wait=True)
    assert all(gone(pid) for pid in pids)


def test_what_runs_goes_on_with_its_variables_and_file_urls_and_without_its_interpreters(
    own: tuple[CloudProcess, Cloud],
) -> None:
    process, cloud = own
    before = sdk(cloud).create(CreateSandboxFromSnapshotParams(name="started"))
    before.update_env({"A": "1"})
    before.fs.upload_file(b"kept", "kept")
    url = urlsplit(before.download_url("kept"))
    context = before.code_interpreter.create_context()
    before.code_interpreter.run_code("x = 1")
    process.kill()
    again = process.start()
    started = sdk(again).get("started")
    assert httpx.get(again.url + url.path, params=url.query).content == b"kept"
    assert started.process.exec("echo $A").result == "1\n"
    assert started.code_interpreter.list_contexts() == []
    with pytest.raises(DaytonaConnectionError):
        started.code_interpreter.run_code("x", context=context)
    error = started.code_interpreter.run_code("x").error
    assert error
    assert error.name == "NameError"
    shown = started.process.exec("cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c '^python3$'").result
    assert shown == "1\n", "interpreters that nobody reaches have ended"


def test_after_a_crash_of_everything_it_starts_again(own: tuple[CloudProcess, Cloud]) -> None:
    process, cloud = own
    with with_two(cloud) as pids:
        process.kill()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        again = process.start()
    assert sdk(again).get("started").fs.download_file("kept") == b"kept"
    assert sdk(again).get("stopped").state == "stopped"


def test_a_deletion_that_was_begun_is_finished(own: tuple[CloudProcess, Cloud]) -> None:
    process, cloud = own
    sandbox = sdk(cloud).create(CreateSandboxFromSnapshotParams(name="going"))
    process.kill()
    meta = cloud.folder / "sandboxes" / sandbox.id / "meta.json"
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "state": "destroying", "desired": "destroyed"}))
    again = process.start()
    with pytest.raises(DaytonaNotFoundError):
        sdk(again).get(sandbox.id)
    assert host_processes(again) == []
    assert list((again.folder / "sandboxes").iterdir()) == []


def test_a_sandbox_that_dies_by_itself_is_stopped(own: tuple[CloudProcess, Cloud]) -> None:
    _, cloud = own
    sandbox = sdk(cloud).create()
    meta = json.loads((cloud.folder / "sandboxes" / sandbox.id / "meta.json").read_text())
    os.kill(meta["process"]["pid"], signal.SIGKILL)
    while sdk(cloud).get(sandbox.id).state != "stopped":
        assert gone(meta["process"]["pid"])
    sandbox.start()
    assert sandbox.process.exec("echo back").result == "back\n"


def test_a_folder_has_one_server(own: tuple[CloudProcess, Cloud]) -> None:
    process, cloud = own
    with pytest.raises(RuntimeError, match=f"is already running at {cloud.url}"):
        CloudProcess(process.folder).start()
    assert httpx.get(cloud.url + "/local/status", headers={"Authorization": f"Bearer {cloud.api_key}"}).is_success


def test_a_stop_that_is_asked_for_leaves_nothing_running(own: tuple[CloudProcess, Cloud]) -> None:
    process, cloud = own
    with with_two(cloud) as pids:
        cloud.stop()
        assert process.wait() == 0
        assert all(gone(pid) for pid in pids)


def test_a_sandbox_that_is_being_made_when_the_server_stops_is_not_left_running(
    own: tuple[CloudProcess, Cloud],
) -> None:
    process, cloud = own
    with ThreadPoolExecutor() as threads:
        creations = [threads.submit(sdk(cloud).create) for _ in range(6)]
        while not cloud.status()["sandboxes"]:
            assert not all(each.done() for each in creations)
        assert process.stop() == 0
    assert host_processes(cloud) == []
    again = process.start()
    assert {each.state for each in sdk(again).list()} <= {"started"}


def test_a_pause_survives_a_crash_of_the_server_and_not_its_end(own: tuple[CloudProcess, Cloud]) -> None:
    process, cloud = own
    sdk(cloud).create(CreateSandboxFromSnapshotParams(name="vm", snapshot="daytona-vm-small")).pause()
    process.kill()
    found = sdk(process.start()).get("vm")
    assert found.state == "paused"
    found.start()
    found.pause()
    process.stop()
    assert sdk(process.start()).get("vm").state == "stopped"
