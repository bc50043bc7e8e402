"""Reading Dockerfiles: instructions, words and variables. Runs nothing."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from evolve_pulumi.local.errors import BuildFailedError

HEREDOC = re.compile(r"(?<!\S)<<(?P<tabs>-?)(?P<quote>[\"']?)(?P<end>\w+)(?P=quote)")
VARIABLE = r"\\(?P<escaped>.)|\$(?:\{(?P<braced>\w+)(?::(?P<sign>[-+])(?P<other>[^}]*))?\}|(?P<name>\w+))"
OUTSIDE = re.compile(
    rf"(?P<space>\s+)|'(?P<single>[^']*)'|(?P<quote>\")|{VARIABLE}|(?P<plain>[^\s'\"\\$]+|.)", re.DOTALL
)
INSIDE = re.compile(rf"(?P<quote>\")|{VARIABLE}|(?P<plain>[^\"\\$]+|.)", re.DOTALL)
"""The pieces of a text outside of double quotes, and inside of them."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: its first line's number, its name in capitals, what follows, and the lines of a heredoc."""

    line: int
    name: str
    rest: str
    heredoc: str | None = None

    def __str__(self) -> str:
        """As it was written, on one line."""
        return f"{self.name} {self.rest}"

    def script(self) -> str:
        """What a shell is to run: the heredoc where that is all, else what follows, with the heredoc as its input."""
        opened = HEREDOC.search(self.rest)
        if opened is None or self.heredoc is None:
            return self.rest
        if opened[0] != self.rest:
            return f"{self.rest}\n{self.heredoc}{opened['end']}\n"
        if self.heredoc.startswith("#!"):
            raise BuildFailedError("the local cloud runs heredocs by /bin/sh only; write RUN <program> <<EOF")
        return self.heredoc

    def listed(self) -> list[str] | None:
        """The words of the form that is a JSON list; None for any other."""
        try:
            found: Any = json.loads(self.rest)
        except ValueError:
            return None
        whole = isinstance(found, list) and all(isinstance(word, str) for word in cast(list[Any], found))
        return cast(list[str], found) if whole else None


def parse(text: str) -> list[Instruction]:
    """The instructions in their order; raises BuildFailedError."""
    lines = text.splitlines()
    found: list[Instruction] = []
    at = 0
    while at < len(lines):
        start = at
        written, at = _logical_line(lines, at)
        if not written:
            continue
        name, _, rest = written.partition(" ")
        heredoc, at = _heredoc(lines, at, rest) if name.upper() in ("RUN", "COPY") else (None, at)
        found.append(Instruction(start + 1, name.upper(), rest.strip(), heredoc))
    if not found or found[0].name not in ("FROM", "ARG"):
        raise BuildFailedError("A Dockerfile begins with FROM")
    return found


def words(text: str, variables: Mapping[str, str]) -> list[str]:
    """A text's words, without quotes, with variables put in."""
    found: list[str] = []
    word: str | None = None
    pieces, at = OUTSIDE, 0
    while at < len(text):
        piece = pieces.match(text, at)
        assert piece
        at = piece.end()
        if piece["quote"]:
            pieces = OUTSIDE if pieces is INSIDE else INSIDE
        if pieces is OUTSIDE and piece.groupdict().get("space"):
            found += [] if word is None else [word]
            word = None
        else:
            word = (word or "") + _value(piece, variables, quoted=pieces is INSIDE)
    return found if word is None else [*found, word]


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """A text with variables put in."""
    return re.sub(VARIABLE, lambda piece: _value(piece, variables, quoted=True), text)


def assignments(text: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The names and values of an ENV, of either form."""
    given = words(text, variables)
    if given and "=" not in given[0]:
        return {given[0]: " ".join(given[1:])}
    return dict(cast(tuple[str, str], tuple(word.split("=", 1))) for word in given if "=" in word)


def _value(piece: re.Match[str], variables: Mapping[str, str], *, quoted: bool) -> str:
    kinds = piece.groupdict()
    if (escaped := kinds["escaped"]) is not None:
        return f"\\{escaped}" if quoted and escaped not in '"\\$' else escaped
    if kinds["name"] or kinds["braced"]:
        value = variables.get(kinds["name"] or kinds["braced"], "")
        if kinds["sign"]:
            return value or kinds["other"] if kinds["sign"] == "-" else kinds["other"] if value else ""
        return value
    return kinds.get("single") or kinds.get("plain") or ""


def _logical_line(lines: list[str], at: int) -> tuple[str, int]:
    """A line with those that continue it, and where the next begins; empty for a comment."""
    written = ""
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.lstrip().startswith("#") or (written and not line.strip()):
            if written:
                continue
            return "", at
        written += line
        if not written.rstrip().endswith("\\"):
            break
        written = written.rstrip()[:-1]
    return written.strip(), at


def _heredoc(lines: list[str], at: int, rest: str) -> tuple[str | None, int]:
    opened = HEREDOC.search(rest)
    if opened is None:
        return None, at
    content: list[str] = []
    for number, line in enumerate(lines[at:], start=at + 1):
        line = line.lstrip("\t") if opened["tabs"] else line
        if line == opened["end"]:
            return "".join(f"{each}\n" for each in content), number
        content.append(line)
    raise BuildFailedError(f"Line {at}: the heredoc {opened['end']} has no end")
