"""What is tried again, and for how long."""

import time
from collections.abc import Callable

import pytest

from evolve_pulumi.errors import BusyError, NameTakenError, QuotaError, RateLimitError, UnreachableError, VendorError
from evolve_pulumi.vendors.retry import UNREACHABLE_ATTEMPTS, patiently


def failing(times: int, error: VendorError) -> tuple[Callable[[], str], list[float]]:
    """A call that fails a number of times, and the times at which it was made."""
    made: list[float] = []

    def call() -> str:
        made.append(time.monotonic())
        if len(made) <= times:
            raise error
        return "done"

    return call, made


@pytest.mark.parametrize("error", [BusyError("b"), RateLimitError("r"), UnreachableError("u")])
def test_what_may_pass_is_tried_again(error: VendorError) -> None:
    call, made = failing(2, error)
    assert patiently(call, timeout_seconds=30) == "done"
    assert len(made) == 3


@pytest.mark.parametrize("error", [QuotaError("q"), NameTakenError("n"), VendorError("v")])
def test_what_will_not_pass_is_raised_at_once(error: VendorError) -> None:
    call, made = failing(1, error)
    with pytest.raises(type(error)):
        patiently(call, timeout_seconds=30)
    assert len(made) == 1


def test_a_missing_answer_is_given_up_after_a_few_attempts() -> None:
    call, made = failing(100, UnreachableError("u"))
    with pytest.raises(UnreachableError):
        patiently(call, timeout_seconds=60)
    assert len(made) == UNREACHABLE_ATTEMPTS


def test_the_vendors_time_is_waited_for() -> None:
    call, made = failing(1, RateLimitError("r", retry_after_seconds=1))
    patiently(call, timeout_seconds=30)
    assert made[1] - made[0] >= 1


def test_a_wait_that_would_outlast_the_time_is_not_begun() -> None:
    call, made = failing(1, RateLimitError("r", retry_after_seconds=60))
    with pytest.raises(RateLimitError):
        patiently(call, timeout_seconds=5)
    assert len(made) == 1
