"""Commands and sessions, as the Daytona SDK sees them."""

import asyncio
import time

import pytest
from daytona import (
    Daytona,
    DaytonaCommandAlreadyCompletedError,
    DaytonaConflictError,
    DaytonaNotFoundError,
    DaytonaProcessExecutionTimeoutError,
    DaytonaSessionEndedError,
    Sandbox,
    SessionExecuteRequest,
)
from daytona.common.process import SessionExecuteResponse

from tests.waiting import until


@pytest.fixture
def session(sandbox: Sandbox) -> Sandbox:
    sandbox.process.create_session("s")
    return sandbox


def run(sandbox: Sandbox, command: str, *, run_async: bool = False) -> SessionExecuteResponse:
    return sandbox.process.execute_session_command("s", SessionExecuteRequest(command=command, run_async=run_async))


def output(sandbox: Sandbox, command: SessionExecuteResponse) -> str:
    return sandbox.process.get_session_command_logs("s", command.cmd_id).stdout or ""


def test_a_command_answers_output_and_exit_code(sandbox: Sandbox) -> None:
    answer = sandbox.process.exec("echo out; echo err >&2; echo $A ü; exit 3", env={"A": "1"})
    assert (answer.exit_code, answer.result) == (3, "out\nerr\n1 ü\n")
    assert sandbox.process.exec("pwd", cwd="/usr").result == "/usr\n"
    assert sandbox.process.exec("python3 -c 'print(6 * 7)'").result == "42\n"


def test_a_command_leaves_what_it_put_into_the_background(sandbox: Sandbox) -> None:
    command = "sleep 1000 >/dev/null 2>&1 & until grep -q sleep /proc/$!/comm; do :; done"
    assert sandbox.process.exec(command, timeout=10).exit_code == 0
    assert "sleep" in sandbox.process.exec("cat /proc/[0-9]*/comm").result


def test_a_command_inherits_nothing_but_its_three_streams(session: Sandbox) -> None:
    # The fourth is the folder that the shell has open to find the others.
    three_and_one = "".join(f"/proc/self/fd/{number}\n" for number in range(4))
    assert session.process.exec("printf '%s\n' /proc/self/fd/*").result == three_and_one
    assert run(session, "bash -c 'printf \"%s\\n\" /proc/self/fd/*'").stdout == three_and_one


def test_a_command_that_takes_too_long_is_killed(sandbox: Sandbox) -> None:
    with pytest.raises(DaytonaProcessExecutionTimeoutError, match="longer than 1 seconds"):
        sandbox.process.exec("sleep 777 & sleep 778", timeout=1)
    assert "sleep" not in sandbox.process.exec("cat /proc/[0-9]*/comm").result


def test_much_output_arrives_whole(sandbox: Sandbox) -> None:
    assert sandbox.process.exec("head -c 3000000 /dev/zero | tr '\\0' x").result == "x" * 3000000


def test_a_session_keeps_directory_and_variables(session: Sandbox) -> None:
    run(session, "cd /tmp; export A=1; f() { echo from f; }")
    answer = run(session, "pwd; echo $A; f; echo problem >&2; false")
    assert (answer.stdout, answer.stderr, answer.exit_code) == ("/tmp\n1\nfrom f\n", "problem\n", 1)
    assert "/tmp" in (answer.output or "")


@pytest.mark.parametrize("broken", ["echo 'open", "for x in", 'echo "$(', "}", "cat <<E\nx", "no-such-command"])
def test_a_session_survives_a_command_that_is_wrong(session: Sandbox, broken: str) -> None:
    run(session, broken)
    assert run(session, "echo fine").stdout == "fine\n"


def test_a_session_shows_its_commands(session: Sandbox) -> None:
    done = run(session, "true")
    running = run(session, "sleep 1000", run_async=True)
    waiting = run(session, "echo later", run_async=True)
    shown = session.process.get_session("s")
    assert [each.id for each in shown.commands or []] == [done.cmd_id, running.cmd_id, waiting.cmd_id]
    assert [each.exit_code for each in shown.commands or []] == [0, None, None]
    assert session.process.get_session_command("s", done.cmd_id).command == "true"
    assert [each.session_id for each in session.process.list_sessions()] == ["s"]


