"""Commands: run to their end, spawned, found again, written to and ended."""

import time

import pytest

from evolve_pulumi import EvolveError, NotFoundError, NotReadyError, SandboxInstance
from tests.sandboxes.conftest import Calls
from tests.waiting import until

COMMANDS = "cat /proc/[0-9]*/comm"


def names(sandbox: SandboxInstance) -> list[str]:
    """What runs in a sandbox."""
    return sandbox.commands.run(COMMANDS).stdout.split()


def test_a_command_answers_its_exit_code_and_output(sandbox: SandboxInstance, at_daytona: bool) -> None:
    done = sandbox.commands.run("echo out ü; echo err >&2; exit 3")
    assert done.exit_code == 3
    assert (done.stdout, done.stderr) == (("out ü\nerr\n", "") if at_daytona else ("out ü\n", "err\n"))
    assert sandbox.commands.run("true").exit_code == 0


def test_a_command_line_is_bashs(sandbox: SandboxInstance) -> None:
    line = "x=(1 2 3); [[ ${x[1]} == 2 ]] && echo \"it's\" $'\\t' `echo 'b\"q'` ${#x[@]} {a,b} | cat"
    assert sandbox.commands.run(line).stdout == "it's \t b\"q 3 a b\n"


@pytest.mark.parametrize("streamed", [False, True])
def test_environment_and_directory_reach_it(sandbox: SandboxInstance, streamed: bool) -> None:
    told: list[str] = []
    done = sandbox.commands.run(
        'echo "$PWD|$A|$B"; cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -c hunt[e]r',
        env={"A": "it's $hunter2\nand `more`", "B": ""},
        working_directory="/usr/lib",
        on_stdout=told.append if streamed else None,
    )
    assert done.stdout == "/usr/lib|it's $hunter2\nand `more`|\n0\n", "its value is in no process's arguments"
    assert "".join(told) == (done.stdout if streamed else "")


def test_a_directory_that_is_not_there_is_an_error(sandbox: SandboxInstance) -> None:
    for run in (
        lambda: sandbox.commands.run("true", working_directory="/none", on_stdout=print),
        lambda: sandbox.commands.spawn("true", working_directory="/none"),
    ):
        with pytest.raises(EvolveError, match="/none"):
            run()
    assert sandbox.commands.list() == []


@pytest.mark.parametrize("streamed", [False, True])
def test_standard_input_is_given_whole_and_ends(sandbox: SandboxInstance, streamed: bool) -> None:
    text = "ü line\n" * 200_000 + "no newline at the end"
    told: list[str] = []
    done = sandbox.commands.run("cat", stdin=text, on_stdout=told.append if streamed else None)
    assert (done.exit_code, done.stdout == text, done.stderr) == (0, True, "")
    none = sandbox.commands.run("cat; echo nothing", on_stdout=told.append if streamed else None)
    assert none.stdout == "nothing\n", "there is none where none is given"
    assert sandbox.commands.run("ls -A /tmp").stdout == ""


def test_a_command_may_end_without_reading_its_input(sandbox: SandboxInstance) -> None:
    assert sandbox.commands.run("exit 5", stdin="x" * 1_000_000).exit_code == 5


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("fed", [None, "fed"])
def test_one_that_takes_too_long_is_killed(sandbox: SandboxInstance, streamed: bool, fed: str | None) -> None:
    with pytest.raises(NotReadyError, match=r"longer than 1 seconds\. Raise timeout_seconds, or spawn it"):
        sandbox.commands.run("sleep 777", timeout_seconds=1, stdin=fed, on_stdout=print if streamed else None)
    until(lambda: "sleep" not in names(sandbox))


def test_output_is_told_as_it_comes_each_stream_by_itself(
    sandbox: SandboxInstance, at_daytona: bool, calls: Calls
) -> None:
    out: list[str] = []
    err: list[str] = []
    sandbox.commands.run("true")
    calls()
    done = sandbox.commands.run(
        "echo one; echo problem >&2; read -t 0.3 < <(sleep 1); echo two; exit 4",
        on_stdout=out.append,
        on_stderr=err.append,
    )
    assert (done.exit_code, done.stdout, done.stderr) == (4, "one\ntwo\n", "problem\n")
    assert (len(out), "".join(out), "".join(err)) == (2, "one\ntwo\n", "problem\n")
    if at_daytona:
        made, *_, deleted = calls()
        assert (made, deleted.rpartition("/")[0]) == ("POST /process/session", "DELETE /process/session")
        assert sandbox.native.process.list_sessions() == []


def test_what_is_streamed_leaves_nothing_when_a_callback_fails(sandbox: SandboxInstance) -> None:
    def fail(text: str) -> None:
        raise ZeroDivisionError(text)

    with pytest.raises(ZeroDivisionError, match="begun"):
        sandbox.commands.run("echo begun; exec sleep 1000", on_stdout=fail)
    until(lambda: "sleep" not in names(sandbox))
    assert sandbox.commands.list() == []


