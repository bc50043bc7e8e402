"""E2B's rate limits: which call counts for which throttler, and what is said of it."""

from aiohttp.typedefs import Middleware

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.limits import Taken, Throttler
from evolve_pulumi.local.throttling import throttled

CREATES = {"post_sandboxes", "post_v2_sandboxes"}
REFUSAL: dict[str, object] = {"code": 429, "message": "Rate limit exceeded"}


def throttling(cloud: Cloud) -> Middleware:
    """A middleware that counts calls, and refuses those that are too many."""
    return throttled(cloud, _throttler, _headers, REFUSAL)


def _throttler(operation: str) -> Throttler:
    return "sandbox-create" if operation in CREATES else "general"


def _headers(_: Throttler, taken: Taken) -> dict[str, str]:
    told = {"Limit": taken.allowed, "Remaining": max(taken.left, 0), "Reset": taken.seconds}
    headers = {f"RateLimit-{word}": str(number) for word, number in told.items()}
    return {**headers, "Retry-After": str(taken.seconds)} if taken.too_many else headers
