"""The table behind every resource: its types, and the pure functions that read it.

A resource's arguments are TypedDicts. Each key's annotation carries an `Attribute`, which says where the value
goes at each vendor (`Wire`) and so what a change of it means:

- a wire that names an operation: changed in place, by that operation, unless that says it cannot;
- a wire that names none: fixed when the object is created, so a change replaces it;
- no wire at all, or one that matters once: a setting, such as a timeout: a change is stored and nobody is called.

An `Operation` is listed once per vendor and kind, in the order of execution. `planning` compares old with new values by
such a table. Nothing here does I/O, and nothing knows a vendor or Pulumi.
"""

import contextlib
import copy
import enum
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Required, cast, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from typing_extensions import get_type_hints

if TYPE_CHECKING:
    from pulumi import Input as Input
else:

    class Input:
        """What a program may give: a plain value, or one that is known only later. Here always the value."""

        def __class_getitem__(cls, item: Any) -> Any:
            """Annotations are read for the type of the value itself."""
            return item


Values = Mapping[str, Any]
"""Properties as they travel: names to plain values, or to UNKNOWN at preview."""


class Marker(enum.Enum):
    """Values that are not values."""

    UNKNOWN = "not known before another resource is created"
    SERVER_CHOOSES = "no constant of ours: without a declared value the vendor decides, and its choice stays"


UNKNOWN = Marker.UNKNOWN
SERVER_CHOOSES = Marker.SERVER_CHOOSES


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Wire:
    """An attribute's form at one vendor.

    Args:
        field: The vendor's name for it; None where it is the attribute's own.
        by: The operation that changes it in place; None where it is fixed at creation.
        once: Whether it matters at creation only, so that a change of it is recorded and calls nobody.
        kept: Whether the object keeps what it was created with, so that a later value is no change at all.
        told: Whether the vendor tells what it holds, so that a change from outside is found.
        encode: Turns the user's form into the vendor's.
        decode: Turns the vendor's form, which may be None, into the user's.
    """

    field: str | None = None
    by: str | None = None
    once: bool = False
    kept: bool = False
    told: bool = True
    encode: Callable[[Any], Any] = _same
    decode: Callable[[Any], Any] = _same


class Attribute:
    """One entry of the table.

    Args:
        default: The documented constant it returns to when it is taken out of a program.
        every: Its wire where it is the same at every vendor.
        wires: Its wire at each vendor that has it.
    """

    def __init__(self, *, default: Any = SERVER_CHOOSES, every: Wire | None = None, **wires: Wire) -> None:
        self.default = default
        self._every = every
        self._wires = wires

    def wire(self, backend: str) -> Wire | None:
        """The attribute's form at a vendor, or None where it has none there."""
        return self._wires.get(backend, self._every)


@dataclass(frozen=True)
class Change:
    """What an operation is to do; values are by the vendor's names."""

    values: Values
    """What it carries."""
    recorded: Values
    """All that was declared before; to a plan also what the vendor answered, by the name of the output."""
    timeout_seconds: float = 0
    """How long it may take."""


@dataclass(frozen=True)
class Operation:
    """One way to change an existing object in place: one call of the vendor's, whatever it carries.

    Args:
        name: What wires refer to; the vendor's name for it.
        call: Carries it out on the vendor's object.
        sends_all: Whether the call takes all attributes it carries, or those that changed.
        cannot: Tells which of the values, by the vendor's names, it cannot reach from what is recorded: these replace.
        restarts: Tells for which of them it stops the object and starts it again.
    """

    name: str
    call: Callable[[Any, Change], Any]
    sends_all: bool = False
    cannot: Callable[[Change], Collection[str]] | None = None
    restarts: Callable[[Change], Collection[str]] | None = None