def test_a_thousand_lines_a_second_come_in_order_and_in_time(sandbox: SandboxInstance) -> None:
    script = (
        "import time\nbegin = time.monotonic()\nfor i in range(3000):\n"
        "    time.sleep(max(0, begin + i / 1000 - time.monotonic()))\n    print('line', i, 'ü', flush=True)\n"
    )
    pieces: list[tuple[float, str]] = []
    begin = time.monotonic()
    done = sandbox.commands.run(
        'python3 -c "$SCRIPT"',
        env={"SCRIPT": script},
        on_stdout=lambda text: pieces.append((time.monotonic(), text)),
    )
    expected = "".join(f"line {i} ü\n" for i in range(3000))
    assert ("".join(text for _, text in pieces) == expected, done.stdout == expected) == (True, True)
    assert pieces[-1][0] - begin < 10
    assert pieces[-1][0] - pieces[0][0] > 2, "they came while it ran"


def test_characters_are_whole_however_they_come(sandbox: SandboxInstance) -> None:
    pieces: list[str] = []
    sandbox.commands.run(
        r"for i in 1 2 3 4 5; do printf '\xf0\x9f'; read -t 0.05 < <(sleep 1); printf '\x9a\x80'; done",
        on_stdout=pieces.append,
    )
    assert "".join(pieces).strip() == "🚀" * 5


def test_one_that_is_spawned_is_listed_found_and_waited_for(sandbox: SandboxInstance) -> None:
    line = 'read -t 0.5 < <(sleep 5); echo "done $A $PWD"; echo bad >&2; exit 7'
    command = sandbox.commands.spawn(line, env={"A": "it's"}, working_directory="/usr")
    assert [(each.pid, each.command) for each in sandbox.commands.list()] == [(command.pid, line)]
    assert isinstance(command.pid, int)
    again = sandbox.commands.connect(command.pid)
    for each in (command, again):
        out: list[str] = []
        err: list[str] = []
        done = each.wait(timeout_seconds=20, on_stdout=out.append, on_stderr=err.append)
        assert (done.exit_code, done.stdout, done.stderr) == (7, "done it's /usr\n", "bad\n")
        assert ("".join(out), "".join(err)) == (done.stdout, done.stderr)
    assert sandbox.commands.list() == []


def test_a_wait_that_gives_up_leaves_it_running(sandbox: SandboxInstance) -> None:
    command = sandbox.commands.spawn("echo first; read; echo second", stdin=True)
    with pytest.raises(NotReadyError, match=r"longer than 0\.5 seconds"):
        command.wait(timeout_seconds=0.5)
    assert [each.pid for each in sandbox.commands.list()] == [command.pid]
    command.send_stdin("\n")
    assert command.wait(timeout_seconds=20).stdout == "first\nsecond\n"


def test_one_that_runs_can_be_written_to(sandbox: SandboxInstance) -> None:
    line = 'while read -r line; do echo "got $line"; test "$line" = end && exit; done'
    command = sandbox.commands.spawn(line, stdin=True)
    command.send_stdin("ü one\ntwo\n")
    sandbox.commands.send_stdin(command.pid, "end\n")
    assert command.wait(timeout_seconds=20).stdout == "got ü one\ngot two\ngot end\n"
    with pytest.raises(NotFoundError):
        sandbox.commands.send_stdin(command.pid, "late\n")


def test_one_that_is_spawned_without_finds_no_input(sandbox: SandboxInstance) -> None:
    assert sandbox.commands.spawn("cat; echo nothing").wait(timeout_seconds=20).stdout == "nothing\n"


def test_killing_one_ends_all_that_it_started(sandbox: SandboxInstance) -> None:
    other = sandbox.commands.spawn("exec sleep 2000")
    command = sandbox.commands.spawn("sleep 1000 & (sleep 1001; true) & echo begun; wait")
    until(lambda: names(sandbox).count("sleep") == 3)
    assert sandbox.commands.kill(command.pid)
    until(lambda: names(sandbox).count("sleep") == 1)
    assert command.wait(timeout_seconds=20).exit_code != 0
    assert [each.pid for each in sandbox.commands.list()] == [other.pid]
    assert (command.kill(), other.kill()) == (False, True)


def test_one_that_ended_is_found_no_more(sandbox: SandboxInstance) -> None:
    command = sandbox.commands.spawn("true")
    command.wait(timeout_seconds=20)
    assert sandbox.commands.kill(command.pid) is False
    for pid in (command.pid, 999_999):
        with pytest.raises(NotFoundError, match=str(pid)):
            sandbox.commands.connect(pid)


def test_a_spawned_command_says_nothing_but_its_own(sandbox: SandboxInstance) -> None:
    done = sandbox.commands.spawn("sh -c 'kill -9 $$'; echo on >&2").wait(timeout_seconds=20)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1] == "on"
