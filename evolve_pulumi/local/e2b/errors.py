"""E2B's error bodies, and which of the cloud's refusals become which."""

import json

from aiohttp import web
from pydantic import ValidationError

from evolve_pulumi.local import errors
from evolve_pulumi.local.guest import GuestLostError
from evolve_pulumi.local.refusals import worded

_TOO_MANY = (
    "you have reached the maximum number of concurrent E2B sandboxes ({}). Kill or pause some, or raise the limit of"
    " the local cloud"
)


class E2BError(Exception):
    """An error in E2B's words; `error_code` tells apart what has the same status."""

    def __init__(self, status: int, message: str, error_code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.error_code = status, message, error_code

    def response(self) -> web.Response:
        """The answer as E2B writes it."""
        body: dict[str, object] = {"code": self.status, "message": self.message}
        if self.error_code:
            body["error_code"] = self.error_code
        return web.json_response(body, status=self.status)


def translate(error: Exception) -> E2BError | None:
    """What E2B says where the cloud refuses; None is a fault of ours."""
    match error:
        case E2BError():
            return error
        case errors.NotFoundError():
            return E2BError(404, str(error))
        case errors.BusyError():
            return E2BError(409, str(error))
        case errors.QuotaExceededError(quota="running"):
            return E2BError(429, _TOO_MANY.format(error.most))
        case errors.LaunchFailedError():
            return E2BError(500, str(error))
        case errors.AbsentError():
            return E2BError(501, str(error))
        case errors.CloudError():
            return E2BError(400, str(error))
        case GuestLostError():
            return E2BError(502, "The sandbox was not found")
        case ValidationError():
            problems = error.errors(include_url=False, include_input=False)
            return E2BError(400, ", ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems))
        case json.JSONDecodeError() | UnicodeDecodeError():
            return E2BError(400, f"The body is not JSON: {error}")
        case web.HTTPException():
            return E2BError(error.status, error.reason)
        case _:
            return None


def _answer(error: Exception, _request: web.Request) -> web.Response | None:
    known = translate(error)
    return known and known.response()


in_e2bs_words = worded(_answer)
"""A middleware that answers every refusal with the body that E2B's SDK expects."""
