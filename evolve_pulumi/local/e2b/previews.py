"""What is particular to hosts of ports of E2B's sandboxes: where the token is sent, and what is said otherwise."""

from aiohttp import web

from evolve_pulumi.local.proxy import Gate, Refusal
from evolve_pulumi.local.records import Sandbox


def _refuse(refusal: Refusal, sandbox: Sandbox, port: int) -> web.Response:
    status, sentence = {
        Refusal.NO_TOKEN: (403, "Sandbox is secured with traffic access token. Token is missing"),
        Refusal.WRONG_TOKEN: (403, "Sandbox is secured with traffic access token. Token is invalid"),
        Refusal.NOT_RUNNING: (502, "The sandbox was not found"),
        Refusal.PORT_CLOSED: (502, "The sandbox is running but port is not open"),
        Refusal.BROKEN_OFF: (502, "The sandbox is running but port broke off"),
    }[refusal]
    known = {"sandboxId": sandbox.id, "message": sentence, "code": status}
    return web.json_response({**known, "port": port} if status == 502 else known, status=status)


PREVIEW_GATE = Gate("e2b-traffic-access-token", None, _refuse)
