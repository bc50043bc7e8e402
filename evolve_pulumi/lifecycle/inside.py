"""What lives inside a sandbox: the sandbox is looked at first, the same way for every kind and at every vendor.

One that is not running is neither woken nor taken for lost: what is recorded stays until it runs again.
"""

import dataclasses
import secrets
import shlex
from collections.abc import Sequence
from typing import Protocol

from evolve_pulumi.errors import NotFoundError, NotReadyError
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Values
from evolve_pulumi.vendors.base import Account, Observed
from evolve_pulumi.vendors.inside import SandboxInstance

TAIL_LINES = 20


class Contents(Protocol):
    """One kind of things inside of a sandbox that runs."""

    def create(self, sandbox: SandboxInstance, id: str, declared: Values, timeout_seconds: float) -> Observed:
        """Make one, of an id that is given."""
        ...

    def read(self, sandbox: SandboxInstance, id: str, recorded: Values) -> Observed:
        """Look at one."""
        ...

    def update(
        self, sandbox: SandboxInstance, id: str, recorded: Values, declared: Values, timeout_seconds: float
    ) -> Observed:
        """Make one what is declared."""
        ...

    def delete(self, sandbox: SandboxInstance, id: str, recorded: Values, timeout_seconds: float) -> None:
        """Remove one."""
        ...


class InSandboxes:
    """The objects of one kind in an account's sandboxes. An id is `<sandbox id>/<name>`, with a name of ours."""

    def __init__(self, account: Account, contents: Contents) -> None:
        self._account = account
        self._contents = contents

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Make one in a sandbox that runs."""
        sandbox = self._running(declared["sandbox_id"])
        id = f"{sandbox.sandbox_id}/evolve-{secrets.token_hex(4)}"
        made = self._contents.create(sandbox, id, declared, timeout_seconds)
        return dataclasses.replace(made, outputs={"account": self._account.identity(), **made.outputs})

    def read(self, id: str, recorded: Values) -> Observed | None:
        """Look at one; None where its sandbox is gone."""
        sandbox = self._account.sandbox(sandbox_of(id))
        try:
            return self._contents.read(sandbox, id, recorded) if sandbox.is_running() else Observed(id)
        except NotFoundError:
            return None

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Make one what is declared; its kind sees to what that takes."""
        return self._contents.update(self._running(sandbox_of(id)), id, recorded, declared, timeout_seconds)

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """Remove one; where its sandbox is gone or does not run, nothing is."""
        sandbox = self._account.sandbox(sandbox_of(id))
        try:
            if sandbox.is_running():
                self._contents.delete(sandbox, id, recorded, timeout_seconds)
        except NotFoundError:
            return False
        return True

    def _running(self, sandbox_id: str) -> SandboxInstance:
        sandbox = self._account.sandbox(sandbox_id)
        if not sandbox.is_running():
            raise NotReadyError(
                f"the sandbox {sandbox_id} is not running", remedy="Start it, then run `pulumi up` again."
            )
        return sandbox


def sandbox_of(id: str) -> str:
    """The sandbox's part of an id."""
    return id.split("/", 1)[0]


def name_of(id: str) -> str:
    """Our own part of an id."""
    return id.split("/", 1)[1]


def absolute(sandbox: SandboxInstance, path: str) -> str:
    """A path in a sandbox; one that is not absolute is from the home of its user on."""
    if not path.startswith("/"):
        path = f"{run(sandbox, 'cd && pwd').strip()}/{path.removeprefix('~').lstrip('/')}"
    return path.rstrip("/") or "/"


def run(
    sandbox: SandboxInstance, script: str, *arguments: str, stdin: str | None = None, timeout_seconds: float = 60
) -> str:
    """What a script of ours prints, with arguments as `$1` and on; raises NotReadyError where it fails."""
    quoted = " ".join(shlex.quote(argument) for argument in arguments)
    line = f"set -- {quoted}\n{script}" if arguments else script
    done = sandbox.commands.run(line, stdin=stdin, timeout_seconds=timeout_seconds)
    if done.exit_code:
        raise NotReadyError(
            f"a command inside the sandbox failed with {done.exit_code}", details=tail(done.stdout + done.stderr)
        )
    return done.stdout


def tail(output: str) -> str:
    """The end of what a command wrote, as details of an error."""
    lines = output.rstrip().splitlines()[-TAIL_LINES:]
    return "\n".join(["The end of its output:", *lines]) if lines else "It wrote nothing."
