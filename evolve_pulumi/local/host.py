"""The host's processes: started without the server's environment and without root's rights, ended for sure."""

import os
import select
import signal
import subprocess

from evolve_pulumi.local.records import FirstProcess

UNPRIVILEGED = 60780
"""The uid and gid that sandboxes of a root user run as: within 60578 to 61183, which systemd leaves unused, so that no
process of the host shares it, and below 65536, so that it exists in containers too."""
END_SECONDS = 10


class HostError(Exception):
    """A process could not be started or ended; the message says why."""


def sandbox_owner() -> int | None:
    """The uid and gid that sandboxes run as and own their files with; None is the server's own."""
    return UNPRIVILEGED if os.geteuid() == 0 else None


def start(command: list[str], *, fds: tuple[int, ...], output: int) -> "subprocess.Popen[bytes]":
    """Start a command as the sandboxes' owner, with an empty environment, away from the server's terminal."""
    owner = sandbox_owner()
    try:
        return subprocess.Popen(
            command,
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=fds,
            start_new_session=True,
            user=owner,
            group=owner,
            extra_groups=None if owner is None else [],
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise HostError(f"Cannot run {command[0]}: {error}") from error


def identify(pid: int) -> FirstProcess | None:
    """A living process by its pid, or None."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in b"ZX" else FirstProcess(pid=pid, started=int(fields[19]))


def end(process: FirstProcess, number: signal.Signals) -> None:
    """Signal a process and wait until it is gone; raises HostError when it stays."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        # Checked behind the handle, which cannot come to mean another process.
        if identify(process.pid) == process:
            signal.pidfd_send_signal(handle, number)
            if not select.select([handle], [], [], END_SECONDS)[0]:
                raise HostError(f"Process {process.pid} does not end")
    except ProcessLookupError:
        return
    finally:
        os.close(handle)