def test_a_followed_log_arrives_in_order_and_apart(session: Sandbox) -> None:
    script = "for i in $(seq 200); do echo out $i; echo err $i >&2; done; sleep 0.2; printf 'ü\\nlast'"
    command = run(session, script, run_async=True)
    out: list[str] = []
    err: list[str] = []
    asyncio.run(session.process.get_session_command_logs_async("s", command.cmd_id, out.append, err.append))
    assert "".join(out) == "".join(f"out {i}\n" for i in range(1, 201)) + "ü\nlast"
    assert "".join(err) == "".join(f"err {i}\n" for i in range(1, 201))
    logs = session.process.get_session_command_logs("s", command.cmd_id)
    assert (logs.stdout, logs.stderr) == ("".join(out), "".join(err))
    assert session.process.get_session_command("s", command.cmd_id).exit_code == 0


def test_deleting_a_session_kills_everything_in_it(session: Sandbox) -> None:
    run(session, "sleep 1001 & setsid sleep 1002 &")
    run(session, "sleep 1003", run_async=True)
    session.process.delete_session("s")
    assert session.process.list_sessions() == []
    deadline = time.monotonic() + 5
    while "sleep" in session.process.exec("cat /proc/[0-9]*/comm").result:
        assert time.monotonic() < deadline
    with pytest.raises(DaytonaNotFoundError):
        session.process.delete_session("s")


def test_a_session_that_has_ended_says_so(session: Sandbox) -> None:
    assert run(session, "exit 4").exit_code == 4
    with pytest.raises(DaytonaSessionEndedError):
        run(session, "true")


def test_names_of_sessions_are_taken_once_and_have_to_exist(session: Sandbox) -> None:
    with pytest.raises(DaytonaConflictError):
        session.process.create_session("s")
    with pytest.raises(DaytonaNotFoundError):
        session.process.get_session("other")
    with pytest.raises(DaytonaNotFoundError):
        session.process.get_session_command("s", "../../meta")


def test_a_command_ends_when_its_sandbox_is_stopped(daytona: Daytona, session: Sandbox) -> None:
    command = run(session, "echo begun; sleep 1000", run_async=True)
    out: list[str] = []

    async def follow() -> None:
        follower = asyncio.create_task(
            session.process.get_session_command_logs_async("s", command.cmd_id, out.append, out.append)
        )
        while not out:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(daytona.get(session.id).stop)
        await asyncio.wait_for(follower, 10)

    asyncio.run(follow())
    assert out == ["begun\n"]


def test_a_command_in_a_session_is_fed(session: Sandbox) -> None:
    command = run(session, "read first; read second; echo $second $first; cat", run_async=True)
    for line in ("one", "two\n", "ü"):
        session.process.send_session_command_input("s", command.cmd_id, line)
    until(lambda: output(session, command).count("ü\n") == 2)
    assert output(session, command).startswith("one\n")
    assert "two one\n" in output(session, command)
    session.process.delete_session("s")


def test_input_is_shown_in_the_log_unless_asked_not_to(session: Sandbox) -> None:
    request = SessionExecuteRequest(command="read word; echo length ${#word}", run_async=True, suppress_input_echo=True)
    command = session.process.execute_session_command("s", request)
    session.process.send_session_command_input("s", command.cmd_id, "secret")
    until(lambda: session.process.get_session_command("s", command.cmd_id).exit_code == 0)
    assert output(session, command) == "length 6\n"


def test_only_what_runs_takes_input(session: Sandbox) -> None:
    command = run(session, "true")
    with pytest.raises(DaytonaCommandAlreadyCompletedError):
        session.process.send_session_command_input("s", command.cmd_id, "late")
    with pytest.raises(DaytonaNotFoundError):
        session.process.send_session_command_input("s", "none", "x")
