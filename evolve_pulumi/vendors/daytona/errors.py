"""Daytona's errors in our terms. Everything that the SDK raises crosses this one seam."""

import json
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import urllib3
from daytona import DaytonaError
from daytona.common.errors import DaytonaConnectionError, DaytonaTimeoutError
from daytona_api_client import ApiException

from evolve_pulumi.errors import (
    AuthenticationError,
    BusyError,
    NameTakenError,
    NotFoundError,
    QuotaError,
    RateLimitError,
    UnreachableError,
    VendorError,
)

MAX_WORDS = 600
"""Bodies of broken answers may be whole pages."""

NOT_IMPLEMENTED = 501
"""The one status from 500 on that is final."""
QUOTA = re.compile(r"limit exceeded|quota exceeded|exceeds maximum", re.IGNORECASE)
TAKEN = re.compile(r"already exists", re.IGNORECASE)
BUSY = re.compile(r"state change in progress|is not in a ready state|in use by one or more sandboxes", re.IGNORECASE)


@contextmanager
def translated(endpoint: str) -> Generator[None]:
    """Turn what the SDK raises inside into a VendorError with Daytona's words and a remedy."""
    try:
        yield
    except DaytonaError as error:
        raise translate(error, endpoint) from error
    except ApiException as error:
        # A few methods of the SDK let its generated client's errors through.
        raise translate(_as_the_others(error), endpoint) from error
    except httpx.HTTPError as error:
        # So do those that stream files.
        raise translate(_caused_by(error), endpoint) from error


def translate(error: DaytonaError, endpoint: str) -> VendorError:
    """Find the class by status, and where one status has several meanings, by Daytona's words."""
    status = error.status_code or _status_of_cause(error)
    text = " ".join(str(error).split())[:MAX_WORDS]
    words = f"Daytona answered {status}: {text}" if status else text
    if isinstance(error, DaytonaTimeoutError) and "exceeded timeout" in text:
        return UnreachableError(text, remedy="If it only needs longer, raise the resource's timeouts.")
    if status is None and _is_transport(error):
        return UnreachableError(
            f"{endpoint} does not answer: {_innermost(error)}",
            remedy="Check that the endpoint is right and up (the local cloud: `evolve-pulumi local status`).",
        )
    if status and status >= 500 and status != NOT_IMPLEMENTED:
        return UnreachableError(words, status=status, remedy="Run it again; if it stays, ask Daytona.")
    match status:
        case 401:
            return AuthenticationError(
                words,
                status=status,
                remedy="Check DAYTONA_API_KEY or evolve:daytonaApiKey, and that it is for this endpoint.",
            )
        case 403:
            return AuthenticationError(words, status=status, remedy="The key lacks a permission that this needs.")
        case 404:
            return NotFoundError(words, status=status)
        case 429:
            return RateLimitError(
                words,
                status=status,
                retry_after_seconds=_retry_after(error),
                remedy="Try again later, or lower --parallel.",
            )
        case 400 | 409 if BUSY.search(text):
            return BusyError(words, status=status, remedy="Run it again when the change is through.")
        case 400 | 409 if TAKEN.search(text):
            return NameTakenError(
                words, status=status, remedy="Choose another name, or leave it out for an automatic one."
            )
        case 400 if QUOTA.search(text):
            return QuotaError(words, status=status, remedy="Free what is not needed, or raise the limit at Daytona.")
        case _:
            return VendorError(words, status=status)


def _as_the_others(error: Any) -> DaytonaError:
    """From an ApiException, which has no types."""
    try:
        words = json.loads(error.body or "")["message"]
    except (ValueError, LookupError, TypeError):
        words = error.reason
    return DaytonaError(str(words), status_code=error.status, headers=error.headers)


def _caused_by(error: httpx.HTTPError) -> DaytonaError:
    """An error of the SDK's with another one's words."""
    wrapped = DaytonaError(str(error))
    wrapped.__cause__ = error
    return wrapped


def _status_of_cause(error: DaytonaError) -> int | None:
    """The status that the SDK has not taken over from its transport."""
    return next(
        (cause.response.status_code for cause in _causes(error) if isinstance(cause, httpx.HTTPStatusError)), None
    )


def _is_transport(error: DaytonaError) -> bool:
    """Whether no answer came; the SDK leaves connections that were refused without a class of their own."""
    return isinstance(error, DaytonaConnectionError | DaytonaTimeoutError) or any(
        isinstance(cause, urllib3.exceptions.HTTPError | httpx.TransportError) for cause in _causes(error)
    )


def _innermost(error: DaytonaError) -> str:
    """What the operating system said, without the layers around it."""
    *_, last = (error, *_causes(error))
    return (isinstance(last, OSError) and last.strerror) or " ".join(str(last).split())[:MAX_WORDS]


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or error.__context__
    if cause:
        yield cause
        yield from _causes(cause)


def _retry_after(error: DaytonaError) -> float | None:
    """Daytona names the throttler in the header: `Retry-After-sandbox-create`."""
    seconds = [
        float(value)
        for name, value in error.headers.items()
        if name.lower().startswith("retry-after") and str(value).isdigit()
    ]
    return max(seconds, default=None)
