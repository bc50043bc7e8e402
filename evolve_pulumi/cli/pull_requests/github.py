"""GitHub's API, as far as it is needed: a pull request's comments and labels."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from evolve_pulumi.errors import (
    AuthenticationError,
    EvolveError,
    NotFoundError,
    RateLimitError,
    UnreachableError,
    VendorError,
)
from evolve_pulumi.vendors.retry import patiently

CALL_SECONDS = 30
PATIENCE_SECONDS = 60
PAGE = 100
REMEDY = "The workflow needs `permissions: pull-requests: write`."
T = TypeVar("T")


class User(BaseModel):
    """Who wrote something."""

    login: str
    type: str = ""
    """Bot, for what an app wrote, as a workflow's token is."""


class Comment(BaseModel):
    """A comment on a pull request."""

    url: str
    body: str | None
    user: User | None


COMMENTS = TypeAdapter(list[Comment])


class Conversation:
    """What is said on a pull request.

    Args:
        api_url: Where the API is.
        token: What it is used with.
        repository: `owner/name`.
        number: The pull request's.
    """

    def __init__(self, api_url: str, token: str, repository: str, number: int) -> None:
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._api_url = api_url
        self._issue = f"{api_url}/repos/{repository}/issues/{number}"

    def publish(self, marker: str, body: str, *, only_edit: bool = False) -> None:
        """Make it the comment of ours that begins with the marker: the one that is there, or a new one.

        Raises an error of `evolve_pulumi.errors`. All of it is tried again, so that a comment whose answer was lost is
        found and not made twice.
        """

        def write() -> None:
            found = self._ours(marker)
            if found:
                self._call("PATCH", found.url, {"body": body})
            elif not only_edit:
                self._call("POST", f"{self._issue}/comments", {"body": body})

        patiently(write, PATIENCE_SECONDS)

    def remove_label(self, name: str) -> None:
        """Take a label off, where it is on."""

        def remove() -> None:
            try:
                self._call("DELETE", f"{self._issue}/labels/{quote(name, safe='')}")
            except NotFoundError:
                return

        patiently(remove, PATIENCE_SECONDS)

    def _ours(self, marker: str) -> Comment | None:
        """Anybody can write the marker, and could change later what we put into a comment of theirs."""
        login = self._login()

        def is_ours(user: User) -> bool:
            return user.login == login if login else user.type == "Bot"

        return next(
            (
                comment
                for comment in self._comments()
                if (comment.body or "").startswith(marker) and comment.user and is_ours(comment.user)
            ),
            None,
        )

    def _login(self) -> str | None:
        """Who the token is; None for an app's, as a workflow's is, which GitHub does not tell."""
        try:
            return _parsed(User.model_validate_json, self._call("GET", f"{self._api_url}/user")).login
        except VendorError as error:
            if error.status == HTTPStatus.FORBIDDEN:
                return None
            raise

    def _comments(self) -> Iterator[Comment]:
        page: str | None = f"{self._issue}/comments?per_page={PAGE}"
        while page:
            answer = self._call("GET", page)
            yield from _parsed(COMMENTS.validate_json, answer)
            page = answer.links.get("next", {}).get("url")

    def _call(self, method: str, url: str, body: Any = None) -> httpx.Response:
        try:
            answer = httpx.request(method, url, headers=self._headers, json=body, timeout=CALL_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise UnreachableError(f"GitHub: {type(error).__name__}: {error}") from None
        if not answer.is_success:
            raise _error(answer)
        return answer


def _parsed(validate: Callable[[bytes], T], answer: httpx.Response) -> T:
    try:
        return validate(answer.content)
    except ValidationError:
        raise VendorError(f"GitHub answered {answer.request.url} with something else than expected") from None


def _error(answer: httpx.Response) -> EvolveError:
    status = answer.status_code
    words = f"GitHub answered {status} to {answer.request.method} {answer.request.url.path}"
    wait = answer.headers.get("retry-after", "")
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.FORBIDDEN and wait):
        return RateLimitError(words, status=status, retry_after_seconds=float(wait) if wait.isdigit() else None)
    if answer.is_server_error:
        return UnreachableError(words, status=status)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return AuthenticationError(words, remedy=REMEDY, status=status)
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError(words, remedy=REMEDY, status=status)
    return VendorError(words, status=status)
