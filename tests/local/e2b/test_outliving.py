"""Processes and watched folders that outlive their clients, the server and a pause."""

import os
from pathlib import Path

import httpx
import pytest
from e2b import (
    E2B,
    CommandExitException,
    PtySize,
    Sandbox,
    SandboxNotRunningException,
    SandboxUnreachableException,
    WatchHandle,
)

from tests.cloud import Cloud, running_cloud
from tests.local.e2b.client import client_of, write
from tests.waiting import until


def test_after_a_crash_of_the_server_everything_goes_on() -> None:
    with running_cloud() as (process, cloud):
        sandbox = client_of(cloud).Sandbox.create()
        command = sandbox.commands.run("read; echo first; read; echo second; exit 4", background=True, stdin=True)
        terminal = sandbox.pty.create(PtySize(rows=20, cols=70))
        watch = sandbox.files.watch_dir("/tmp")
        sandbox.commands.run("touch /tmp/before")
        process.kill()
        with pytest.raises(SandboxUnreachableException):
            command.wait()
        terminal.disconnect()
        again = client_of(process.start()).Sandbox.connect(sandbox.sandbox_id)
        assert {each.pid for each in again.commands.list()} == {command.pid, terminal.pid}
        joined = again.commands.connect(command.pid)
        again.commands.send_stdin(command.pid, "\n\n")
        with pytest.raises(CommandExitException) as ended:
            joined.wait()
        assert (ended.value.stdout, ended.value.exit_code) == ("first\nsecond\n", 4)
        again.pty.resize(terminal.pid, PtySize(rows=30, cols=90))
        shown: list[bytes] = []
        typed = again.pty.connect(terminal.pid)
        again.pty.send_stdin(terminal.pid, b"stty size; exit\n")
        typed.wait(on_pty=shown.append)
        assert b"30 90\r\n" in b"".join(shown)
        again.commands.run("touch /tmp/after")
        assert created(again, watch) == ["before", "after"]


def created(sandbox: Sandbox, watch: WatchHandle) -> list[str]:
    """What a watch has seen being made; asked directly, since its handle knows the server's old port only."""
    answer = httpx.post(
        f"{sandbox.envd_api_url}/filesystem.Filesystem/GetWatcherEvents",
        headers=sandbox.connection_config.sandbox_headers,
        json={"watcherId": watch._watcher_id},  # pyright: ignore[reportPrivateUsage]
    )
    return [each["name"] for each in answer.json()["events"] if each["type"] == "EVENT_TYPE_CREATE"]


def test_a_pause_ends_the_call_and_keeps_the_process(e2b: E2B, sandbox: Sandbox) -> None:
    command = sandbox.commands.run("echo begun; read; echo went on", background=True, stdin=True)
    output = iter(command)
    assert next(output) == ("begun\n", None, None)
    sandbox.pause()
    with pytest.raises(SandboxNotRunningException):
        next(output)
    with pytest.raises(SandboxNotRunningException):
        sandbox.commands.list()
    again = e2b.Sandbox.connect(sandbox.sandbox_id)
    joined = again.commands.connect(command.pid)
    again.commands.send_stdin(command.pid, "\n")
    assert joined.wait().stdout == "went on\n"


def test_a_call_wakes_a_sandbox_that_asks_for_it(e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(lifecycle={"on_timeout": "pause", "auto_resume": True})
    write(sandbox, "file", "kept")
    sandbox.pause()
    assert sandbox.files.read("file") == "kept"
    sandbox.pause()
    assert sandbox.commands.run("cat file").stdout == "kept"


def test_what_a_process_wrote_is_forgotten_when_it_has_ended(cloud: Cloud, sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.commands.run("head -c 1000000 /dev/zero")
    assert list((cloud.folder / "sandboxes" / sandbox.sandbox_id / "logs").iterdir()) == []
    own = 1
    assert int(sandbox.commands.run("ls -l /proc/1/fd | grep -c deleted").stdout) == own
    server = Path(f"/proc/{cloud.status()['pid']}/fd")
    until(lambda: not [each for each in server.iterdir() if sandbox.sandbox_id in os.path.realpath(each)])


def test_a_pause_is_not_noticed_by_a_shell_that_waits(e2b: E2B, sandbox: Sandbox) -> None:
    script = "set -m; read _ < /tmp/gate & wait $!; echo waited to the end"
    sandbox.commands.run("mkfifo /tmp/gate")
    command = sandbox.commands.run(script, background=True, timeout=0)
    command.disconnect()
    for _ in range(10):
        sandbox.pause()
        e2b.Sandbox.connect(sandbox.sandbox_id)
    followed = sandbox.commands.connect(command.pid)
    sandbox.commands.run("echo > /tmp/gate")
    assert followed.wait().stdout == "waited to the end\n"
