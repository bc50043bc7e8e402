"""Daytona's rate limits: which call counts for which throttler, and what is said of it."""

from aiohttp import web
from aiohttp.typedefs import Middleware

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.keys import Handler
from evolve_pulumi.local.limits import Taken, Throttler

LIFECYCLE = {f"{verb}_sandbox" for verb in ("start", "stop", "pause", "archive", "recover", "resize", "delete")}


def throttled(cloud: Cloud) -> Middleware:
    """A middleware that counts calls by the cloud's limits, and refuses those that are too many."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        throttler = _throttler(getattr(request.match_info.handler, "__name__", ""))
        taken = cloud.limits.count_call(throttler, cloud.clock())
        if taken is None:
            return await handler(request)
        headers = _headers(throttler, taken)
        if taken.too_many:
            body = {"statusCode": 429, "message": "Rate limit exceeded", "error": "Too Many Requests"}
            return web.json_response(body, status=429, headers=headers)
        response = await handler(request)
        response.headers.update(headers)
        return response

    return count


def _throttler(operation: str) -> Throttler:
    if operation == "create_sandbox":
        return "sandbox-create"
    return "sandbox-lifecycle" if operation in LIFECYCLE else "general"


def _headers(throttler: Throttler, taken: Taken) -> dict[str, str]:
    name = "authenticated" if throttler == "general" else throttler
    told = {"Limit": taken.allowed, "Remaining": max(taken.left, 0), "Reset": taken.seconds}
    headers = {f"X-RateLimit-{word}-{name}": str(number) for word, number in told.items()}
    return {**headers, f"Retry-After-{name}": str(taken.seconds)} if taken.too_many else headers
