"""What is particular to Daytona's preview URLs: where the token is sent, and what is said to who does not get in."""

from aiohttp import web

from evolve_pulumi.local.proxy import Gate, Refusal
from evolve_pulumi.local.records import Sandbox

HEADER, QUERY = "x-daytona-preview-token", "DAYTONA_SANDBOX_AUTH_KEY"


def _refuse(refusal: Refusal, sandbox: Sandbox, port: int) -> web.Response:
    name = sandbox.name
    status, sentence = {
        Refusal.NO_TOKEN: (
            401,
            f"Sandbox {name} is not public: send its preview token in the header {HEADER} or the query"
            f" field {QUERY}, or make the sandbox public.",
        ),
        Refusal.WRONG_TOKEN: (403, f"This is not the token of sandbox {name}; each start makes a new one."),
        Refusal.NOT_RUNNING: (503, f"Sandbox {name} is {sandbox.state}; start it to see its ports."),
        Refusal.PORT_CLOSED: (502, f"Nothing listens on port {port} of sandbox {name}."),
        Refusal.BROKEN_OFF: (502, f"Port {port} of sandbox {name} broke off."),
    }[refusal]
    return web.Response(status=status, text=sentence + "\n")


PREVIEW_GATE = Gate(HEADER, QUERY, _refuse, miss=lambda _: None)
