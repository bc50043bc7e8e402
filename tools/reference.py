"""Write the reference of all resources from their tables: `python tools/reference.py > docs/reference.md`.

A test fails where the file is not what this prints.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from evolve_pulumi.lifecycle.kinds import KINDS, Kind
from evolve_pulumi.schema import SERVER_CHOOSES, Entry, Operation, Table
from evolve_pulumi.vendors import VENDORS

INTRODUCTION = """\
<!-- Written by tools/reference.py from the tables in the code; `make docs` writes it anew. -->

# Reference

Every argument of every resource, from the tables that also validate, diff and update. Arguments of one vendor alone are
given in that vendor's options, `daytona=DaytonaOptions(...)`, and ignored elsewhere.

*Default* is what applies, and what an argument returns to when it leaves the program.
*A change* is made in place by the named operation, or is a new object (**replaces**), or calls nobody.
*Read back* says whether `pulumi refresh` finds what was changed outside.
"""


def main() -> None:
    """Print the whole document."""
    print(INTRODUCTION)
    for kind in KINDS.values():
        print(f"## {kind.name.capitalize()}\n")
        for backend in VENDORS:
            print("\n".join(_table(kind, kind.table(backend), backend)), end="\n\n")


def _table(kind: Kind, table: Table, backend: str) -> Iterator[str]:
    yield f"| argument | type | default | {backend.capitalize()}'s field | a change | read back | meaning |"
    yield "|---|---|---|---|---|---|---|"
    operations = {operation.name: operation for operation in table.operations}
    schemas = _schemas(kind, backend)
    for entry in table.entries:
        schema = schemas.get(entry.dotted)
        if schema:
            yield "| " + " | ".join(_cells(entry, schema, operations)) + " |"


def _schemas(kind: Kind, backend: str) -> dict[str, dict[str, Any]]:
    """The JSON schema of each argument that users write, with its docstring; our own entries have none."""
    options = VENDORS[backend].kinds.get(kind.name)
    parts = [("", part) for part in kind.parts]
    parts += [(f"{backend}.", options.options)] if options and options.options else []
    return {
        f"{prefix}{name}": {**schema, "definitions": whole.get("$defs", {})}
        for prefix, part in parts
        for whole in [TypeAdapter[Any](part).json_schema()]
        for name, schema in whole.get("properties", {}).items()
        if "description" in schema
    }


def _cells(entry: Entry, schema: dict[str, Any], operations: Mapping[str, Operation]) -> Iterator[str]:
    yield f"`{entry.dotted}`" + (" (required)" if entry.required else "")
    yield _type(schema, schema["definitions"])
    yield "" if entry.required else _default(entry.attribute.default)
    yield f"`{entry.field}`" if entry.wire else ""
    yield _change(entry, operations)
    yield "yes" if entry.is_read_back else "no"
    yield " ".join(schema["description"].split())


def _change(entry: Entry, operations: Mapping[str, Operation]) -> str:
    if entry.is_setting or not entry.wire:
        return "calls nobody"
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
    if choices := schema.get("enum"):
        return " or ".join(f"`{choice}`" for choice in choices)
    if schema["type"] == "array":
        return f"list of {_type(schema['items'], definitions)}"
    if schema["type"] == "object":
        return "names to strings"
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
