"""Git repositories: which commit a ref is, and its history in one file, without writing to the repository.

Git runs here with the credentials that it has here; none of them leaves.
"""

import os
import re
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from evolve_pulumi.errors import ConfigurationError, RefusedError

BUNDLED_REF = "refs/heads/evolve"
"""What a bundle calls the commit that it brings."""
FULL_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
URL = re.compile(r"[a-z][a-z0-9+.-]*://|[^/]+@[^/:]+:")
PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/@]*:[^/]*@")
SHALLOW = "shallow"


@dataclass(frozen=True)
class Bundle:
    """History on its way."""

    path: Path
    """Of the file."""
    shallow: bytes
    """Where history ends, as Git's file of that name has it; empty where all of it is here."""


def is_url(source: str) -> bool:
    """Whether a source is elsewhere, and not a folder of this machine."""
    return bool(URL.match(source))


def folder(source: str) -> str:
    """The absolute path of a local clone."""
    return str(Path(source).expanduser().absolute())


def resolve(source: str, ref: str) -> str:
    """The commit that a branch, a tag or a hash means now; raises ConfigurationError where it means none."""
    if PASSWORD.match(source):
        raise ConfigurationError(
            "the source holds a password, which would be recorded",
            remedy="Let Git's credential helper know it instead.",
        )
    if FULL_HASH.fullmatch(ref):
        return ref
    if ref.startswith("-"):
        raise ConfigurationError(f"{ref} is not a ref")
    found = _remote(source, ref) if is_url(source) else _local(source, ref)
    if not found:
        raise ConfigurationError(f"{source} has no {ref}", remedy="Name a branch, a tag, or a commit's full hash.")
    return found


def told(folder: Path, *arguments: str) -> str | None:
    """What Git says of a folder; None where it says nothing, or there is no Git."""
    try:
        answer = _Git(str(folder)).run(*arguments)
    except ConfigurationError:
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None


def clone_of(file: Path) -> Path:
    """The folder of the clone that a file is in, or would be; raises RefusedError where a link leads to the file.

    What is in the clone may be a stranger's: a link in it would lead to anything on this machine.
    """
    path = Path(os.path.abspath(file))
    for place in (path, *path.parents):
        if place.is_symlink():
            raise RefusedError(f"{file}: {place.name} is a link", remedy="Put the file itself there.")
        if (place / ".git").exists():
            return place
    raise ConfigurationError(f"{file} is in no clone of a Git repository", remedy="Check the pull request out.")


def text_at(clone: Path, commit: str, path: Path) -> str | None:
    """What a file held at a commit, whatever is checked out; None where it was not there.

    Args:
        clone: Its folder. Where it does not have the commit, that is fetched from its `origin`.
        commit: The full hash.
        path: From the clone's folder on.
    """
    git = _Git(str(clone))
    if not git.has(commit) and git.run("fetch", "--quiet", "--depth=1", "--no-tags", "origin", commit).returncode:
        raise ConfigurationError(
            f"{clone.name} does not have the commit {commit}, and its origin does not give it",
            remedy="Check out all history.",
        )
    found = f"{commit}:{path.as_posix()}"
    return git("cat-file", "blob", found) if git.run("cat-file", "-e", found).returncode == 0 else None


@contextmanager
def bundled(place: str, commit: str, known: str | None) -> Generator[Bundle]:
    """A commit with its history, without that of one that is known where it goes to."""
    with TemporaryDirectory(prefix="evolve-git-") as temporary:
        git = _Git(temporary)
        git("init", "--quiet", "--bare", "--template=")
        shallow = _fetched(git, place) if is_url(place) else _borrowed(git, place)
        if not git.has(commit):
            raise RefusedError(f"{place} does not have the commit {commit}", remedy="Fetch it there first.")
        git("update-ref", BUNDLED_REF, commit)
        is_ahead = known and git.has(known) and git("rev-list", "--max-count=1", commit, f"^{known}")
        without = [f"^{known}"] if is_ahead else []
        bundle = Path(temporary, "bundle")
        git("bundle", "create", "--quiet", str(bundle), BUNDLED_REF, *without)
        yield Bundle(bundle, shallow)


@dataclass(frozen=True)
class _Git:
    """Git in a folder, never asking questions."""

    folder: str | None = None

    def __call__(self, *arguments: str) -> str:
        """What it prints; raises ConfigurationError with its words."""
        done = self.run(*arguments)
        if done.returncode:
            words = (done.stderr or done.stdout).strip().splitlines() or ["no reason"]
            raise ConfigurationError(f"git {arguments[0]} failed: {words[-1]}", details="\n".join(words[:-1]))
        return done.stdout

    def has(self, commit: str) -> bool:
        """Whether it has a commit."""
        return self.run("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """How it ended."""
        at = ("-C", self.folder) if self.folder else ()
        environment: Mapping[str, str] = os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        try:
            return subprocess.run(
                ("git", *at, *arguments),
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
            )
        except FileNotFoundError:
            raise ConfigurationError("there is no git on this machine", remedy="Install it.") from None


def _local(source: str, ref: str) -> str:
    path = folder(source)
    if not Path(path).is_dir():
        raise ConfigurationError(f"there is no {source} on this machine")
    git = _Git(path)
    git("rev-parse", "--git-dir")
    found = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return found.stdout.strip().splitlines()[-1] if found.returncode == 0 else ""


def _remote(source: str, ref: str) -> str:
    listed = _Git()("ls-remote", "--quiet", "--", source, ref, f"{ref}^{{}}")
    by_name = {name: commit for commit, name in (line.split("\t", 1) for line in listed.splitlines())}
    names = (f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}", f"{ref}^{{}}", ref)
    return next((by_name[name] for name in names if name in by_name), "")


def _fetched(git: _Git, url: str) -> bytes:
    git("fetch", "--quiet", "--no-tags", "--", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    return b""


def _borrowed(git: _Git, clone: str) -> bytes:
    """Use the objects of a local clone where they are."""
    common = Path(clone, _Git(clone)("rev-parse", "--git-common-dir").strip())
    target = Path(git.folder or "")
    (target / "objects/info/alternates").write_text(f"{common.absolute() / 'objects'}\n")
    shallow = (common / SHALLOW).read_bytes() if (common / SHALLOW).exists() else b""
    if shallow:
        (target / SHALLOW).write_bytes(shallow)
    return shallow
