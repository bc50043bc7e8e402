"""From recorded and declared properties to what has to be done: the diff, as a pure function over a table."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from evolve_pulumi.schema import SERVER_CHOOSES, Change, Entry, Operation, Table, Values, is_unknown


@dataclass(frozen=True)
class Step:
    """An operation to carry out, with the values it takes."""

    operation: Operation
    values: Values


@dataclass(frozen=True)
class Plan:
    """What it takes to make an object what its program declares."""

    steps: tuple[Step, ...]
    """In the order of execution; empty where the object must be replaced."""
    replaces: tuple[str, ...]
    """Dotted paths of the changed attributes that are fixed at creation, or cannot be changed to what is declared."""
    restarts: tuple[str, ...]
    """Dotted paths of the changed attributes for which the object is stopped and started again."""
    settings: tuple[str, ...]
    """Dotted paths of the changed attributes that no vendor holds."""

    @property
    def changes(self) -> bool:
        """Whether anything differs at all."""
        return bool(self.steps or self.replaces or self.settings)


def plan(table: Table, olds: Values, news: Values) -> Plan:
    """Compare recorded with declared properties.

    An attribute that was declared and no longer is counts as declared with its constant. Where it has none, the
    object keeps what it has, and only the record of it goes. An unknown value counts as changed.
    """
    old, new = table.values(olds), table.values(news)
    constants = {entry.name: entry.attribute.default for entry in table.entries}
    wanted = {name: new.get(name, constant) for name, constant in constants.items()}
    changed = [
        entry
        for entry in table.entries
        if (entry.name in new or entry.name in old)
        and not (entry.wire and entry.wire.kept)
        and differs(old.get(entry.name, constants[entry.name]), wanted[entry.name])
    ]
    sent = [entry for entry in changed if not entry.is_setting and wanted[entry.name] is not SERVER_CHOOSES]
    steps = tuple(_steps(table, sent, wanted))
    recorded = {**olds, **table.fields(olds)}
    replacing = {entry.field for entry in sent if entry.wire and not entry.wire.by}
    stopping: set[str] = set()
    for step in steps:
        operation, change = step.operation, Change(step.values, recorded)
        replacing.update(operation.cannot(change) if operation.cannot else ())
        stopping.update(operation.restarts(change) if operation.restarts else ())
    replaces = _paths(sent, replacing)
    return Plan(
        steps=() if replaces else steps,
        replaces=replaces,
        restarts=() if replaces else _paths(sent, stopping),
        settings=tuple(entry.dotted for entry in changed if entry not in sent),
    )


def _paths(entries: list[Entry], fields: Collection[str]) -> tuple[str, ...]:
    return tuple(entry.dotted for entry in entries if entry.field in fields)


def differs(old: Any, new: Any) -> bool:
    """Whether two values differ; one that holds something unknown differs from everything."""
    return old != new or is_unknown(new)


def _steps(table: Table, changed: list[Entry], wanted: Values) -> Iterator[Step]:
    touched = {entry.wire.by for entry in changed if entry.wire}
    for operation in table.operations:
        if operation.name not in touched:
            continue
        carried = [entry for entry in table.entries if entry.wire and entry.wire.by == operation.name]
        sent = carried if operation.sends_all else [entry for entry in carried if entry in changed]
        values = {
            entry.field: entry.encoded(wanted[entry.name]) for entry in sent if wanted[entry.name] is not SERVER_CHOOSES
        }
        yield Step(operation, values)
