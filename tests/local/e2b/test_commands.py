"""Commands in a sandbox, as the E2B SDK runs them."""

import threading

import httpx
import pytest
from e2b import (
    E2B,
    AuthenticationException,
    CommandExitException,
    InvalidArgumentException,
    NotFoundException,
    Sandbox,
    SandboxException,
    SandboxNotRunningException,
    TimeoutException,
)
from e2b.envd.client_sync import create_rpc_client
from e2b.envd.process import process_connect, process_pb
from protobuf import Oneof

from tests.cloud import Cloud
from tests.waiting import until


def rpc(sandbox: Sandbox) -> process_connect.ProcessClientSync:
    """The SDK's own generated client, for what its classes do not offer."""
    return create_rpc_client(process_connect.ProcessClientSync, sandbox.envd_api_url, sandbox.connection_config)


def pids(sandbox: Sandbox) -> list[int]:
    return [process.pid for process in sandbox.commands.list()]


def test_a_command_runs_in_a_login_shell_at_home(sandbox: Sandbox) -> None:
    result = sandbox.commands.run('shopt -q login_shell && echo "$USER at $HOME in $PWD"; echo ä >&2')
    assert (result.stdout, result.stderr, result.exit_code) == ("user at /home/user in /home/user\n", "ä\n", 0)


