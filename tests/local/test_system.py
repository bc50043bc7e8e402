"""The sandbox as a machine: variables that are changed while it runs, ports, and what is used."""

import time
from collections.abc import Callable

import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaError, Sandbox, SessionExecuteRequest, VolumeMount
from daytona_toolbox_api_client import PortApi, ServerApi, UpdateEnvRequest


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline


def in_background(sandbox: Sandbox, command: str) -> None:
    sandbox.process.create_session(command)
    sandbox.process.execute_session_command(command, SessionExecuteRequest(command=command, run_async=True))


def test_variables_change_for_what_starts_from_then_on(daytona: Daytona) -> None:
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(env_vars={"A": "1", "B": "1"}))
    sandbox.process.create_session("before")
    sandbox.update_env({"A": "2", "C": "ü"}, unset=["B", "C"])

    def variables() -> str:
        return sandbox.process.exec("echo $A $B $C").result.strip()

    assert variables() == "2 ü"
    assert sandbox.code_interpreter.run_code("import os; print(os.environ['C'])").stdout == "ü\n"
    old = sandbox.process.execute_session_command("before", SessionExecuteRequest(command="echo $A $B $C"))
    assert old.stdout == "1 1\n"
    sandbox.update_env({"B": "3"})
    assert variables() == "2 3 ü"
    ServerApi(sandbox._toolbox_api).update_env(  # pyright: ignore[reportPrivateUsage]
        UpdateEnvRequest(set={"C": "ü2"}, unset_value_prefix="ü")
    )
    assert variables() == "2 3 ü2"
    assert daytona.get(sandbox.id).env == {"A": "1", "B": "1"}, "the record is what it was"
    sandbox.stop()
    with pytest.raises(DaytonaError):
        sandbox.update_env({"A": "4"})
    sandbox.start()
    assert variables() == "1 1"


def test_ports_are_those_that_something_listens_on(sandbox: Sandbox) -> None:
    def ports() -> list[int] | None:
        return PortApi(sandbox._toolbox_api).get_ports().ports  # pyright: ignore[reportPrivateUsage]

    assert ports() == []
    in_background(sandbox, "python3 -m http.server 3001")
    in_background(sandbox, "python3 -m http.server 8000 --bind ::1")
    in_background(sandbox, "python3 -m http.server 2000")
    until(lambda: ports() == [3001, 8000])


def test_what_is_used_is_measured(daytona: Daytona) -> None:
    volume = daytona.volume.create("v")
    until(lambda: daytona.volume.get("v").state == "ready")
    mounts = [VolumeMount(volume_id=volume.id, mount_path="/a ü")]
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(volumes=mounts))
    idle = sandbox.get_metrics_latest()
    assert (idle.cpu_count, idle.mem_total, idle.disk_total) == (1, 1 << 30, 3 << 30)
    assert idle.cpu_used_pct < 5
    assert 0 < idle.mem_used < 100 << 20
    assert 0 < idle.disk_used < 10 << 20, "neither the host's programs nor the volume"
    in_background(sandbox, "python3 -c \"x = b'x' * (200 << 20)\nwhile True: pass\"")
    sandbox.process.exec("head -c 50M /dev/zero > f; ln f g; head -c 50M /dev/zero > '/a ü/f'")
    until(lambda: sandbox.get_metrics_latest().cpu_used_pct > 5)
    busy = sandbox.get_metrics_latest()
    assert busy.mem_used - idle.mem_used > 190 << 20
    assert 49 << 20 < busy.disk_used - idle.disk_used < 51 << 20
