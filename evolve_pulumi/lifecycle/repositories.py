"""Git repositories in a sandbox: brought as a bundle through its files, and moved from commit to commit."""

from dataclasses import dataclass
from typing import Any

from evolve_pulumi.errors import EvolveError, RefusedError, UnsupportedError
from evolve_pulumi.lifecycle import inside
from evolve_pulumi.schema import Change, Operation, Values
from evolve_pulumi.sources import repositories
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.inside import SandboxInstance

LOOK = """\
command -v git > /dev/null || { echo no-git; exit 0; }
cd -- "$1" 2> /dev/null || exit 0
[ ! . -ef ~ ] || { echo occupied; exit 0; }
[ -n "$(ls -A)" ] || exit 0
[ -e .git ] || { echo occupied; exit 0; }
echo there
echo "head=$(git rev-parse --verify --quiet HEAD)"
git merge-base --is-ancestor "$2" HEAD 2> /dev/null && echo descends
kept=
git cat-file -e "$2^{commit}" 2> /dev/null && echo known && kept=$2
git cat-file -e "$3^{commit}" 2> /dev/null && echo fetched && kept="$kept $3"
[ -z "$(git status --porcelain --untracked-files=no 2> /dev/null)" ] || echo changed
[ -z "$(git rev-list -n 1 HEAD --not --branches --tags --remotes $kept 2> /dev/null)" ] || echo loose
exit 0
"""
"""What is at a path, seen from the recorded and to the wanted commit."""
BEGIN = 'mkdir -p -- "$1" && cd -- "$1" && { [ -e .git ] || git init --quiet; }'
UNPACK = """\
cd -- "$1" || exit
trap 'rm -f -- "$2" "$2.shallow"' EXIT
if [ -s "$2.shallow" ]; then
    touch .git/shallow && sort -u .git/shallow "$2.shallow" > "$2.all" && mv -- "$2.all" .git/shallow || exit
fi
git fetch --quiet --no-tags "$2" "$3" 2>&1
"""
FETCH = """\
cd -- "$1" && GIT_TERMINAL_PROMPT=0 git fetch --quiet --tags origin 2>&1
"""
SET_ORIGIN = 'cd -- "$1" && { git remote set-url origin "$2" 2> /dev/null || git remote add origin "$2"; }'
MOVE = 'cd -- "$1" && git checkout --quiet ${3:+--force} --detach "$2" 2>&1'
REMOVE = '[ "$1" -ef ~ ] || rm -rf -- "$1"'

CHUNK_BYTES = 2**20


def _move(_object: Any, _change: Change) -> None:
    """Carried out by `RepositoryInSandbox.update`, which has all that it takes."""


GIT_REPOSITORY_OPERATIONS = (Operation("move", _move, sends_all=True),)


@dataclass(frozen=True)
class Seen:
    """What is at the path."""

    occupied: bool = False
    """By something that is no repository."""
    there: bool = False
    head: str = ""
    descends: bool = False
    """Whether what is checked out is the recorded commit, or has been made from it."""
    known: bool = False
    """Whether it has the recorded commit."""
    fetched: bool = False
    """Whether it has the wanted commit."""
    changed: bool = False
    """Whether files differ from what is checked out."""
    loose: bool = False
    """Whether there are commits that would be on no branch any more."""

    def commit(self, recorded: Values) -> str:
        """What counts as its commit: work on top of the recorded one is no difference, unless that is enforced."""
        return recorded["commit"] if self.descends and not recorded.get("force") else self.head

    def refuse_loss(self) -> None:
        """Raise RefusedError where a move would lose work."""
        lost = "changes that are not committed" if self.changed else "commits on no branch" if self.loose else ""
        if lost:
            raise RefusedError(
                f"the repository has {lost}, made inside the sandbox",
                remedy="Save them in a branch there, or throw them away with force=True.",
            )


