"""Commands that run once inside a sandbox, and again when they change. What they did is not looked at again."""

import logging
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from evolve_pulumi.errors import NotReadyError
from evolve_pulumi.lifecycle import inside
from evolve_pulumi.schema import Change, Operation, Values
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.inside import CommandResult, SandboxInstance

OUTPUT_BYTES = 64 * 1024
"""How much of each stream is recorded, from its end: it goes into one environment variable of the next run."""

log = logging.getLogger("evolve_pulumi.command")


def _run(_object: Any, _change: Change) -> None:
    """Carried out by `CommandInSandbox.update`, which has all that it takes."""


COMMAND_OPERATIONS = (Operation("run", _run, sends_all=True),)


class CommandInSandbox:
    """The command of one resource."""

    def create(self, sandbox: SandboxInstance, id: str, declared: Values, timeout_seconds: float) -> Observed:
        """Run `create`; where it fails, nothing is recorded."""
        return _recorded(id, _carry_out(sandbox, declared["create"], declared, {}, timeout_seconds))

    def read(self, sandbox: SandboxInstance, id: str, recorded: Values) -> Observed:
        """There is nothing to look at."""
        return Observed(id)

    def update(
        self, sandbox: SandboxInstance, id: str, recorded: Values, declared: Values, timeout_seconds: float
    ) -> Observed:
        """Run `update`, or `create` again; where it fails, the next update runs it again."""
        line = declared.get("update") or declared["create"]
        return _recorded(id, _carry_out(sandbox, line, declared, _last(recorded), timeout_seconds))

    def delete(self, sandbox: SandboxInstance, id: str, recorded: Values, timeout_seconds: float) -> None:
        """Run `delete`."""
        if line := recorded.get("delete"):
            _carry_out(sandbox, line, recorded, _last(recorded), timeout_seconds)


class _Lines:
    """The lines of one stream: shown as they come, and given to those who want the last of all streams."""

    def __init__(self, resource: str, last: deque[str]) -> None:
        self._resource = resource
        self._last = last
        self._begun = ""

    def __call__(self, piece: str) -> None:
        *lines, self._begun = (self._begun + piece).split("\n")
        for line in lines:
            self._last.append(line)
            log.info("%s: %s", self._resource, line)

    def end(self) -> None:
        if self._begun:
            self("\n")


def _unheard(_piece: str) -> None:
    """Takes what is not to be shown. The command is followed all the same: that keeps its environment out of sight."""


def _carry_out(
    sandbox: SandboxInstance, line: str, declared: Values, last: Mapping[str, str], timeout_seconds: float
) -> CommandResult:
    tail, begun = deque[str](maxlen=inside.TAIL_LINES), time.monotonic()
    streams = [_Lines(declared["owner"]["resource"], tail) for _ in range(2)]
    heard = streams if declared.get("show_output", True) else [_unheard, _unheard]

    def details() -> str:
        for stream in streams:
            stream.end()
        return inside.tail("\n".join(tail)) if heard is streams else "Its output is not shown."

    try:
        done = sandbox.commands.run(
            line,
            env={**declared.get("env", {}), **last},
            working_directory=declared.get("working_directory"),
            stdin=declared.get("stdin"),
            timeout_seconds=timeout_seconds,
            on_stdout=heard[0],
            on_stderr=heard[1],
        )
    except NotReadyError as error:
        if time.monotonic() - begun < timeout_seconds:
            raise
        raise NotReadyError(
            f"the command takes longer than {timeout_seconds:g} seconds",
            remedy="If it only needs longer, raise create_minutes, update_minutes or delete_minutes in timeouts.",
            details=details(),
        ) from error
    if done.exit_code:
        raise NotReadyError(f"the command failed with exit code {done.exit_code}", details=details())
    details()
    return done


def _last(recorded: Values) -> dict[str, str]:
    return {f"PULUMI_COMMAND_{name.upper()}": recorded.get(name) or "" for name in ("stdout", "stderr")}


def _recorded(id: str, done: CommandResult) -> Observed:
    return Observed(id, outputs={"stdout": _end(done.stdout), "stderr": _end(done.stderr), "exit_code": done.exit_code})


def _end(output: str) -> str:
    return output.encode()[-OUTPUT_BYTES:].decode(errors="ignore")