def test_variables_folder_and_user_are_those_asked_for(e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(envs={"OF": "sandbox", "BOTH": "sandbox"})
    command = 'echo "$OF $BOTH $PWD $(whoami)"'
    result = sandbox.commands.run(command, envs={"BOTH": "command"}, cwd="/tmp", user="user")
    assert result.stdout == "sandbox command /tmp user\n"
    assert sandbox.commands.run(command, user="root", cwd="~").stdout == "sandbox sandbox /home/user user\n"
    with pytest.raises(AuthenticationException, match="invalid username: 'nobody'"):
        sandbox.commands.run("true", user="nobody")
    with pytest.raises(InvalidArgumentException, match="cwd '/none' does not exist"):
        sandbox.commands.run("true", cwd="/none")


def test_a_failure_has_its_exit_code_and_output(sandbox: Sandbox) -> None:
    with pytest.raises(CommandExitException) as failed:
        sandbox.commands.run("echo out; echo err >&2; exit 7")
    error = failed.value
    assert (error.exit_code, error.stdout, error.stderr, error.error) == (7, "out\n", "err\n", "exit status 7")


def test_output_comes_while_the_command_runs(sandbox: Sandbox) -> None:
    handle = sandbox.commands.run("echo begun; read answer; echo $answer", background=True, stdin=True)
    output: list[str] = []
    for stdout, _, _ in handle:
        output.append(stdout or "")
        if len(output) == 1:
            sandbox.commands.send_stdin(handle.pid, "done\n")
    assert output == ["begun\n", "done\n"]


def test_much_output_comes_whole_and_in_order(sandbox: Sandbox) -> None:
    lines = sandbox.commands.run("seq 1 200000").stdout.split()
    assert lines == [str(number) for number in range(1, 200001)]
    mixed = sandbox.commands.run("for i in $(seq 2000); do echo $i; done", timeout=20).stdout
    assert mixed.split() == [str(number) for number in range(1, 2001)]


def test_a_command_in_the_background_is_seen_and_joined_by_another_client(e2b: E2B, sandbox: Sandbox) -> None:
    started = sandbox.commands.run(
        "read word; echo got $word; exit 3", background=True, stdin=True, envs={"A": "b"}, cwd="/tmp"
    )
    started.disconnect()
    other = e2b.Sandbox.connect(sandbox.sandbox_id)
    (process,) = other.commands.list()
    assert (process.pid, process.cmd, process.envs, process.cwd) == (started.pid, "/bin/bash", {"A": "b"}, "/tmp")
    joined = other.commands.connect(started.pid)
    sandbox.commands.send_stdin(started.pid, "it\n")
    with pytest.raises(CommandExitException) as failed:
        joined.wait()
    assert (failed.value.stdout, failed.value.exit_code) == ("got it\n", 3)
    assert other.commands.list() == []
    with pytest.raises(NotFoundException):
        other.commands.connect(started.pid)


def test_who_joins_later_gets_what_comes_later(sandbox: Sandbox) -> None:
    first = sandbox.commands.run("echo early; read _; echo late", background=True, stdin=True)
    output = iter(first)
    assert next(output) == ("early\n", None, None)
    second = sandbox.commands.connect(first.pid)
    sandbox.commands.send_stdin(first.pid, "\n")
    assert second.wait().stdout == "late\n"
    assert list(output) == [("late\n", None, None)]


def test_a_command_reads_until_its_input_is_closed(sandbox: Sandbox) -> None:
    handle = sandbox.commands.run("wc -c", background=True, stdin=True)
    for part in ("text", b"\x00\xff", "x" * 3_000_000):
        handle.send_stdin(part)
    handle.close_stdin()
    assert handle.wait().stdout == "3000006\n"


def test_input_is_streamed(sandbox: Sandbox) -> None:
    handle = sandbox.commands.run("head -n 3", background=True, stdin=True)
    sandbox.commands.stream_input(handle.pid, (f"line {number}\n" for number in range(3)))
    assert handle.wait().stdout == "line 0\nline 1\nline 2\n"
    with pytest.raises(NotFoundException):
        sandbox.commands.stream_input(handle.pid, ["more"])


def test_without_input_a_command_finds_its_end(sandbox: Sandbox) -> None:
    assert sandbox.commands.run("cat; echo end").stdout == "end\n"
    handle = sandbox.commands.run("sleep 1000", background=True)
    with pytest.raises(SandboxException, match="stdin not enabled or closed"):
        handle.send_stdin("x")
    handle.kill()
    with pytest.raises(CommandExitException):
        handle.wait()


def test_killing_a_command(sandbox: Sandbox) -> None:
    handle = sandbox.commands.run("sleep 1000", background=True)
    assert handle.kill()
    with pytest.raises(CommandExitException) as killed:
        handle.wait()
    assert (killed.value.exit_code, killed.value.error) == (-1, "signal: killed")
    assert not sandbox.commands.kill(handle.pid)


def test_a_command_may_end_by_itself_when_told_to(sandbox: Sandbox) -> None:
    handle = sandbox.commands.run("trap 'echo cleaned; exit 5' TERM; echo ready; read", background=True, stdin=True)
    output = iter(handle)
    assert next(output) == ("ready\n", None, None)
    process = process_pb.ProcessSelector(selector=Oneof("pid", handle.pid))
    rpc(sandbox).send_signal(process_pb.SendSignalRequest(process=process, signal=process_pb.Signal.SIGTERM))
    assert list(output) == [("cleaned\n", None, None)]


def test_a_command_is_over_when_its_output_is(sandbox: Sandbox) -> None:
    assert sandbox.commands.run("(sleep 0.3; echo late) & echo early").stdout == "early\nlate\n"
    assert sandbox.commands.run("sleep 1000 > /dev/null 2>&1 & echo early").stdout == "early\n"


def test_a_command_that_takes_too_long_is_killed(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutException):
        sandbox.commands.run("sleep 1001", timeout=0.5)
    until(lambda: not pids(sandbox))
    assert "sleep\n" not in sandbox.commands.run("cat /proc/[0-9]*/comm").stdout


def test_following_for_too_long_kills_nothing(sandbox: Sandbox) -> None:
    handle = sandbox.commands.run("read; echo still here", background=True, stdin=True, timeout=0)
    with pytest.raises(TimeoutException):
        sandbox.commands.connect(handle.pid, timeout=0.3).wait()
    handle.send_stdin("\n")
    assert handle.wait().stdout == "still here\n"


def test_a_process_has_a_tag_and_a_silent_one_gives_signs_of_life(sandbox: Sandbox) -> None:
    service = rpc(sandbox)
    config = process_pb.ProcessConfig(cmd="/bin/cat")
    started = service.start(process_pb.StartRequest(process=config, tag="the cat"))
    assert "start" in str(next(iter(started)))
    by_tag = process_pb.ProcessSelector(selector=Oneof("tag", "the cat"))
    assert [each.tag for each in service.list(process_pb.ListRequest()).processes] == ["the cat"]
    request = process_pb.ConnectRequest(process=by_tag)
    followed = iter(service.connect(request, headers={"Keepalive-Ping-Interval": "0.05"}))
    assert "start" in str(next(followed))
    assert "keepalive" in str(next(followed))
    assert "keepalive" in str(next(followed))
    service.close_stdin(process_pb.CloseStdinRequest(process=by_tag))
    *_, last = followed
    assert "exit status 0" in str(last)


def test_a_sandbox_that_is_killed_takes_its_commands_along(sandbox: Sandbox) -> None:
    handle = sandbox.commands.run("echo begun; sleep 1000", background=True)
    output = iter(handle)
    assert next(output) == ("begun\n", None, None)
    killer = threading.Thread(target=sandbox.kill)
    killer.start()
    with pytest.raises(SandboxNotRunningException):
        list(output)
    killer.join()
    assert not sandbox.is_running()
    with pytest.raises(SandboxNotRunningException):
        sandbox.commands.run("true")
    with pytest.raises(SandboxNotRunningException):
        sandbox.commands.list()


def test_nobody_gets_inside_without_the_sandboxs_own_token(cloud: Cloud, e2b: E2B, sandbox: Sandbox) -> None:
    other = e2b.Sandbox.create().connection_config.sandbox_headers["X-Access-Token"]
    for token in ("", "wrong", cloud.api_key, other):
        headers = {"E2b-Sandbox-Id": sandbox.sandbox_id, "X-Access-Token": token}
        answer = httpx.post(f"{cloud.e2b_sandbox_url}/process.Process/List", headers=headers, json={})
        assert answer.status_code == 401, token
        assert answer.json()["message"].startswith("unauthorized access")
