"""Refusals as answers: which words and statuses they have is the vendor's."""

from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from evolve_pulumi.local.keys import Handler


def worded(answer: Callable[[Exception, web.Request], web.Response | None]) -> Middleware:
    """A middleware that answers every refusal in a vendor's words; None is a fault of ours, and goes on as it is."""

    @web.middleware
    async def in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Exception as error:
            known = answer(error, request)
            if known is None:
                raise
            return known

    return in_words
