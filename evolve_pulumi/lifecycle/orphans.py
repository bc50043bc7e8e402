"""What a stack made and does not know: its objects at the vendors, compared with its state."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from evolve_pulumi import names
from evolve_pulumi.models.managed import Connection
from evolve_pulumi.vendors.base import Owned

TYPE = "pulumi-python:dynamic/evolve:"
"""Begins the type token of all our resources."""


@dataclass(frozen=True)
class Orphan:
    """An object that no resource of its stack has."""

    place: Connection
    object: Owned
    reason: str

    def age(self) -> timedelta | None:
        """Since it was made; None where the vendor does not tell."""
        return datetime.now(UTC) - self.object.created_at if self.object.created_at else None


@dataclass(frozen=True)
class StackState:
    """Our resources in a stack's exported deployment; those that are about to be deleted are among them."""

    resources: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, exported: Mapping[str, Any]) -> "StackState":
        """Read what `pulumi stack export` prints."""
        every: list[Mapping[str, Any]] = exported["deployment"].get("resources") or []
        return cls([item for item in every if item["type"].startswith(TYPE)])

    def of_kind(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """The resources of one kind, `Sandbox` or another."""
        return (item for item in self.resources if item["type"] == f"{TYPE}{kind}" and not item.get("delete"))

    def places(self) -> Iterator[Connection]:
        """Where the resources live, each once."""
        seen: list[Connection] = []
        for item in self.resources:
            place = cast(Connection, item.get("outputs", {}).get("connection"))
            if place and place not in seen:
                seen.append(place)
                yield place

    def orphans(self, place: Connection, owned: Iterator[Owned]) -> Iterator[Orphan]:
        """Those of a place's objects that no resource has."""
        ids = {item.get("id") for item in self.resources}
        for item in owned:
            if item.id not in ids:
                yield Orphan(place, item, self._reason(item))

    def _reason(self, item: Owned) -> str:
        """Why nobody has it: its resource is gone, or has another."""
        for resource in self.resources:
            name = resource["urn"].rsplit("::", 1)[-1]
            if names.slug(name) == names.slug(item.resource) and resource["type"] == f"{TYPE}{item.kind.capitalize()}":
                return f"{item.resource} has {resource.get('id')} now"
        return f"the stack has no {item.resource}"
