"""Terminals in a sandbox, as the E2B SDK opens them."""

import asyncio

import pytest
from e2b import E2B, CommandExitException, NotFoundException, PtySize, Sandbox, SandboxException


def converse(sandbox: Sandbox, *lines: str, **options: object) -> tuple[str, int]:
    """Type lines into a new terminal; what it showed until it ended, and the exit code."""
    terminal = sandbox.pty.create(PtySize(rows=24, cols=80), **options)  # pyright: ignore[reportArgumentType]
    sandbox.pty.send_stdin(terminal.pid, "".join(f"{line}\n" for line in lines).encode())
    shown: list[bytes] = []
    code = 0
    try:
        terminal.wait(on_pty=shown.append)
    except CommandExitException as error:
        code = error.exit_code
    return b"".join(shown).decode(), code


def test_a_terminal_runs_a_login_shell_interactively(sandbox: Sandbox) -> None:
    shown, code = converse(sandbox, "shopt -q login_shell && [ -t 0 ] && echo in $(tty) as $TERM", "exit 5")
    assert "in /dev/pts/0 as xterm-256color\r\n" in shown
    assert code == 5


def test_a_terminals_variables_and_folder_are_those_asked_for(sandbox: Sandbox) -> None:
    shown, _ = converse(sandbox, "echo $A $TERM $PWD", "exit", envs={"A": "b", "TERM": "dumb"}, cwd="/tmp")
    assert "b dumb /tmp\r\n" in shown


def test_a_terminal_has_the_size_it_is_given(sandbox: Sandbox) -> None:
    terminal = sandbox.pty.create(PtySize(rows=10, cols=40))
    shown = ""
    resized = False
    sandbox.pty.send_stdin(terminal.pid, b"trap 'echo told of $(stty size)' WINCH; echo at first $(stty size)\n")
    for _, _, data in terminal:
        shown += (data or b"").decode()
        if "at first 10 40\r\n" in shown and not resized:
            sandbox.pty.resize(terminal.pid, PtySize(rows=50, cols=132))
            resized = True
            sandbox.pty.send_stdin(terminal.pid, b"\n")
        if "told of 50 132\r\n" in shown:
            break
    assert terminal.kill()
    terminal.disconnect()


def test_keys_reach_the_program_in_front(sandbox: Sandbox) -> None:
    terminal = sandbox.pty.create(PtySize(rows=24, cols=80))
    shown = ""
    sent = 0
    keys = [("$ ", b"cat\n"), ("cat\r\n", b"echoed\n"), ("echoed\r\nechoed\r\n", b"\x03"), ("^C", b"exit 9\n")]
    for _, _, data in terminal:
        shown += (data or b"").decode()
        if sent < len(keys) and keys[sent][0] in shown:
            sandbox.pty.send_stdin(terminal.pid, keys[sent][1])
            sent += 1
    assert sent == len(keys)
    with pytest.raises(CommandExitException) as ended:
        terminal.wait()
    assert ended.value.exit_code == 9


def test_another_client_joins_a_terminal(e2b: E2B, sandbox: Sandbox) -> None:
    terminal = sandbox.pty.create(PtySize(rows=24, cols=80))
    terminal.disconnect()
    other = e2b.Sandbox.connect(sandbox.sandbox_id)
    assert [each.pid for each in other.commands.list()] == [terminal.pid]
    joined = other.pty.connect(terminal.pid)
    other.pty.stream_input(terminal.pid, [b"echo $((6 ", "* 7))\n", b"exit\n"])
    shown: list[bytes] = []
    assert joined.wait(on_pty=shown.append).exit_code == 0
    assert b"42\r\n" in b"".join(shown)
    with pytest.raises(NotFoundException):
        other.pty.resize(terminal.pid, PtySize(rows=1, cols=1))


def test_a_terminal_is_killed(sandbox: Sandbox) -> None:
    terminal = sandbox.pty.create(PtySize(rows=24, cols=80))
    assert sandbox.pty.kill(terminal.pid)
    with pytest.raises(CommandExitException) as killed:
        terminal.wait()
    assert killed.value.error == "signal: killed"
    assert not sandbox.pty.kill(terminal.pid)


def test_input_goes_where_it_belongs(sandbox: Sandbox) -> None:
    terminal = sandbox.pty.create(PtySize(rows=24, cols=80))
    with pytest.raises(SandboxException, match="written to the pty"):
        sandbox.commands.send_stdin(terminal.pid, "x")
    with pytest.raises(SandboxException, match="cannot close stdin for PTY"):
        sandbox.commands.close_stdin(terminal.pid)
    command = sandbox.commands.run("cat", background=True, stdin=True)
    with pytest.raises(SandboxException, match="written to the stdin"):
        sandbox.pty.send_stdin(command.pid, b"x")
    with pytest.raises(SandboxException, match="tty not assigned"):
        sandbox.pty.resize(command.pid, PtySize(rows=1, cols=1))
    terminal.kill()
    command.kill()
    terminal.disconnect()
    command.disconnect()


def test_input_is_held_open_by_an_asynchronous_client(e2b: E2B) -> None:
    async def type_in() -> str:
        sandbox = await e2b.AsyncSandbox.create()
        shown = asyncio.Queue[bytes]()
        terminal = await sandbox.pty.create(PtySize(rows=24, cols=80), on_data=shown.put_nowait)
        everything = ""
        async with sandbox.pty.stream_input(terminal.pid) as keys:
            await keys.send("echo one $((1 + 1))\n")
            while "one 2\r\n" not in everything:
                everything += (await shown.get()).decode()
            await keys.send(b"exit\n")
        await terminal.wait()
        return everything

    assert "one 2\r\n" in asyncio.run(asyncio.wait_for(type_in(), 20))
