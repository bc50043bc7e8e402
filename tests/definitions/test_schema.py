"""The schema that editors complete by."""

from typing import Any

from evolve_pulumi.definitions import schema
from evolve_pulumi.definitions.model import Definition


def test_what_is_shipped_is_up_to_date() -> None:
    """Run `make docs` where it is not."""
    assert schema.FILE.read_text() == schema.text()


def test_every_key_is_described() -> None:
    found = schema.schema()
    parts: dict[str, dict[str, Any]] = {"Definition": found} | {
        name: part for name, part in found["$defs"].items() if part["type"] == "object"
    }
    undescribed = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, value in part.get("properties", {}).items()
        if "description" not in value
    ]
    assert set(found["properties"]) == set(Definition.__annotations__)
    assert undescribed == []
