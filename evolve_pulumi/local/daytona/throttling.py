"""Daytona's rate limits: which call counts for which throttler, and what is said of it."""

from aiohttp.typedefs import Middleware

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.limits import Taken, Throttler
from evolve_pulumi.local.throttling import throttled

LIFECYCLE = {f"{verb}_sandbox" for verb in ("start", "stop", "pause", "archive", "recover", "resize", "delete")}
REFUSAL: dict[str, object] = {"statusCode": 429, "message": "Rate limit exceeded", "error": "Too Many Requests"}


def throttling(cloud: Cloud) -> Middleware:
    """A middleware that counts calls, and refuses those that are too many."""
    return throttled(cloud, _throttler, _headers, REFUSAL)


def _throttler(operation: str) -> Throttler:
    if operation == "create_sandbox":
        return "sandbox-create"
    return "sandbox-lifecycle" if operation in LIFECYCLE else "general"


def _headers(throttler: Throttler, taken: Taken) -> dict[str, str]:
    name = "authenticated" if throttler == "general" else throttler
    told = {"Limit": taken.allowed, "Remaining": max(taken.left, 0), "Reset": taken.seconds}
    headers = {f"X-RateLimit-{word}-{name}": str(number) for word, number in told.items()}
    return {**headers, f"Retry-After-{name}": str(taken.seconds)} if taken.too_many else headers
