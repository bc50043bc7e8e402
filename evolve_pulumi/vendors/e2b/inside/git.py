"""Git in an E2B sandbox. E2B has no API for it, and advises against the SDK's own module: it runs as a command."""

import shlex
from collections.abc import Sequence

from evolve_pulumi.errors import AuthenticationError, NotFoundError, VendorError
from evolve_pulumi.vendors.e2b.inside.commands import E2BCommands
from evolve_pulumi.vendors.inside import GitStatus

ENVIRONMENT = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
USERNAME, PASSWORD = "EVOLVE_GIT_USERNAME", "EVOLVE_GIT_PASSWORD"
HELPER = f'!f() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" "${USERNAME}" "${PASSWORD}"; }}; f'
"""Gives Git the credentials out of its environment: they are in no argument, no URL and no configuration."""


class E2BGit:
    """The repositories of one sandbox."""

    def __init__(self, commands: E2BCommands) -> None:
        self._commands = commands

    def clone(
        self,
        url: str,
        path: str,
        *,
        branch: str | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        """`git clone`, by `commands.run`."""
        of_branch = ["--branch", branch] if branch else []
        self._git("clone", *of_branch, "--", url, path, username=username, password=password)

    def status(self, path: str) -> GitStatus:
        """`git status`, by `commands.run`."""
        return _status(self._git("-C", path, "status", "--porcelain=v2", "--branch", "--untracked-files=all", "-z"))

    def branches(self, path: str) -> Sequence[str]:
        """`git for-each-ref`, by `commands.run`."""
        return self._git("-C", path, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()

    def create_branch(self, path: str, name: str) -> None:
        """`git checkout -b`, by `commands.run`."""
        self._git("-C", path, "checkout", "-b", name)

    def checkout_branch(self, path: str, name: str) -> None:
        """`git checkout`, by `commands.run`."""
        self._git("-C", path, "checkout", name, "--")

    def delete_branch(self, path: str, name: str) -> None:
        """`git branch -D`, by `commands.run`."""
        self._git("-C", path, "branch", "-D", "--", name)

    def add(self, path: str, files: Sequence[str]) -> None:
        """`git add`, by `commands.run`."""
        self._git("-C", path, "add", "--", *files)

    def commit(self, path: str, message: str, *, author: str, email: str) -> str:
        """`git commit`, by `commands.run`."""
        self._git("-C", path, "-c", f"user.name={author}", "-c", f"user.email={email}", "commit", "-m", message)
        return self._git("-C", path, "rev-parse", "HEAD").strip()

    def push(self, path: str, *, username: str | None = None, password: str | None = None) -> None:
        """`git push`, by `commands.run`."""
        self._git("-C", path, "-c", "push.default=current", "push", username=username, password=password)

    def pull(self, path: str, *, username: str | None = None, password: str | None = None) -> None:
        """`git pull`, by `commands.run`."""
        self._git("-C", path, "pull", "--ff-only", username=username, password=password)

    def _git(self, *arguments: str, username: str | None = None, password: str | None = None) -> str:
        """Run Git and answer what it prints; its own words come with errors."""
        known = username is not None or password is not None
        helper = ["-c", "credential.helper=", "-c", f"credential.helper={HELPER}"] if known else []
        credentials = {USERNAME: username or "", PASSWORD: password or ""} if known else {}
        done = self._commands.run(
            shlex.join(["git", *helper, *arguments]), env={**ENVIRONMENT, **credentials}, timeout_seconds=None
        )
        if done.exit_code:
            raise _error(done.stderr.strip() or done.stdout.strip())
        return done.stdout


def _error(words: str) -> VendorError:
    if "Authentication failed" in words or "could not read Username" in words:
        return AuthenticationError(words, remedy="Pass username and password, or a token as password.")
    if "cannot change to" in words or "not a git repository" in words:
        return NotFoundError(words)
    return VendorError(words)


def _status(text: str) -> GitStatus:
    """From the second porcelain format, its records ended by zero bytes."""
    branch, ahead, behind = "", 0, 0
    changed: list[str] = []
    records = iter(text.split("\0"))
    for record in records:
        kind, _, rest = record.partition(" ")
        match kind:
            case "#":
                name, _, value = rest.partition(" ")
                branch = value if name == "branch.head" else branch
                if name == "branch.ab":
                    ahead, behind = (abs(int(number)) for number in value.split())
            case "1":
                changed.append(rest.split(" ", 7)[7])
            case "2":
                changed.append(rest.split(" ", 8)[8])
                # The path before is a record of its own.
                next(records)
            case "u":
                changed.append(rest.split(" ", 9)[9])
            case "?":
                changed.append(rest)
            case _:
                continue
    return GitStatus(branch, ahead, behind, changed)
