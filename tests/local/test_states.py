"""Sandboxes are resized, archived, paused and recovered, as the Daytona SDK sees it."""

from collections.abc import Iterator

import pytest
from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaBadRequestError,
    DaytonaError,
    DaytonaUnprocessableEntityError,
    Resources,
    Sandbox,
)

from tests.cloud import Cloud
from tests.waiting import until

TICKING = "nohup sh -c 'while :; do date +%s%N >> ticks; sleep 0.05; done' >/dev/null 2>&1 &"


@pytest.fixture
def machine(daytona: Daytona) -> Sandbox:
    """A sandbox of a class that can pause."""
    return daytona.create(CreateSandboxFromSnapshotParams(snapshot="daytona-vm-small"))


@pytest.fixture
def stopped(sandbox: Sandbox) -> Sandbox:
    sandbox.stop()
    return sandbox


def sizes(sandbox: Sandbox) -> tuple[float, float, float]:
    sandbox.refresh_data()
    return sandbox.cpu, sandbox.memory, sandbox.disk


def states_seen(daytona: Daytona, sandbox: Sandbox, ends: str) -> Iterator[str]:
    """Each state that shows until the last one."""
    while (state := daytona.get(sandbox.id).state) != ends:
        yield str(state and state.value)


def test_a_running_sandbox_grows_and_goes_on(sandbox: Sandbox) -> None:
    token = sandbox.get_preview_link(80).token
    sandbox.process.exec("nohup sleep 1000 >/dev/null 2>&1 &")
    sandbox.resize(Resources(cpu=2, memory=4))
    assert sizes(sandbox) == (2, 4, 3)
    assert sandbox.state == "started"
    assert "sleep" in sandbox.process.exec("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").result
    assert sandbox.get_preview_link(80).token == token


def test_a_stopped_sandbox_shrinks_and_gets_a_larger_disk(sandbox: Sandbox) -> None:
    sandbox.resize(Resources(cpu=4))
    sandbox.stop()
    sandbox.resize(Resources(cpu=1, disk=10))
    assert sizes(sandbox) == (1, 1, 10)
    assert sandbox.state == "stopped"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Resources(disk=10), "only while the sandbox is stopped"),
        (Resources(disk=1), "cannot be decreased"),
        (Resources(cpu=1), "No change"),
    ],
)
def test_what_a_running_sandbox_cannot_become(sandbox: Sandbox, wanted: Resources, words: str) -> None:
    with pytest.raises(DaytonaBadRequestError, match=words):
        sandbox.resize(wanted)
    assert sizes(sandbox) == (1, 1, 3)


def test_a_disk_never_shrinks(stopped: Sandbox) -> None:
    with pytest.raises(DaytonaBadRequestError, match="cannot be decreased"):
        stopped.resize(Resources(disk=2))


def test_an_archived_sandbox_keeps_its_files_and_starts_with_a_new_token(daytona: Daytona, sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"kept", "kept.txt")
    token = sandbox.get_preview_link(80).token
    with pytest.raises(DaytonaBadRequestError, match="is started"):
        sandbox.archive()
    sandbox.stop()
    sandbox.archive()
    assert "archiving" in set(states_seen(daytona, sandbox, "archived"))
    with pytest.raises(DaytonaBadRequestError, match="Is the Sandbox started"):
        sandbox.process.exec("true")
    sandbox.start()
    assert sandbox.fs.download_file("kept.txt") == b"kept"
    assert sandbox.get_preview_link(80).token != token


def test_what_is_deleted_when_it_stops_is_not_archived(stopped: Sandbox) -> None:
    stopped.set_auto_delete_interval(0)
    with pytest.raises(DaytonaBadRequestError, match="cannot be archived"):
        stopped.archive()


def test_a_paused_sandbox_stands_still_and_goes_on(cloud: Cloud, machine: Sandbox, sandbox: Sandbox) -> None:
    ticks = {each.id: cloud.folder / "sandboxes" / each.id / "root/home/daytona/ticks" for each in (machine, sandbox)}
    for each in (machine, sandbox):
        each.process.exec(TICKING)
    until(lambda: all(path.exists() for path in ticks.values()))
    token = machine.get_preview_link(80).token
    machine.process.create_session("shell")
    machine.pause()
    assert machine.state == "paused"
    before = {name: path.stat().st_size for name, path in ticks.items()}
    until(lambda: ticks[sandbox.id].stat().st_size > before[sandbox.id] + 100)
    assert ticks[machine.id].stat().st_size == before[machine.id]
    machine.start()
    until(lambda: ticks[machine.id].stat().st_size > before[machine.id])
    assert machine.get_preview_link(80).token == token
    assert [each.session_id for each in machine.process.list_sessions()] == ["shell"]


def test_only_some_classes_pause(sandbox: Sandbox) -> None:
    with pytest.raises(DaytonaUnprocessableEntityError, match="class is container"):
        sandbox.pause()


def test_a_paused_sandbox_can_be_deleted(daytona: Daytona, machine: Sandbox) -> None:
    machine.pause()
    machine.delete(wait=True)
    assert list(daytona.list()) == []


def test_an_error_is_recovered_when_its_cause_is_gone(cloud: Cloud, stopped: Sandbox) -> None:
    root = cloud.folder / "sandboxes" / stopped.id / "root"
    root.rename(root.with_name("aside"))
    root.touch()
    with pytest.raises(DaytonaError, match="failed to start"):
        stopped.start()
    stopped.refresh_data()
    assert (stopped.state, stopped.recoverable) == ("error", True)
    root.unlink()
    root.with_name("aside").rename(root)
    stopped.recover()
    assert stopped.process.exec("echo well").result == "well\n"
    with pytest.raises(DaytonaBadRequestError, match="cannot be recovered"):
        stopped.recover()
