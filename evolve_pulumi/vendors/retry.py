"""Trying again where that is safe and can help, and waiting. Nothing else in the project does either."""

import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

from evolve_pulumi.errors import BusyError, RateLimitError, UnreachableError

T = TypeVar("T")

UNREACHABLE_ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.05
LAST_PAUSE_SECONDS = 1.0
LATE_SECONDS = 30.0
"""How long the vendor may go on with a call that was given up here."""
_JITTER = tenacity.wait_random_exponential(multiplier=0.25, max=8)


def patiently(call: Callable[[], T], timeout_seconds: float) -> T:
    """Call something that may be replayed, again while the vendor asks for patience.

    A busy object and a rate limit are waited for until the time is over, as long as the vendor says where it says
    so; a missing answer is tried a few times. The last error is raised as it came.
    """

    def give_up(state: tenacity.RetryCallState) -> bool:
        error = state.outcome and state.outcome.exception()
        out_of_time = (state.seconds_since_start or 0) + state.upcoming_sleep > timeout_seconds
        return out_of_time or (isinstance(error, UnreachableError) and state.attempt_number >= UNREACHABLE_ATTEMPTS)

    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((BusyError, RateLimitError, UnreachableError)),
        wait=_wait,
        stop=give_up,
        reraise=True,
    )
    return attempts(call)


def wait_until(done: Callable[[], bool], deadline: float) -> bool:
    """Ask until it is so, or until the deadline, by the monotonic clock; whether it is so."""
    pause = FIRST_PAUSE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 2, LAST_PAUSE_SECONDS)
    return True


def made_after_all(look: Callable[[], T | None], error: Exception, deadline: float) -> T | None:
    """What a call has made that failed; None where it made nothing.

    Where the time was over before an answer came, the vendor may still be at it, so that one look is too early.
    """
    given_up = isinstance(error, UnreachableError) and time.monotonic() >= deadline
    found: list[T | None] = []

    def is_there() -> bool:
        found.append(look())
        return found[-1] is not None

    wait_until(is_there, time.monotonic() + (LATE_SECONDS if given_up else 0))
    return found[-1]


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome and state.outcome.exception()
    told = error.retry_after_seconds if isinstance(error, RateLimitError) else None
    return max(told or 0.0, _JITTER(state))
