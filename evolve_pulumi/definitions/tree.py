"""YAML as plain values that remember where in the file they stand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from evolve_pulumi.errors import ConfigurationError

Path = tuple[str | int, ...]
TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp")}
"""Those that plain YAML gives its values by itself."""
MOST_VALUES = 10_000
"""Aliases can make a small file a large value."""


@dataclass(frozen=True)
class Place:
    """Where something stands: line and column, from 1 on."""

    line: int
    column: int


@dataclass(frozen=True)
class Problem:
    """What is wrong with a file, and where."""

    place: Place
    path: str
    """Dotted; empty for the file as a whole."""
    reason: str

    def shown(self, file: str) -> str:
        """One line, as compilers write it."""
        where = f"{file}:{self.place.line}:{self.place.column}"
        return f"{where}: {self.path}: {self.reason}" if self.path else f"{where}: {self.reason}"


class FileError(ConfigurationError):
    """A file that says something wrong; `problems` in the order in which they stand there."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda problem: (problem.place.line, problem.place.column))
        super().__init__("\n".join(problem.shown(file) for problem in self.problems))


@dataclass(frozen=True)
class Tree:
    """A file's value, and where each part of it stands."""

    value: Any
    text: str
    places: dict[Path, Place] = field(default_factory=dict[Path, Place])
    """Of keys and items."""
    spans: dict[Path, tuple[int, int]] = field(default_factory=dict[Path, tuple[int, int]])
    """Of texts: offsets in the file."""

    def place(self, path: Path) -> Place:
        """Where a path stands, or the nearest above it that is there."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def offset_place(self, offset: int) -> Place:
        """Line and column of an offset in the file."""
        before = self.text[:offset]
        return Place(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)

    def problem(self, path: Path, reason: str) -> Problem:
        """Something that is wrong with a value."""
        return Problem(self.place(path), dotted(path), reason)


def dotted(path: Path) -> str:
    """A path as users read it: `services.web.port`."""
    return ".".join(map(str, path))


def parse(text: str, file: str) -> Tree:
    """Read a YAML file of one mapping; raises FileError where it is none."""
    try:
        root = cast(yaml.Node | None, cast(Any, yaml).compose(text, yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise FileError(file, [Problem(place, "", _syntax(error))]) from None
    except yaml.YAMLError as error:
        raise FileError(file, [Problem(Place(1, 1), "", f"is not YAML: {' '.join(str(error).split())}")]) from None
    if not isinstance(root, yaml.MappingNode):
        what = "is empty" if root is None else "is not a mapping of keys to values"
        raise FileError(file, [Problem(Place(1, 1), "", f"{what}; it begins with a key, as in `services:`")])
    builder = _Builder(text)
    value = builder.value(root, ())
    if builder.problems:
        raise FileError(file, builder.problems)
    return Tree(value, text, builder.places, builder.spans)


def _syntax(error: yaml.MarkedYAMLError) -> str:
    words = f"is not YAML: {error.problem or error.context}"
    if "\\t" in words:
        return f"{words}; indent with spaces, not tabs"
    if "mapping values are not allowed" in words:
        return f"{words}; a text with `: ` in it has to be in quotes"
    if "found another document" in words:
        return "is not YAML of one document; take away `---` between them"
    return words


class _Builder:
    """Turns nodes into values, and notes where they stand."""

    def __init__(self, text: str) -> None:
        self.places: dict[Path, Place] = {}
        self.spans: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._scalars: Any = yaml.SafeLoader("")
        self._count = 0

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.places.setdefault(path, _place(node))
        self._count += 1
        if self._count > MOST_VALUES:
            return self._refuse(node, path, "has too much in it")
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if node.tag not in TAGS:
            return self._refuse(node, path, f"has the tag {node.tag}; tags are not supported")
        return self._scalar(node, path)

    def _items(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = str(key_node.value)
            inner = (*path, key)
            self.places[inner] = _place(key_node)
            if key_node.tag == "tag:yaml.org,2002:merge":
                self._refuse(key_node, inner, "merges another mapping, which is not supported; write it out")
            elif not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, path, "has a key that is no text")
            elif key in seen:
                self._refuse(key_node, inner, "is there twice; the first one would be lost")
            else:
                seen.add(key)
                yield key, self.value(value_node, inner)

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        if node.tag == "tag:yaml.org,2002:timestamp":
            return node.value
        try:
            found: Any = self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            return self._refuse(node, path, f"is no {node.tag.rpartition(':')[2]}")
        if isinstance(found, str):
            self.spans[path] = (node.start_mark.index, node.end_mark.index)
        return found

    def _refuse(self, node: yaml.Node, path: Path, reason: str) -> None:
        self.problems.append(Problem(_place(node), dotted(path), reason))


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
