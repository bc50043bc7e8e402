"""The inside of a sandbox, the same at every vendor: commands, files, Git. `evolve_pulumi.sandboxes` makes it public.

Seconds everywhere; paths are absolute, or begin in the working directory of the image (Daytona) or the home of the
sandbox's user (E2B), which are mostly the same. Every call may raise VendorError; what a vendor cannot do raises
UnsupportedError, which names what to use instead.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from evolve_pulumi.models.info import SandboxInfo

OnOutput = Callable[[str], None]
"""Takes a piece of a command's output as it comes."""


@dataclass(frozen=True)
class CommandResult:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str
    """Empty where the vendor tells both streams as one, which is `stdout` then."""


@dataclass(frozen=True)
class ProcessInfo:
    """A command that runs in a sandbox."""

    pid: int
    """What `connect`, `send_stdin` and `kill` take, in this process and in any other."""
    command: str


class CommandHandle(Protocol):
    """A command that was started and not waited for."""

    @property
    def pid(self) -> int:
        """What it is found by again."""
        ...

    def wait(
        self,
        *,
        timeout_seconds: float | None = None,
        on_stdout: OnOutput | None = None,
        on_stderr: OnOutput | None = None,
    ) -> CommandResult:
        """Wait until it ends; raises NotReadyError where it takes longer, and leaves it running.

        The exit code of one that was killed is not 0.
        """
        ...

    def send_stdin(self, data: str) -> None:
        """Write lines to its standard input; only where it was spawned with `stdin=True`."""
        ...

    def kill(self) -> bool:
        """End it and all that it started; False where it had ended."""
        ...


class SandboxCommands(Protocol):
    """Commands in one sandbox. A command line is bash's."""

    def run(
        self,
        command: str,
        *,
        env: Mapping[str, str] | None = None,
        working_directory: str | None = None,
        stdin: str | None = None,
        timeout_seconds: float | None = 60,
        on_stdout: OnOutput | None = None,
        on_stderr: OnOutput | None = None,
    ) -> CommandResult:
        """Run one to its end; a non-zero exit code is a result, not an error. It finds `stdin`, or none, to read.

        What takes longer than `timeout_seconds` is killed, and NotReadyError raised; None is no limit.
        """
        ...

    def spawn(
        self,
        command: str,
        *,
        env: Mapping[str, str] | None = None,
        working_directory: str | None = None,
        stdin: bool = False,
    ) -> CommandHandle:
        """Start one that outlives this client; with `stdin` it can be written to, and finds no end of its input."""
        ...

    def list(self) -> Sequence[ProcessInfo]:
        """Those that were spawned by this interface, here or elsewhere, and run."""
        ...

    def connect(self, pid: int) -> CommandHandle:
        """One that was spawned here or elsewhere; raises NotFoundError where it does not run."""
        ...

    def send_stdin(self, pid: int, data: str) -> None:
        """Write lines to the standard input of one; raises NotFoundError where it does not run."""
        ...

    def kill(self, pid: int) -> bool:
        """End one and all that it started; False where it does not run."""
        ...


@dataclass(frozen=True)
class FileInfo:
    """A file or folder."""

    name: str
    path: str
    """Absolute."""
    is_dir: bool
    size: int
    """In bytes."""
    mode: int
    """Permissions, as in 0o644."""
    owner: str
    modified_at: datetime


@dataclass(frozen=True)
class FileEvent:
    """Something that happened to a file or folder."""

    kind: Literal["created", "written", "removed", "renamed", "permissions"]
    path: str


class Watch(Protocol):
    """A folder that is watched."""

    def stop(self) -> None:
        """Watch it no longer; raises the error that has ended the watch before."""
        ...


@dataclass(frozen=True)
class TextMatch:
    """A line of a file that matches."""

    path: str
    line: int
    text: str


Content = bytes | str