@dataclass(frozen=True)
class Entry:
    """An attribute at its place among a resource's arguments."""

    path: tuple[str, ...]
    attribute: Attribute
    adapter: TypeAdapter[Any]
    wire: Wire | None
    required: bool

    @property
    def name(self) -> str:
        """The attribute's own name, unique within its table."""
        return self.path[-1]

    @property
    def field(self) -> str:
        """The vendor's name for it."""
        return (self.wire and self.wire.field) or self.name

    def encoded(self, value: Any) -> Any:
        """The value in the vendor's form; one that is not known yet stays as it is."""
        return self.wire.encode(value) if self.wire and not is_unknown(value) else value

    @property
    def is_setting(self) -> bool:
        """Whether a change of it calls nobody."""
        return self.wire is None or self.wire.once

    @property
    def is_read_back(self) -> bool:
        """Whether a change from outside is found; what is fixed cannot change."""
        return bool(self.wire and self.wire.by and self.wire.told)

    @property
    def dotted(self) -> str:
        """The path as users read it: `daytona.ttl_minutes`."""
        return ".".join(self.path)

    def find(self, properties: Values) -> Any:
        """The value among nested properties; raises KeyError where it is not declared."""
        value: Any = properties
        for key in self.path:
            if value is UNKNOWN:
                return UNKNOWN
            value = value[key]
        return value

    def place(self, properties: dict[str, Any], value: Any) -> None:
        """Put a value at its place among nested properties."""
        for key in self.path[:-1]:
            properties = properties.setdefault(key, {})
        properties[self.name] = value

    def normalised(self, value: Any) -> Any:
        """The value as the annotation has it; what is unknown inside stays. Raises pydantic's ValidationError."""
        if not is_unknown(value):
            return self.adapter.validate_python(value)
        if isinstance(value, Mapping):
            items = cast(Values, value)
            known = {key: item for key, item in items.items() if not is_unknown(item)}
            return {**items, **self.adapter.validate_python(known)}
        return value


class Table:
    """The attributes of one kind at one vendor, and the operations that change them.

    Args:
        backend: The vendor.
        parts: TypedDicts with the arguments: those under no key of their own first, then those under one.
        operations: In the order of execution.
    """

    def __init__(self, backend: str, parts: Iterable[tuple[str | None, type]], operations: Iterable[Operation]) -> None:
        self.backend = backend
        self.entries = tuple(
            _entry(backend, key, name, annotation)
            for key, part in parts
            for name, annotation in get_type_hints(part, include_extras=True).items()
        )
        self.operations = tuple(operations)

    @cached_property
    def by_path(self) -> Mapping[tuple[str, ...], Entry]:
        """The entries by their path."""
        return {entry.path: entry for entry in self.entries}

    @property
    def is_labelled(self) -> bool:
        """Whether an object says at the vendor whose it is."""
        return self.by_path[("owner",)].wire is not None

    def values(self, properties: Values) -> dict[str, Any]:
        """The declared values by attribute name, out of nested properties."""
        return {entry.name: value for entry, value in self.declared(properties)}

    def declared(self, properties: Values) -> Iterator[tuple[Entry, Any]]:
        """The entries that the properties declare, with their values."""
        for entry in self.entries:
            try:
                yield entry, entry.find(properties)
            except KeyError:
                continue

    def fields(self, properties: Values) -> dict[str, Any]:
        """The declared values by the vendor's name for each, as the call that creates the object takes them."""
        return {entry.field: entry.encoded(value) for entry, value in self.declared(properties) if entry.wire}

    def overlay(self, properties: Values, observed: Values) -> dict[str, Any]:
        """The properties with what the vendor was observed to hold: of those declared, and changed in place.

        What is fixed at creation cannot have changed; the vendor may only spell it in another way.
        """
        result = copy.deepcopy(dict(properties))
        for entry, _ in self.declared(properties):
            if entry.is_read_back and entry.wire and entry.field in observed:
                entry.place(result, entry.wire.decode(observed[entry.field]))
        return result

    def normalised(self, properties: Values) -> dict[str, Any]:
        """Properties that were checked before, as they were then: the engine turns numbers into floats.

        A value that an older release recorded and this one would refuse stays as it is.
        """
        result = copy.deepcopy(dict(properties))
        for entry, value in self.declared(properties):
            with contextlib.suppress(ValidationError):
                entry.place(result, entry.normalised(value))
        return result


def is_unknown(value: Any) -> bool:
    """Whether the value, or anything inside it, is not known yet."""
    match value:
        case Mapping():
            return any(is_unknown(item) for item in value.values())  # pyright: ignore[reportUnknownVariableType]
        case list() | tuple():
            return any(is_unknown(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value is UNKNOWN


def _entry(backend: str, key: str | None, name: str, annotation: Any) -> Entry:
    required = get_origin(annotation) is Required
    annotated = get_args(annotation)[0] if required else annotation
    attribute = next(item for item in annotated.__metadata__ if isinstance(item, Attribute))
    path = (key, name) if key else (name,)
    return Entry(path, attribute, TypeAdapter(annotated), attribute.wire(backend), required)
