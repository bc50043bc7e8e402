"""Rate limits on a vendor's calls: which counts for which throttler, and what is said of it, is the vendor's."""

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.keys import Handler
from evolve_pulumi.local.limits import Taken, Throttler


def throttled(
    cloud: Cloud,
    throttler_of: Callable[[str], Throttler],
    headers: Callable[[Throttler, Taken], dict[str, str]],
    refusal: dict[str, object],
) -> Middleware:
    """A middleware that counts calls by the cloud's limits, and answers those that are too many with a body.

    `throttler_of` takes the operation's name; `headers` are added to every answer that was counted.
    """

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        throttler = throttler_of(getattr(request.match_info.handler, "__name__", ""))
        taken = cloud.limits.count_call(throttler, cloud.clock())
        if taken is None:
            return await handler(request)
        added = headers(throttler, taken)
        if taken.too_many:
            return web.json_response(refusal, status=429, headers=added)
        response = await handler(request)
        response.headers.update(added)
        return response

    return count