class RepositoryInSandbox:
    """The repository of one resource."""

    def create(self, sandbox: SandboxInstance, id: str, declared: Values, timeout_seconds: float) -> Observed:
        """Bring it. One that was begun is recorded without a commit, and brought by the next update."""
        path = inside.absolute(sandbox, declared["path"])
        _free(_look(sandbox, path, "", declared["commit"]), path, begun=False)
        try:
            _bring(sandbox, path, None, declared, timeout_seconds)
        except EvolveError as error:
            return Observed(id, {"commit": ""}, unfinished=error)
        return Observed(id)

    def read(self, sandbox: SandboxInstance, id: str, recorded: Values) -> Observed:
        """Look at what is checked out."""
        seen = _look(sandbox, inside.absolute(sandbox, recorded["path"]), recorded["commit"])
        clean = not (recorded.get("force") and seen.changed)
        return Observed(id, {"commit": seen.commit(recorded), "clean": clean})

    def update(
        self, sandbox: SandboxInstance, id: str, recorded: Values, declared: Values, timeout_seconds: float
    ) -> Observed:
        """Move it to the declared commit, with as much of the history as it lacks."""
        path = inside.absolute(sandbox, declared["path"])
        seen = _look(sandbox, path, recorded["commit"], declared["commit"])
        _free(seen, path, begun=True)
        if not declared.get("force"):
            seen.refuse_loss()
        if seen.fetched:
            _move_to(sandbox, path, declared, timeout_seconds)
        else:
            _bring(sandbox, path, recorded["commit"] if seen.known else None, declared, timeout_seconds)
        return Observed(id)

    def delete(self, sandbox: SandboxInstance, id: str, recorded: Values, timeout_seconds: float) -> None:
        """Remove its folder."""
        path = inside.absolute(sandbox, recorded["path"])
        inside.run(sandbox, REMOVE, path, timeout_seconds=timeout_seconds)


def _look(sandbox: SandboxInstance, path: str, recorded: str, wanted: str = "") -> Seen:
    words = inside.run(sandbox, LOOK, path, recorded, wanted).split()
    if "no-git" in words:
        raise UnsupportedError("the sandbox has no git", remedy="Take a snapshot that has it.")
    head = next((word.removeprefix("head=") for word in words if word.startswith("head=")), "")
    return Seen(head=head, **{word: True for word in words if "=" not in word})


def _free(seen: Seen, path: str, *, begun: bool) -> None:
    if seen.occupied or (seen.there and not begun):
        raise RefusedError(f"{path} in the sandbox is not empty", remedy="Choose another path.")


def _bring(sandbox: SandboxInstance, path: str, known: str | None, declared: Values, timeout_seconds: float) -> None:
    source = declared["source"]
    inside.run(sandbox, BEGIN, path)
    if repositories.is_url(source) or declared.get("clone_inside"):
        inside.run(sandbox, SET_ORIGIN, path, source)
    if declared.get("clone_inside"):
        inside.run(sandbox, FETCH, path, timeout_seconds=timeout_seconds)
    else:
        _send(sandbox, path, known, declared, timeout_seconds)
    _move_to(sandbox, path, declared, timeout_seconds)


def _send(sandbox: SandboxInstance, path: str, known: str | None, declared: Values, timeout_seconds: float) -> None:
    target = f"{path}/.git/evolve-bundle"
    place = declared.get("source_folder") or declared["source"]
    with repositories.bundled(place, declared["commit"], known) as bundle:
        sandbox.files.write(f"{target}.shallow", bundle.shallow)
        with bundle.path.open("rb") as content:
            sandbox.files.write_stream(target, iter(lambda: content.read(CHUNK_BYTES), b""))
    inside.run(sandbox, UNPACK, path, target, repositories.BUNDLED_REF, timeout_seconds=timeout_seconds)


def _move_to(sandbox: SandboxInstance, path: str, declared: Values, timeout_seconds: float) -> None:
    force = ["force"] if declared.get("force") else []
    inside.run(sandbox, MOVE, path, declared["commit"], *force, timeout_seconds=timeout_seconds)
