"""Daytona's answers in our terms; texts and statuses are from its API, written down by hand."""

import inspect

import pytest
from daytona import DaytonaError
from daytona.common import errors as sdk

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
from evolve_pulumi.vendors.daytona.errors import MAX_WORDS, translate

ENDPOINT = "https://sandboxes.example/api"


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        (400, "Snapshot nowhere not found. Did you add it through the Daytona Dashboard?", VendorError),
        (400, "Total CPU limit exceeded. Maximum allowed: 10", QuotaError),
        (400, "CPU request 9 exceeds maximum allowed per sandbox (4)", QuotaError),
        (400, "Snapshot quota exceeded. Maximum allowed: 100", QuotaError),
        (400, "Volume with name data already exists", NameTakenError),
        (400, "Volume 'data' is not in a ready state. Current state: pending_create", BusyError),
        (401, "Invalid credentials", AuthenticationError),
        (403, "Insufficient permissions", AuthenticationError),
        (404, "Sandbox with ID or name x not found", NotFoundError),
        (409, "Sandbox with name web already exists", NameTakenError),
        (409, "Sandbox state change in progress", BusyError),
        (409, "Volume is in use by one or more sandboxes (e.g. web)", BusyError),
        (422, "Pause is not supported for this sandbox class", VendorError),
        (429, "Rate limit exceeded", RateLimitError),
        (500, "Internal server error", UnreachableError),
        (502, "Bad gateway", UnreachableError),
        (503, "No available runners", UnreachableError),
        (504, "Gateway timeout", UnreachableError),
    ],
)
def test_an_answer_becomes(status: int, words: str, expected: type[VendorError]) -> None:
    error = translate(DaytonaError(words, status_code=status), ENDPOINT)
    assert type(error) is expected
    assert (error.status, error.words) == (status, f"Daytona answered {status}: {words}")
    assert error.remedy or expected in (VendorError, NotFoundError)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After-sandbox-create": "7"}, 7),
        ({"retry-after": "3"}, 3),
        ({"Retry-After-authenticated": "2", "Retry-After-sandbox-create": "9"}, 9),
        ({"X-RateLimit-Reset-authenticated": "60"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
    ],
)
def test_the_time_to_wait_is_the_throttlers(headers: dict[str, str], seconds: float | None) -> None:
    error = translate(DaytonaError("Rate limit exceeded", status_code=429, headers=headers), ENDPOINT)
    assert error.retry_after_seconds == seconds


def test_no_answer_at_all_names_the_endpoint_and_the_innermost_reason() -> None:
    error = sdk.DaytonaConnectionError("HTTPConnectionPool(host=…): Max retries exceeded")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    translated = translate(error, ENDPOINT)
    assert type(translated) is UnreachableError
    assert translated.words == f"{ENDPOINT} does not answer: Connection refused"


def test_a_page_instead_of_an_answer_is_cut() -> None:
    assert len(translate(DaytonaError("<html>" * 1000, status_code=502), ENDPOINT).words) < MAX_WORDS + 50


def test_every_error_class_of_the_sdk_has_a_place() -> None:
    """A class that a later SDK adds for answers without a status would slip past the match."""
    classes = [item for _, item in inspect.getmembers(sdk, inspect.isclass) if issubclass(item, DaytonaError)]
    assert len(classes) > 20
    for item in classes:
        unanswered = issubclass(item, sdk.DaytonaConnectionError | sdk.DaytonaTimeoutError)
        assert type(translate(item("words"), ENDPOINT)) is (UnreachableError if unanswered else VendorError), item
