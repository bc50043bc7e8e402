"""The inside of an E2B sandbox."""

import contextlib
import math
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from e2b import E2B, CommandExitException, ProcessInfo, Sandbox, SandboxState

from evolve_pulumi.errors import NotFoundError
from evolve_pulumi.vendors.base import Finished
from evolve_pulumi.vendors.e2b.errors import translated
from evolve_pulumi.vendors.e2b.place import Place
from evolve_pulumi.vendors.retry import patiently

T = TypeVar("T")

READ_SECONDS = 30
NO_LONGER_SECONDS = 1
"""Connecting to a running sandbox only ever extends its time, so this leaves it as it is."""
PROCESS_VARIABLE = "EVOLVE_PROCESS"
"""Carries a spawned process's name, by which the list of processes tells it."""


class E2BSandbox:
    """One sandbox. A spawned process is a command in the background, with its output in a file.

    Its processes are a group of their own, in which bash puts them under job control, so that all end together.
    """

    def __init__(self, sdk: E2B, place: Place, id: str) -> None:
        self._sdk = sdk
        self._place = place
        self._id = id

    @cached_property
    def _sandbox(self) -> Sandbox:
        """A connection into it, which wakes it where it is paused: `is_running` is asked first."""
        return self._read(lambda: self._sdk.Sandbox.connect(self._id, timeout=NO_LONGER_SECONDS))

    def is_running(self) -> bool:
        """Whether it runs now."""
        return self._read(lambda: self._sdk.Sandbox.get_info(self._id)).state == SandboxState.RUNNING

    def run(self, command: str, timeout_seconds: float) -> Finished:
        """Run it in E2B's own shell, which is bash."""
        with translated(self._place.endpoint):
            try:
                done = self._sandbox.commands.run(command, timeout=math.ceil(timeout_seconds))
            except CommandExitException as failed:
                return Finished(failed.exit_code, failed.stdout + failed.stderr)
        return Finished(done.exit_code, done.stdout + done.stderr)

    def write(self, path: str, content: bytes) -> None:
        """Upload it."""
        self._read(lambda: self._sandbox.files.write(path, content))  # pyright: ignore[reportUnknownMemberType]

    def spawn(self, process: str, command: str) -> None:
        """Start it in the background, without a limit on its time."""
        script = f"set -m; {command} < /dev/null > {_log(process)} 2>&1 & echo $! > {_group(process)}; wait $!"
        with translated(self._place.endpoint):
            handle = self._sandbox.commands.run(script, background=True, envs={PROCESS_VARIABLE: process}, timeout=0)
            handle.disconnect()

    def is_alive(self, process: str) -> bool:
        """Whether it is in the list of processes."""
        return self._find(process) is not None

    def log(self, process: str) -> str:
        """Both of its streams."""
        try:
            return self._read(lambda: self._sandbox.files.read(_log(process)))
        except NotFoundError:
            return ""

    def kill(self, process: str) -> None:
        """End it with all that it started, and remove its log."""
        group, left = _group(process), f"{_group(process)} {_log(process)}"
        self.run(f"test -f {group} && kill -KILL -- -$(cat {group}); rm -f {left}", READ_SECONDS)
        if found := self._find(process):
            with contextlib.suppress(NotFoundError):
                self._read(lambda: self._sandbox.commands.kill(found.pid))

    def _find(self, process: str) -> ProcessInfo | None:
        every = self._read(lambda: self._sandbox.commands.list())
        return next((each for each in every if each.envs.get(PROCESS_VARIABLE) == process), None)

    def _read(self, call: Callable[[], T]) -> T:
        """A call that may be replayed."""

        def once() -> T:
            with translated(self._place.endpoint):
                return call()

        return patiently(once, READ_SECONDS)


def _log(process: str) -> str:
    return f"/tmp/.{process}.log"


def _group(process: str) -> str:
    return f"/tmp/.{process}.group"
