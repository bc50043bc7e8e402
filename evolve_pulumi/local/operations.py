"""Every operation of a vendor's APIs and what it is worth here: the vendor's `operations.csv`, which makes the routes.

Names, methods and paths are those of the vendor's generated clients; `api` says which of its APIs it is part of.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from aiohttp import web

from evolve_pulumi.local.errors import AbsentError
from evolve_pulumi.local.keys import Handler


class Status(StrEnum):
    """How far an operation, or a field of its body, can be relied on."""

    WORKS = "works"
    NO_EFFECT = "accepted, no effect"
    ABSENT = "501"


@dataclass(frozen=True)
class Operation:
    """One operation: which API, its name and route, and what it is worth here."""

    api: str
    operation: str
    method: str
    path: str
    status: Status
    note: str


def operations(table: Path) -> list[Operation]:
    """The table; a fixed path comes before one with a parameter in its place, as a router needs it."""
    with table.open() as file:
        rows = [_operation(**row) for row in csv.DictReader(file)]
    return sorted(rows, key=lambda row: row.path.replace("{", "~"))


def _operation(*, status: str, **texts: str) -> Operation:
    return Operation(status=Status(status), **texts)


def routes(table: Path, api: str, handlers: Sequence[object], prefix: str = "") -> list[web.RouteDef]:
    """A route for every operation of an API; raises StopIteration where the table promises what has no handler."""
    return [
        web.route(row.method, prefix + row.path, _handler(row, handlers)) for row in operations(table) if row.api == api
    ]


def _handler(row: Operation, handlers: Sequence[object]) -> Handler:
    if row.status == Status.ABSENT:
        return _absent(row.operation)
    return next(getattr(each, row.operation) for each in handlers if hasattr(each, row.operation))


def _absent(operation: str) -> Handler:
    """A handler that says of one operation that it is not there."""

    async def refuse(_: web.Request) -> web.StreamResponse:
        raise AbsentError(f"The local cloud does not implement {operation}")

    return refuse
