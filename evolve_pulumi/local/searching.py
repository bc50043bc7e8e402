"""Looking through a running sandbox's files, which may take long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evolve_pulumi.local.files import TREE_SECONDS
from evolve_pulumi.local.guest import Guest

TOGETHER = 100
"""How many paths go to the agent at once, whose requests have to fit into a packet."""


@dataclass(frozen=True)
class Match:
    """A line of a file; lines count from 1."""

    path: str
    line: int
    text: str


async def find_text(guest: Guest, path: str, text: str) -> list[Match]:
    """The lines with a text in a file, or in all text files below a folder."""
    found = await guest.call("find_text", patience=TREE_SECONDS, path=path, text=text)
    return [Match(*match) for match in found["matches"]]


async def find_names(guest: Guest, path: str, pattern: str) -> list[str]:
    """The files and folders below a folder whose name matches a pattern with the usual wildcards."""
    return (await guest.call("find_names", patience=TREE_SECONDS, path=path, pattern=pattern))["paths"]


async def replace_text(guest: Guest, paths: list[str], text: str, by: str) -> list[str | None]:
    """Replace a text in files; for each of them what prevented it, or None."""
    problems: list[str | None] = []
    for some in _portions(paths):
        answer = await guest.call("replace_text", patience=TREE_SECONDS, paths=some, text=text, by=by)
        problems += answer["problems"]
    return problems


def _portions(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(paths), TOGETHER):
        yield paths[start : start + TOGETHER]
