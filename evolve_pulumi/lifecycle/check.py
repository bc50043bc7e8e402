"""Is what a program declares well-formed? Everything is normalised here, and refused with its path."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from evolve_pulumi import names
from evolve_pulumi.lifecycle.kinds import Kind
from evolve_pulumi.models.managed import Owner
from evolve_pulumi.schema import UNKNOWN, Entry, Table, Values, is_unknown
from evolve_pulumi.spelling import closest


@dataclass(frozen=True)
class Failure:
    """What is wrong with one property. Never holds its value, which may be secret."""

    path: str
    reason: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Checked:
    """Normalised inputs, and what is wrong with them."""

    inputs: dict[str, Any]
    failures: tuple[Failure, ...]


def check(kind: Kind, table: Table, olds: Values, news: Values) -> Checked:
    """Normalise declared properties; numbers arrive as floats, and anything may be unknown at preview."""
    failures: list[Failure] = [*_strangers(kind, table, news)]
    inputs: dict[str, Any] = {}
    for entry in table.entries:
        try:
            value = entry.find(news)
        except (KeyError, TypeError):
            if entry.required:
                failures.append(Failure(entry.dotted, "is required"))
            continue
        try:
            entry.place(inputs, entry.normalised(value))
        except ValidationError as error:
            failures.extend(_failures(entry, error))
    said = {failure.path for failure in failures}
    contradictions = kind.contradictions(table.backend, inputs)
    failures.extend(Failure(path, why) for path, why in contradictions if path not in said)
    if ("name",) in table.by_path:
        inputs.update(_named(kind, table, olds, inputs))
    return Checked(inputs, tuple(failures))


def _strangers(kind: Kind, table: Table, news: Values) -> Iterator[Failure]:
    """Properties that are in no table, with the one that was probably meant."""
    groups = kind.option_groups()
    known = {entry.dotted for entry in table.entries}
    for name, value in news.items():
        if name in groups and isinstance(value, Mapping):
            group = {path for path in known if path.startswith(f"{name}.")}
            paths = [f"{name}.{key}" for key in value] if group else []  # pyright: ignore[reportUnknownVariableType]
        else:
            paths = [name] if name not in groups else []
            if name in groups and value is not UNKNOWN:
                yield Failure(name, "takes that vendor's options")
        for path in paths:
            if path not in known:
                yield Failure(path, f"is not an argument of a {kind.words}{_suggestion(path, known)}")


def _suggestion(path: str, known: set[str]) -> str:
    """The known argument that was probably meant: one that begins like it, or is spelled like it."""
    meant = path.rsplit(".", 1)[-1]
    by_name = {name.rsplit(".", 1)[-1]: name for name in sorted(known)}
    close = closest(meant, by_name)
    return f"; did you mean {by_name[close]}?" if close else ""


def _failures(entry: Entry, error: ValidationError) -> Iterator[Failure]:
    for problem in error.errors(include_url=False, include_input=False):
        inner = [str(part) for part in problem["loc"] if part != "[key]"]
        yield Failure(".".join([entry.dotted, *inner]), problem["msg"])


def _named(kind: Kind, table: Table, olds: Values, inputs: Values) -> dict[str, Any]:
    """The name, with a tag for what the object is made from where the vendor has such."""
    name = inputs.get("name") or _automatic_name(kind, table, olds, inputs)
    if name is None:
        return {}
    if name is UNKNOWN or not kind.is_tagged(table.backend):
        return {"name": name}
    content = _content(table, inputs)
    return {"name": UNKNOWN if content is UNKNOWN else names.tagged(name, content)}


def _automatic_name(kind: Kind, table: Table, olds: Values, inputs: Values) -> Any:
    """A new object's name, or the one it has; None where it has none that is known, UNKNOWN where it will have.

    It is made only where there are no old inputs, so that it stays the same for the life of the object, and a
    replacement gets another. What is adopted keeps the name it has.
    """
    if olds or "adopt_id" in inputs:
        return olds.get("name")
    owner: Owner = inputs["owner"]
    if table.is_labelled:
        return names.of_labelled(owner["resource"])
    named_by_content = kind.named_by_content and not kind.is_tagged(table.backend)
    content = _content(table, inputs) if named_by_content else None
    return UNKNOWN if content is UNKNOWN else names.of_unlabelled(**owner, content=content)


def _content(table: Table, inputs: Values) -> Any:
    """All that an object is made from, in one text; UNKNOWN where some of it is.

    That is what changes in the way the name does: by replacement, or by another build.
    """
    name = table.by_path["name",]
    made_from = {
        entry.dotted: value
        for entry, value in table.declared(inputs)
        if entry.wire and name.wire and entry.wire.by == name.wire.by and not entry.wire.once
        if entry.name not in ("name", "connection")
    }
    return UNKNOWN if is_unknown(made_from) else json.dumps(made_from, sort_keys=True)
