"""Starting processes and ending whole trees of them."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import termios
import time
from typing import Any

STOP_SECONDS = 0.2
"""How long a process may take to stop."""


def spawn(argv: list[str], env: dict[str, str], cwd: str | None, fds: dict[int, int], *, terminal: bool = False) -> int:
    """Start a process in a session of its own with just these descriptors (its number: ours); returns its pid.

    With a terminal at its input, that one controls the session.
    """
    if cwd is not None and not os.path.isdir(cwd):
        raise FileNotFoundError(errno.ENOENT, f"No such directory: {cwd}")
    if pid := os.fork():
        return pid
    try:
        os.setsid()
        # Python ignores these, and an ignored signal stays ignored in what is executed.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        _place(fds)
        if terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if cwd is not None:
            os.chdir(cwd)
        os.execvpe(argv[0], argv, env)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def _place(fds: dict[int, int]) -> None:
    """Put descriptors at their numbers; moved out of the way first, so that none lands on one still needed."""
    moved = {wanted: fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64) for wanted, fd in fds.items()}
    for wanted, fd in moved.items():
        os.dup2(fd, wanted)


def signal_tree(pid: int, number: int) -> dict[str, Any]:
    """Signal a process, its descendants, and what shares its session with it."""
    table = _process_table()
    members = {other for other, (_, session) in table.items() if session == pid} | {pid}
    members |= {other for other in table if members.intersection(_lineage(other, table))}
    for member in members - {os.getpid()}:
        _signal(member, number)
    return {}


def descendants(pid: int) -> list[int]:
    """What a process has started, directly or not; parents come before their children."""
    table = _process_table()
    lineages = sorted((_lineage(other, table) for other in table), key=len)
    return [lineage[0] for lineage in lineages if pid in lineage[1:]]


def freeze(pid: int) -> dict[str, Any]:
    """Stop a process's descendants where they are, also those that are being born meanwhile.

    A parent has stopped before its children do, so that it does not notice: a shell would give up waiting for them.
    """
    stopped: set[int] = set()
    while born := [other for other in descendants(pid) if other not in stopped]:
        for other in born:
            _stop(other)
        stopped.update(born)
    return {}


def thaw(pid: int) -> dict[str, Any]:
    """Let a process's descendants go on, children first, for the same reason."""
    for other in reversed(descendants(pid)):
        _signal(other, signal.SIGCONT)
    return {}


def _stop(pid: int) -> None:
    """Stop a process and wait until it has, which one that waits for a disk may not do for long."""
    _signal(pid, signal.SIGSTOP)
    deadline = time.monotonic() + STOP_SECONDS
    while _state(pid) in "RSD" and time.monotonic() < deadline:
        time.sleep(STOP_SECONDS / 1000)


def _state(pid: int) -> str:
    """The letter of a process's state; X for one that is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0].decode()
    except OSError:
        return "X"


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _process_table() -> dict[int, tuple[int, int]]:
    """Parent and session of every process that can be seen."""
    table: dict[int, tuple[int, int]] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        table[int(name)] = int(fields[1]), int(fields[3])
    return table


def _lineage(pid: int, table: dict[int, tuple[int, int]]) -> list[int]:
    """A process and its ancestors."""
    found: list[int] = []
    while pid in table and pid not in found:
        found.append(pid)
        pid = table[pid][0]
    return found
