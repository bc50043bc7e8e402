"""Git in a running sandbox: the real program, what it tells of a repository, and what its words mean when it fails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.errors import GitError, GitProblem
from evolve_pulumi.local.programs import Finished, Programs
from evolve_pulumi.local.records import Sandbox

PLAIN = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", "GIT_MERGE_AUTOEDIT": "no"}
"""So that Git asks nobody, and its words are those that are known here."""
HELPER = '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$EVOLVE_USERNAME" "$EVOLVE_PASSWORD"; }; f'
MEANINGS = {
    GitProblem.AUTH_FAILED: r"Authentication failed|could not read (Username|Password)|Permission denied \(|error: 403",
    GitProblem.REPO_NOT_FOUND: r"not (appear to be )?a git repository|repository '.*' (does not exist|not found)"
    r"|cannot change to '",
    GitProblem.BRANCH_NOT_FOUND: r"Remote branch .* not found|invalid reference:|branch '.*' not found|unknown revision"
    r"|couldn't find remote ref|src refspec .* does not match any",
    GitProblem.BRANCH_EXISTS: r"branch named '.*' already exists",
    GitProblem.REMOTE_REJECTED: r"\[remote rejected\]",
    GitProblem.PUSH_REJECTED: r"\[rejected\]",
    GitProblem.DIRTY_WORKTREE: r"would be overwritten by|commit your changes or stash them",
    GitProblem.MERGE_CONFLICT: r"Automatic merge failed|unmerged (files|paths)|needs merge|not concluded your merge",
    GitProblem.TRANSPORT_FAILED: r"unable to access|Could not read from remote|unable to connect",
}
"""What Git says, by what it means; the first that is found counts."""


@dataclass(frozen=True)
class Login:
    """Who to be at a remote repository."""

    username: str
    password: str

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make Git use it, and keep it out of files and of processes' arguments."""
        settings = {"credential.helper": ["", HELPER]}
        pairs = [(key, value) for key, values in settings.items() for value in values]
        numbered = {
            f"GIT_CONFIG_{part}_{number}": text
            for number, pair in enumerate(pairs)
            for part, text in zip(("KEY", "VALUE"), pair, strict=True)
        }
        who = {"EVOLVE_USERNAME": self.username, "EVOLVE_PASSWORD": self.password}
        return {**who, **numbered, "GIT_CONFIG_COUNT": str(len(pairs))}


@dataclass(frozen=True)
class Change:
    """What became of a file, in the index and in the working tree, each in one letter of Git's; `before` is its old
    name."""

    path: str
    index: str
    worktree: str
    before: str = ""


@dataclass(frozen=True)
class Status:
    """A repository's working tree; `branch` is None where no branch is checked out."""

    branch: str | None
    upstream: str | None
    ahead: int
    behind: int
    changes: list[Change]


class Git:
    """Runs Git in the sandboxes of a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._programs = Programs(cloud)

    async def run(
        self,
        sandbox: Sandbox,
        *arguments: str,
        login: Login | None = None,
        env: dict[str, str] | None = None,
        given: bytes = b"",
    ) -> str:
        """Run Git where processes start; returns its output. Raises GitError."""
        finished = await self.attempt(sandbox, *arguments, login=login, env=env, given=given)
        if finished.code:
            raise _failure(finished, login)
        return _text(finished.output)

    async def attempt(
        self,
        sandbox: Sandbox,
        *arguments: str,
        login: Login | None = None,
        env: dict[str, str] | None = None,
        given: bytes = b"",
    ) -> Finished:
        """The same, where a failure is an answer too."""
        environment = {**PLAIN, **(login.environment if login else {}), **(env or {})}
        return await self._programs.run(sandbox, ["git", *arguments], env=environment, given=given, apart=True)

    async def status(self, sandbox: Sandbox, path: str) -> Status:
        """What has changed in a repository, all untracked files included."""
        options = ["--porcelain=v2", "--branch", "--untracked-files=all", "-z"]
        text = await self.run(sandbox, "-C", path, "status", *options)
        return _status(text)


def _failure(finished: Finished, login: Login | None) -> GitError:
    words = "\n".join(filter(None, (_text(finished.errors).strip(), _text(finished.output).strip())))
    if login and login.password:
        words = words.replace(login.password, "***")
    meant = (problem for problem, pattern in MEANINGS.items() if re.search(pattern, words))
    return GitError(words or f"git ended with exit code {finished.code}", next(meant, None))


def _status(text: str) -> Status:
    """Read `status --porcelain=v2 --branch -z`."""
    entries = text.split("\0")
    told = dict(entry[2:].split(" ", 1) for entry in entries if entry.startswith("# "))
    head = told["branch.head"]
    ahead, behind = (abs(int(number)) for number in told.get("branch.ab", "+0 -0").split())
    changes = list(_changes(iter(entries)))
    return Status(None if head == "(detached)" else head, told.get("branch.upstream"), ahead, behind, changes)


def _changes(entries: Iterator[str]) -> Iterator[Change]:
    """The files of a status: an entry's kind says how many fields come before its path."""
    for entry in entries:
        kind, _, rest = entry.partition(" ")
        match kind:
            case "?":
                yield Change(rest, "?", "?")
            case "1":
                yield Change(rest.split(" ", 7)[7], rest[0], rest[1])
            case "2":
                yield Change(rest.split(" ", 8)[8], rest[0], rest[1], before=next(entries))
            case "u":
                yield Change(rest.split(" ", 9)[9], "U", "U")
            case _:
                pass


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
