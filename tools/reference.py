"""Write the reference of all resources from their tables: `python tools/reference.py > docs/reference.md`.

A test fails where the file is not what this prints.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import get_original_bases, is_typeddict

from evolve_pulumi.lifecycle.kinds import KINDS, Kind
from evolve_pulumi.schema import SERVER_CHOOSES, Entry, Operation
from evolve_pulumi.vendors import VENDORS

INTRODUCTION = """\
<!-- Written by tools/reference.py from the tables in the code; `make docs` writes it anew. -->

# Reference

Every argument of every resource, from the tables that also validate, diff and update. What both vendors have is an
argument; what one has alone is in that vendor's options, `daytona=DaytonaOptions(...)` and `e2b=E2BOptions(...)`, which
may both be given: the other vendor's are ignored.

*Default* is what applies, and what an argument returns to when it leaves the program. For each vendor there is its own
name for it, what a change of it does, and whether it is *read back*: whether `pulumi refresh` finds what was changed
outside. A change is made in place by the named operation, or is a new object (**replaces**), or calls nobody.
"""
TITLES = {"daytona": "Daytona", "e2b": "E2B"}


def main() -> None:
    """Print the whole document."""
    print(INTRODUCTION)
    for kind in KINDS.values():
        print(f"## {kind.words.capitalize()}\n")
        print("\n".join(_portable(kind)), end="\n\n")
        for backend in VENDORS:
            print("\n".join(_options(kind, backend)), end="")


def _portable(kind: Kind) -> Iterator[str]:
    """The arguments that every vendor takes, with all vendors side by side."""
    yield f"| argument | type | default | {' | '.join(f'at {TITLES[backend]}' for backend in VENDORS)} | meaning |"
    yield f"|---|---|---|{'---|' * len(VENDORS)}---|"
    tables = {backend: kind.table(backend) for backend in VENDORS}
    for part in kind.parts:
        for name, schema in _schemas(part).items():
            entries = {backend: table.by_path[name,] for backend, table in tables.items()}
            everywhere = all(entry.is_setting for entry in entries.values())
            places = [
                "calls nobody" if everywhere else _place(entry, tables[backend].operations)
                for backend, entry in entries.items()
            ]
            first, *_ = entries.values()
            yield _row(f"`{name}`", first, schema, *places)


def _options(kind: Kind, backend: str) -> Iterator[str]:
    """The arguments that one vendor has alone."""
    own = VENDORS[backend].kinds.get(kind.name)
    if own is None or own.options is None:
        return
    table = kind.table(backend)
    yield f"`{backend}={own.options.__name__}(...)`\n"
    yield f"| option | type | default | at {TITLES[backend]} | meaning |"
    yield "|---|---|---|---|---|"
    for name, schema in _schemas(own.options).items():
        entry = table.by_path[backend, name]
        yield _row(f"`{name}`", entry, schema, _place(entry, table.operations))
    yield "\n"


def _schemas(part: Any) -> dict[str, dict[str, Any]]:
    """The JSON schema of each argument that users write, with its docstring; our own entries have none."""
    bases = [base for base in get_original_bases(part) if is_typeddict(base)]
    found: dict[str, dict[str, Any]] = {}
    for each in (*bases, part):
        whole = TypeAdapter[Any](each).json_schema()
        for name, schema in whole.get("properties", {}).items():
            if "description" in schema:
                found[name] = {**schema, "definitions": whole.get("$defs", {})}
    return found


def _row(name: str, entry: Entry, schema: dict[str, Any], *places: str) -> str:
    cells = (
        name + (" (required)" if entry.required else ""),
        _type(schema, schema["definitions"]),
        "" if entry.required else _default(entry.attribute.default),
        *places,
        " ".join(schema["description"].split()),
    )
    return "| " + " | ".join(cells) + " |"


def _place(entry: Entry, operations: tuple[Operation, ...]) -> str:
    """What it is at one vendor."""
    if entry.wire is None:
        return "not there"
    told = "; read back" if entry.is_read_back else ""
    return f"`{entry.field}`: {_change(entry, {each.name: each for each in operations})}{told}"


def _change(entry: Entry, operations: Mapping[str, Operation]) -> str:
    if entry.is_setting or not entry.wire:
        return "at creation only"
    if not entry.wire.by:
        return "**replaces**"
    operation = operations[entry.wire.by]
    restarts = "; **with a restart** where it has to be stopped" if operation.restarts else ""
    cannot = "; **replaces** where that is impossible" if operation.cannot else ""
    return f"in place, `{operation.name}`{restarts}{cannot}"


def _default(value: Any) -> str:
    if value is SERVER_CHOOSES:
        return "keeps what it has"
    return f"`{value}`" if isinstance(value, bool | int) or value else "none"


def _type(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    if reference := schema.get("$ref"):
        name = reference.rsplit("/", 1)[-1]
        fields = definitions[name]["properties"]
        return f"`{name}`: " + ", ".join(f"`{key}` ({_type(item, definitions)})" for key, item in fields.items())
    if either := schema.get("anyOf"):
        return " or ".join(_type(item, definitions) for item in either)
    if choices := schema.get("enum"):
        return " or ".join(f"`{choice}`" for choice in choices)
    if "type" not in schema:
        return "anything"
    if schema["type"] == "array":
        return f"list of {_type(schema['items'], definitions)}"
    if schema["type"] == "object":
        inner = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties", {}))
        values = _type(inner, definitions) if inner else "string"
        return "names to strings" if values == "string" else f"names to {values}"
    return schema["type"] + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" from {low}"
    return f" above {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else ""


if __name__ == "__main__":
    main()
