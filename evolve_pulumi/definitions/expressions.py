"""`${{ … }}` in the texts of a definition: a fixed set of names and nothing else. Nothing is executed.

    ${{ pr.number }}  ${{ git.sha }}  ${{ git.branch }}  ${{ env.NAME }}  ${{ secrets.NAME }}

All but the secrets are put in when the file is read. Secrets stay as they are written, so that a loaded definition
holds none, and are put in where the environment is made, see `reveal`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from evolve_pulumi.definitions import tree
from evolve_pulumi.definitions.policy import Policy, is_never_given
from evolve_pulumi.definitions.tree import FileError, Problem, Tree
from evolve_pulumi.sources import repositories
from evolve_pulumi.spelling import closest

EXPRESSION = re.compile(r"\$\{\{(?P<name>[^{}]*)\}\}")
SECRET = re.compile(r"\$\{\{\s*secrets\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
KNOWN = ("pr.number", "git.sha", "git.branch", "env.NAME", "secrets.NAME")


@dataclass(frozen=True)
class Context:
    """What expressions can be filled in from.

    Args:
        folder: In a Git repository, where `git` is asked for.
        environ: The environment of the command, of which the policy gives parts.
        policy: Which of its names may be used.
        pr: The pull request's number, where it is for one.
    """

    folder: Path = Path()
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    policy: Policy = field(default_factory=Policy)
    pr: int | None = None

    @cached_property
    def root(self) -> Path:
        """The folder of the repository that the definition is in, or else its own."""
        return Path(repositories.told(self.folder, "rev-parse", "--show-toplevel") or self.folder).resolve()

    @cached_property
    def sha(self) -> str | None:
        """The commit that is checked out."""
        return repositories.told(self.folder, "rev-parse", "HEAD")

    @cached_property
    def branch(self) -> str | None:
        """The branch that is checked out; on GitHub, where none is, the pull request's."""
        return (
            repositories.told(self.folder, "symbolic-ref", "--short", "HEAD")
            or self.environ.get("GITHUB_HEAD_REF")
            or None
        )

    @property
    def secrets(self) -> dict[str, str]:
        """The values of the secrets that the policy gives, as far as they are set."""
        allowed = (name for name in self.policy.get("secrets", []) if not is_never_given(name))
        return {name: self.environ[name] for name in allowed if name in self.environ}


class _Unusable(Exception):
    """An expression that has no value, and why."""


def fill_in(found: Tree, context: Context, file: str) -> Any:
    """The file's value with its expressions filled in; raises FileError for those that cannot be."""
    problems: list[Problem] = []
    value = _filled(found.value, (), found, context, problems)
    if problems:
        raise FileError(file, problems)
    return value


def reveal(text: str, secrets: Mapping[str, str]) -> str | None:
    """A text with its secrets put in; None where there are none in it."""
    if not SECRET.search(text):
        return None
    return SECRET.sub(lambda match: secrets[match["name"]], text)


def _filled(value: Any, path: tree.Path, found: Tree, context: Context, problems: list[Problem]) -> Any:
    match value:
        case Mapping():
            items = cast(Mapping[str, Any], value)
            return {key: _filled(item, (*path, key), found, context, problems) for key, item in items.items()}
        case list():
            every = cast(list[Any], value)
            return [_filled(item, (*path, index), found, context, problems) for index, item in enumerate(every)]
        case str() if "${{" in value:
            return _text(value, path, found, context, problems)
        case _:
            return value


def _text(text: str, path: tree.Path, found: Tree, context: Context, problems: list[Problem]) -> str:
    places = iter(list(_places(found, path)))
    refused = len(problems)

    def put_in(match: re.Match[str]) -> str:
        place = next(places, found.place(path))
        try:
            return _value(match["name"].strip(), match[0], path, context)
        except _Unusable as why:
            problems.append(Problem(place, tree.dotted(path), str(why)))
            return ""

    result = EXPRESSION.sub(put_in, text)
    if len(problems) == refused and text.count("${{") > len(EXPRESSION.findall(text)):
        problems.append(found.problem(path, "has `${{` without its `}}`"))
    return result


def _places(found: Tree, path: tree.Path) -> Iterator[tree.Place]:
    """Where the expressions of a text begin in the file."""
    start, end = found.spans.get(path, (0, 0))
    for match in EXPRESSION.finditer(found.text, start, end):
        yield found.offset_place(match.start())


def _value(name: str, written: str, path: tree.Path, context: Context) -> str:
    kind, _, variable = name.partition(".")
    match kind:
        case "env" if variable:
            return _variable(kind, variable, context)
        case "secrets" if variable:
            if "env" not in path:
                raise _Unusable(f"{name} can be used in `env` only: elsewhere it would be seen")
            _variable(kind, variable, context)
            return written
        case _:
            return _fact(name, context)


def _fact(name: str, context: Context) -> str:
    match name:
        case "pr.number":
            found, remedy = context.pr, "it is known with --pr"
        case "git.sha":
            found, remedy = context.sha, "the file is in no Git repository with a commit"
        case "git.branch":
            found, remedy = context.branch, "the file is in no Git repository with a branch checked out"
        case _:
            close = closest(name, KNOWN)
            meant = f"did you mean {close}?" if close else f"there are {', '.join(KNOWN)}"
            raise _Unusable(f"${{{{ {name} }}}} is not known; {meant}")
    if found is None:
        raise _Unusable(f"{name} has no value: {remedy}")
    return str(found)


def _variable(kind: str, name: str, context: Context) -> str:
    allowed = context.policy.get("env" if kind == "env" else "secrets", [])
    if is_never_given(name):
        raise _Unusable(f"{kind}.{name} is never given to a definition")
    if name not in allowed:
        raise _Unusable(f"{kind}.{name} is not among the names that the policy allows; see --policy")
    if name not in context.environ:
        raise _Unusable(f"{kind}.{name} is not set in the environment")
    return context.environ[name]
