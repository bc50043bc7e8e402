"""E2B's list of sandboxes: filters, order and pages."""

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, unquote

from multidict import MultiMapping
from pydantic import BeforeValidator, Field

from evolve_pulumi.local.e2b import bodies
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.e2b.spelling import Body
from evolve_pulumi.local.records import Sandbox

SEPARATOR = "__"


def _pairs(text: Any) -> Any:
    """Names and values: a query string that is escaped once more, beside what the request's own query takes."""
    return dict(parse_qsl(unquote(text), keep_blank_values=True)) if isinstance(text, str) else text


def _words(text: Any) -> Any:
    return text.split(",") if isinstance(text, str) else text


class Query(Body):
    """What can be asked of the list."""

    metadata: Annotated[dict[str, str], BeforeValidator(_pairs)] = Field(default={})
    state: Annotated[list[Literal["running", "paused"]], BeforeValidator(_words)] = Field(default=["running", "paused"])
    template: str = ""
    started_after: datetime | None = None
    order: Literal["asc", "desc"] = "desc"
    limit: int = Field(default=100, ge=1, le=100)
    next_token: str = ""

    @classmethod
    def parse(cls, query: MultiMapping[str]) -> "Query":
        """Read a query string; raises ValidationError."""
        return cls.model_validate(dict(query))

    def matches(self, sandbox: Sandbox) -> bool:
        """Whether a sandbox passes every filter."""
        return (
            self.metadata.items() <= sandbox.labels.items()
            and bodies.state(sandbox) in self.state
            and self.template in ("", sandbox.snapshot.id, sandbox.snapshot.name)
            and (self.started_after is None or sandbox.started_at >= _aware(self.started_after))
        )


def page(sandboxes: Iterable[Sandbox], query: Query) -> tuple[list[Sandbox], str]:
    """The page that a query asks for, and the token of the next, which is empty at the end.

    The token names the last one seen, so that what comes and goes meanwhile shifts nothing.
    """
    found = sorted(filter(query.matches, sandboxes), key=lambda each: each.id)
    found.sort(key=lambda each: each.started_at, reverse=query.order == "desc")
    if query.next_token:
        time, name = _position(query.next_token)
        found = [each for each in found if _after(each, time, name, query.order)]
    items = found[: query.limit]
    return items, _token(items[-1]) if len(found) > len(items) else ""


def _after(sandbox: Sandbox, time: datetime, name: str, order: str) -> bool:
    if sandbox.started_at == time:
        return sandbox.id > name
    return (sandbox.started_at > time) == (order == "asc")


def _token(sandbox: Sandbox) -> str:
    return base64.urlsafe_b64encode(f"{sandbox.started_at.isoformat()}{SEPARATOR}{sandbox.id}".encode()).decode()


def _position(token: str) -> tuple[datetime, str]:
    try:
        time, _, name = base64.urlsafe_b64decode(token).decode().partition(SEPARATOR)
        return _aware(datetime.fromisoformat(time)), name
    except ValueError:
        raise E2BError(400, "Invalid next token") from None


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
