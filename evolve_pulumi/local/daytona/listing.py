"""Daytona's list of sandboxes: filters, order and pages, over bodies."""

import base64
import json
from datetime import datetime
from typing import Annotated, Any, Literal

from multidict import MultiMapping
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from evolve_pulumi.local.daytona.errors import DaytonaError

SORTS = {"memoryGib": "memory", "diskGib": "disk"}
"""Names of sort keys that are not the body's."""


def _split(value: Any) -> Any:
    """A list, given as one word or as several separated by commas."""
    return [word for each in value for word in each.split(",")]


Words = Annotated[list[str], BeforeValidator(_split)]


class Query(BaseModel):
    """What can be asked of the list; what is not here is refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", hide_input_in_errors=True)

    labels: dict[str, str] = {}
    id: str = ""
    name: str = ""
    states: Words = []
    snapshots: Words = []
    region_ids: Words = []
    is_public: bool | None = None
    created_at_after: datetime | None = None
    created_at_before: datetime | None = None
    include_errored_deleted: bool = False
    include_warm: bool = False
    cursor: str | None = None
    limit: int = Field(default=100, ge=1, le=200)
    sort: Literal["name", "cpu", "memoryGib", "diskGib", "lastActivityAt", "createdAt"] = "createdAt"
    order: Literal["asc", "desc"] = "desc"

    @classmethod
    def parse(cls, query: MultiMapping[str]) -> "Query":
        """Read a query string; raises ValidationError or DaytonaError."""
        lists = {"states", "snapshots", "regionIds"}
        given: dict[str, Any] = {name: query.getall(name) if name in lists else query[name] for name in query}
        if "labels" in given:
            try:
                given["labels"] = json.loads(given["labels"])
            except json.JSONDecodeError:
                raise DaytonaError(400, "labels must be a JSON object") from None
        return cls.model_validate(given)

    def matches(self, body: dict[str, Any]) -> bool:
        """Whether a sandbox's body passes every filter."""
        created = datetime.fromisoformat(body["createdAt"])
        return (
            self.labels.items() <= body["labels"].items()
            and body["id"].lower().startswith(self.id.lower())
            and body["name"].lower().startswith(self.name.lower())
            and body["state"] in (self.states or [body["state"]])
            and body["snapshot"] in (self.snapshots or [body["snapshot"]])
            and body["target"] in (self.region_ids or [body["target"]])
            and self.is_public in (None, body["public"])
            and (self.created_at_after is None or created >= self.created_at_after)
            and (self.created_at_before is None or created <= self.created_at_before)
        )


def page(described: list[dict[str, Any]], query: Query) -> tuple[list[dict[str, Any]], str | None]:
    """The page a query asks for and the cursor of the next, which is None at the end.

    The cursor names the last item seen, so that what comes and goes meanwhile shifts nothing.
    """
    key = SORTS.get(query.sort, query.sort)
    found = sorted(filter(query.matches, described), key=lambda body: (body[key], body["id"]))
    if query.order == "desc":
        found.reverse()
    if query.cursor:
        seen = _position(query.cursor)
        found = [each for each in found if _after([each[key], each["id"]], seen, query.order)]
    items = found[: query.limit]
    more = len(found) > len(items)
    return items, _cursor([items[-1][key], items[-1]["id"]]) if more else None


def _after(position: list[Any], seen: list[Any], order: str) -> bool:
    return position > seen if order == "asc" else position < seen


def _cursor(position: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _position(cursor: str) -> list[Any]:
    try:
        return json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        raise DaytonaError(400, "Invalid cursor") from None