class SandboxFiles(Protocol):
    """Files of one sandbox."""

    def read(self, path: str) -> bytes:
        """All of a file; raises NotFoundError."""
        ...

    def write(self, path: str, content: Content) -> None:
        """Write a file anew, with the folders above it."""
        ...

    def write_batch(self, files: Mapping[str, Content]) -> None:
        """Write many at once, by their paths."""
        ...

    def make_dir(self, path: str) -> bool:
        """Make a folder and those above it; False where it is there."""
        ...

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        ...

    def info(self, path: str) -> FileInfo:
        """What is known of one; raises NotFoundError."""
        ...

    def list(self, path: str, depth: int = 1) -> Sequence[FileInfo]:
        """What is in a folder, `depth` levels down; raises NotFoundError."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it; no error where there is none."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Move a file or folder to a path that nothing has, in a folder that is there; raises NotFoundError."""
        ...

    def read_stream(self, path: str) -> Iterator[bytes]:
        """A file piece by piece, never whole in memory."""
        ...

    def write_stream(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a file piece by piece, never whole in memory."""
        ...

    def upload_url(self, path: str, expires_seconds: int = 300) -> str:
        """A URL that takes the file's content without a key, for a time; a secret."""
        ...

    def download_url(self, path: str, expires_seconds: int = 300) -> str:
        """A URL that gives the file's content without a key, for a time; a secret."""
        ...

    def watch_dir(self, path: str, on_event: Callable[[FileEvent], None], *, recursive: bool = False) -> Watch:
        """Call back, from a thread, for what happens in a folder; each vendor says how, and what it costs."""
        ...

    def set_permissions(self, path: str, mode: int) -> None:
        """Set permissions, as in 0o755."""
        ...

    def find(self, path: str, pattern: str) -> Sequence[TextMatch]:
        """Lines below a folder that contain a text."""
        ...

    def search(self, path: str, pattern: str) -> Sequence[str]:
        """Paths below a folder whose names match a pattern with wildcards."""
        ...

    def replace(self, paths: Sequence[str], old: str, new: str) -> None:
        """Replace a text in files."""
        ...


@dataclass(frozen=True)
class GitStatus:
    """The state of a repository."""

    branch: str
    ahead: int
    behind: int
    changed: Sequence[str]
    """Paths of files that differ from the last commit, or are not in it."""


class SandboxGit(Protocol):
    """Git repositories in one sandbox, by the path of their working tree. Git's own words come with errors."""

    def clone(
        self,
        url: str,
        path: str,
        *,
        branch: str | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        """Clone one; credentials reach Git alone and are not kept."""
        ...

    def status(self, path: str) -> GitStatus:
        """The branch, and what differs."""
        ...

    def branches(self, path: str) -> Sequence[str]:
        """All local branches."""
        ...

    def create_branch(self, path: str, name: str) -> None:
        """Make a branch of what is checked out, and check it out."""
        ...

    def checkout_branch(self, path: str, name: str) -> None:
        """Check a branch out."""
        ...

    def delete_branch(self, path: str, name: str) -> None:
        """Delete a branch."""
        ...

    def add(self, path: str, files: Sequence[str]) -> None:
        """Put files into the next commit; `.` is all."""
        ...

    def commit(self, path: str, message: str, *, author: str, email: str) -> str:
        """Commit what was added; the commit's hash."""
        ...

    def push(self, path: str, *, username: str | None = None, password: str | None = None) -> None:
        """Push to the remote."""
        ...

    def pull(self, path: str, *, username: str | None = None, password: str | None = None) -> None:
        """Pull from the remote."""
        ...


class SandboxInstance(Protocol):
    """One sandbox. Making this object calls nobody and wakes nothing; `is_running` wakes nothing either.

    All else on a sandbox that sleeps raises NotReadyError; but at E2B it wakes one whose `auto_resume` says so.
    """

    @property
    def sandbox_id(self) -> str:
        """Its id at the vendor."""
        ...

    @property
    def commands(self) -> SandboxCommands:
        """What runs in it."""
        ...

    @property
    def files(self) -> SandboxFiles:
        """Its files."""
        ...

    @property
    def git(self) -> SandboxGit:
        """Its Git repositories."""
        ...

    @property
    def native(self) -> Any:
        """The vendor's own object, for what is not here: language servers, code execution, a desktop."""
        ...

    def get_host(self, port: int) -> str:
        """Where a port answers from outside, without a scheme: `3000-<id>.example`."""
        ...

    def is_running(self) -> bool:
        """Whether commands can run now; raises NotFoundError where there is no such sandbox."""
        ...

    def get_info(self) -> SandboxInfo:
        """What the vendor tells of it."""
        ...

    def pause(self) -> None:
        """Put it to sleep in the cheapest way that keeps its files; memory too, where the vendor keeps that."""
        ...

    def resume(self) -> None:
        """Let it run again."""
        ...

    def kill(self) -> None:
        """Delete it; no error where it is gone."""
        ...
