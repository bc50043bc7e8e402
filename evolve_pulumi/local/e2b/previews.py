"""What is particular to hosts of ports of E2B's sandboxes: where the token is sent, and what is said otherwise."""

from aiohttp import web

from evolve_pulumi.local.e2b.bodies import ID
from evolve_pulumi.local.proxy import Gate, Refusal
from evolve_pulumi.local.records import Sandbox

GONE = "The sandbox was not found"


def _refuse(refusal: Refusal, sandbox: Sandbox, port: int) -> web.Response:
    match refusal:
        case Refusal.NO_TOKEN:
            return _answer(403, sandbox.id, "Sandbox is secured with traffic access token. Token is missing")
        case Refusal.WRONG_TOKEN:
            return _answer(403, sandbox.id, "Sandbox is secured with traffic access token. Token is invalid")
        case Refusal.NOT_RUNNING:
            return _answer(502, sandbox.id, GONE)
        case Refusal.PORT_CLOSED:
            return _answer(502, sandbox.id, "The sandbox is running but port is not open", port=port)
        case Refusal.BROKEN_OFF:
            return _answer(502, sandbox.id, "The sandbox is running but port broke off", port=port)


def _miss(name: str) -> web.Response | None:
    return _answer(502, name, GONE) if ID.fullmatch(name) else None


def _answer(status: int, sandbox: str, sentence: str, **more: int) -> web.Response:
    return web.json_response({"sandboxId": sandbox, "message": sentence, "code": status, **more}, status=status)


PREVIEW_GATE = Gate("e2b-traffic-access-token", None, _refuse, _miss)
