"""E2B's errors in our terms. Everything that the SDK raises crosses this one seam."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from json import JSONDecodeError

import httpx
from e2b import (
    AuthenticationException,
    BuildException,
    FileNotFoundException,
    NotFoundException,
    SandboxException,
    SecretException,
    ServiceBusyException,
    TimeoutException,
    VolumeException,
)

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
STATUS = re.compile(r"(?P<status>[1-5][0-9]{2}): ")
"""How the SDK begins its words where it has no class for a status."""
NOT_IMPLEMENTED = 501
"""The one status from 500 on that is final."""
QUOTA = re.compile(r"maximum number of concurrent|too many concurrent|limit reached|_limit_reached", re.IGNORECASE)
TOO_LONG = re.compile(r"timeout cannot be greater|max instance length", re.IGNORECASE)
TAKEN = re.compile(r"already exists", re.IGNORECASE)
BUSY = re.compile(r"sandboxes using it|cannot delete template|being (killed|paused|deleted)|transition", re.IGNORECASE)
REFUSED = re.compile(r"sandbox_create_refused", re.IGNORECASE)

RAISED = (
    AuthenticationException,
    BuildException,
    SandboxException,
    SecretException,
    ServiceBusyException,
    VolumeException,
    httpx.HTTPError,
)
"""All that the SDK raises; its classes have no common base."""


@contextmanager
def translated(endpoint: str) -> Generator[None]:
    """Turn what the SDK raises inside into a VendorError with E2B's words and a remedy."""
    try:
        yield
    except RAISED as error:
        raise translate(error, endpoint) from error
    except (KeyError, JSONDecodeError) as error:
        # The SDK expects the body of E2B's errors, and others between here and there have their own.
        raise UnreachableError(
            f"{endpoint} answered what E2B's SDK cannot read",
            remedy="Run it again; if it stays, look at what is between here and E2B, such as a proxy.",
        ) from error


def translate(error: Exception, endpoint: str) -> VendorError:
    """Find the class by the SDK's own, by status, and where one status has several meanings, by E2B's words."""
    text = " ".join(str(error).split())[:MAX_WORDS]
    if isinstance(error, httpx.HTTPError):
        return UnreachableError(
            f"{endpoint} does not answer: {_innermost(error)}",
            remedy="Check that the endpoint is right and up (the local cloud: `evolve-pulumi local status`).",
        )
    status = _status(error, text)
    words = f"E2B answered {status}: {STATUS.sub('', text, count=1)}" if status else text
    if isinstance(error, FileNotFoundException):
        return NotFoundError(words, status=status)
    if isinstance(error, TimeoutException):
        return UnreachableError(text, remedy="If it only needs longer, raise the resource's timeouts.")
    if status and status >= 500 and status != NOT_IMPLEMENTED and not REFUSED.search(text):
        return UnreachableError(words, status=status, remedy="Run it again; if it stays, ask E2B.")
    match status:
        case 401:
            return AuthenticationError(
                words, status=status, remedy="Check E2B_API_KEY or evolve:e2bApiKey, and that it is for this endpoint."
            )
        case 403:
            return AuthenticationError(
                words, status=status, remedy="The account lacks this; volumes, for one, are in private beta at E2B."
            )
        case 404:
            return NotFoundError(words, status=status)
        case 429 if QUOTA.search(text):
            return QuotaError(
                words, status=status, remedy="Pause or destroy what is not needed, or raise the limit at E2B."
            )
        case 429:
            return RateLimitError(words, status=status, remedy="Try again later, or lower --parallel.")
        case 400 if TOO_LONG.search(text):
            return VendorError(
                words, status=status, remedy="Give less `timeout_minutes`, or a definition a shorter `lifetime`."
            )
        case 400 | 409 if TAKEN.search(text):
            return NameTakenError(
                words, status=status, remedy="Choose another name, or leave it out for an automatic one."
            )
        case 400 if BUSY.search(text):
            return BusyError(words, status=status, remedy="Run it again when the sandboxes are gone.")
        case 409:
            return BusyError(words, status=status, remedy="Run it again when the change is through.")
        case _:
            return VendorError(words, status=status)


def _status(error: Exception, text: str) -> int | None:
    if isinstance(error, NotFoundException):
        return 404
    if isinstance(error, SandboxException) and error.status_code:
        return error.status_code
    found = STATUS.match(text)
    return int(found["status"]) if found else None


def _innermost(error: Exception) -> str:
    """What the operating system said, without the layers that the transport's sentence begins with."""
    return " ".join(str(error).split())[:MAX_WORDS].rpartition(": ")[2] or type(error).__name__
