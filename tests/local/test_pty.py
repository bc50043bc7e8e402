"""Terminal sessions in a sandbox, as the Daytona SDK opens them."""

from collections.abc import Iterable

import pytest
from daytona import Daytona, DaytonaConflictError, DaytonaConnectionError, DaytonaNotFoundError, PtySize, Sandbox

from tests.cloud import running_cloud
from tests.local.test_restart import sdk
from tests.waiting import until


def until_shown(handle: Iterable[bytes], text: str) -> str:
    """What a terminal shows until a text is there."""
    shown = b""
    for data in handle:
        shown += data
        if text in shown.decode(errors="replace"):
            return shown.decode()
    raise AssertionError(f"{text!r} is not in {shown!r}")


def test_a_session_runs_an_interactive_shell(sandbox: Sandbox) -> None:
    handle = sandbox.process.create_pty_session(id="s", cwd="/tmp", envs={"A": "b ä"}, pty_size=PtySize(20, 70))
    handle.send_input("echo $A $TERM $PWD $(stty size); exit 3\n")
    shown: list[bytes] = []
    result = handle.wait(on_data=shown.append)
    assert "b ä xterm-256color /tmp 20 70\r\n" in b"".join(shown).decode()
    assert (result.exit_code, result.error) == (3, "non-zero exit")
    assert not handle.is_connected()
    handle.disconnect()
    assert sandbox.process.list_pty_sessions() == []


def test_a_session_ends_with_its_shell(sandbox: Sandbox) -> None:
    handle = sandbox.process.create_pty_session(id="s")
    handle.send_input("(trap '' HUP; sleep 1000) & exit 4\n")
    assert handle.wait().exit_code == 4
    handle.disconnect()


def test_a_session_is_described_and_resized(sandbox: Sandbox) -> None:
    handle = sandbox.process.create_pty_session(id="s", envs={"A": "b"})
    info = sandbox.process.get_pty_session_info("s")
    assert (info.id, info.cwd, info.active, info.lazy_start) == ("s", "/home/daytona", True, False)
    assert (info.cols, info.rows, info.envs) == (80, 24, {"TERM": "xterm-256color", "A": "b"})
    resized = handle.resize(PtySize(rows=50, cols=132))
    assert (resized.cols, resized.rows) == (132, 50)
    handle.send_input("stty size\n")
    until_shown(handle, "50 132\r\n")
    assert [each.id for each in sandbox.process.list_pty_sessions()] == ["s"]
    handle.kill()
    assert handle.wait().exit_code == 137
    handle.disconnect()


def test_a_session_outlives_its_client_and_takes_several(sandbox: Sandbox) -> None:
    first = sandbox.process.create_pty_session(id="s")
    first.send_input("echo from the $((1)) first\n")
    until_shown(first, "from the 1 first\r\n")
    first.disconnect()
    second, third = sandbox.process.connect_pty_session("s"), sandbox.process.connect_pty_session("s")
    second.send_input("echo from the $((2)) second\n")
    for handle in (second, third):
        shown = until_shown(handle, "from the 2 second\r\n")
        assert "from the 1 first" not in shown
    third.send_input("exit\n")
    assert (second.wait().exit_code, third.wait().exit_code) == (0, 0)
    second.disconnect()
    third.disconnect()


def test_killing_a_session_kills_everything_in_it(sandbox: Sandbox) -> None:
    handle = sandbox.process.create_pty_session(id="s")
    handle.send_input("sleep 1001 & nohup sleep 1002 > /dev/null & sleep 1003; echo never\n")
    until(lambda: sandbox.process.exec("cat /proc/[0-9]*/comm").result.count("sleep") == 3)
    sandbox.process.kill_pty_session("s")
    result = handle.wait()
    assert (result.exit_code, result.error) == (137, "SIGKILL")
    handle.disconnect()
    until(lambda: "sleep" not in sandbox.process.exec("cat /proc/[0-9]*/comm").result)
    with pytest.raises(DaytonaNotFoundError):
        sandbox.process.kill_pty_session("s")


def test_names_of_sessions_are_taken_once_and_have_to_exist(sandbox: Sandbox) -> None:
    handle = sandbox.process.create_pty_session(id="s")
    with pytest.raises(DaytonaConflictError):
        sandbox.process.create_pty_session(id="s")
    handle.kill()
    handle.wait()
    handle.disconnect()
    sandbox.process.create_pty_session(id="s").disconnect()
    with pytest.raises(DaytonaNotFoundError):
        sandbox.process.get_pty_session_info("other")
    with pytest.raises(DaytonaConnectionError, match="PTY session other not found"):
        sandbox.process.connect_pty_session("other")


def test_a_session_ends_when_its_sandbox_is_stopped(daytona: Daytona, sandbox: Sandbox) -> None:
    handle = sandbox.process.create_pty_session(id="s")
    daytona.get(sandbox.id).stop()
    assert handle.wait(timeout=10).exit_code is None
    assert not handle.is_connected()
    handle.disconnect()


def test_a_session_survives_a_crash_of_the_server() -> None:

    with running_cloud() as (process, cloud):
        sandbox = sdk(cloud).create()
        handle = sandbox.process.create_pty_session(id="s")
        handle.send_input("kept=4711\n")
        until_shown(handle, "kept=4711\r\n")
        process.kill()
        handle.disconnect()
        again = sdk(process.start()).get(sandbox.id)
        joined = again.process.connect_pty_session("s")
        joined.send_input("echo still $kept; exit\n")
        until_shown(joined, "still 4711\r\n")
        assert joined.wait().exit_code == 0
        joined.disconnect()
