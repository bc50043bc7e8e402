"""A definition's JSON schema, which editors complete and check by."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import get_original_bases, is_typeddict

from evolve_pulumi.definitions import model
from evolve_pulumi.definitions.model import Definition

FILE = Path(__file__).with_name("evolve.schema.json")
"""The schema as it is shipped; a test compares it with what `text` says."""
EXPRESSION: dict[str, Any] = {"type": "string", "pattern": r"\$\{\{"}
PARTS: tuple[Any, ...] = (
    Definition,
    model.ServiceDefinition,
    model.DaytonaDefinition,
    model.E2BDefinition,
)
"""Those that take keys over from a resource's table."""


def text() -> str:
    """The schema as a file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """The schema of `Definition`, in which numbers and flags can be expressions too."""
    found = TypeAdapter(Definition).json_schema()
    for part in PARTS:
        _describe(part, found if part is Definition else found["$defs"][part.__name__])
    _loosen(found)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def _describe(part: Any, found: dict[str, Any]) -> None:
    """Put in the descriptions of inherited keys, which pydantic leaves with their own class."""
    for base in get_original_bases(part):
        if is_typeddict(base):
            for name, inherited in TypeAdapter[Any](base).json_schema().get("properties", {}).items():
                if description := inherited.get("description"):
                    found["properties"][name].setdefault("description", description)
            _describe(base, found)


def _loosen(found: dict[str, Any]) -> None:
    for value in found.values():
        for item in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType]
            if isinstance(item, dict):
                _loosen(item)  # pyright: ignore[reportUnknownArgumentType]
    if found.get("type") in ("integer", "number", "boolean"):
        bounds = {key: found.pop(key) for key in list(found) if key not in ("title", "description")}
        found["anyOf"] = [bounds, EXPRESSION]
    if isinstance(found.get("title"), str):
        del found["title"]
