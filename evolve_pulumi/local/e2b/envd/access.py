"""Who may reach the inside of a sandbox, which sandbox that is, and as which of its users."""

import base64
import binascii
import hashlib
import hmac
import posixpath
from typing import Literal

from aiohttp import hdrs, web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.bodies import VENDOR
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.errors import CloudError
from evolve_pulumi.local.keys import Key
from evolve_pulumi.local.records import Sandbox

SANDBOX = "E2b-Sandbox-Id"
TOKEN = "X-Access-Token"
ADMINISTRATOR = "root"
"""A name that every sandbox takes, though all its processes run as the one user it has."""


class GoneError(E2BError):
    """The sandbox does not run, as E2B's proxy puts it; the SDK goes by these words."""

    def __init__(self, sandbox_id: str) -> None:
        super().__init__(502, "The sandbox was not found")
        self._sandbox_id = sandbox_id

    def response(self) -> web.Response:
        """The answer as E2B writes it."""
        body = {"sandboxId": self._sandbox_id, "message": self.message, "code": self.status}
        return web.json_response(body, status=self.status)


class Access:
    """The way into the sandboxes of a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def running(self, request: web.Request) -> Sandbox:
        """The sandbox that a request means, woken where requests do that; raises GoneError where it does not run."""
        return await self._running(request.headers.get(SANDBOX, ""))

    async def admit(self, request: web.Request) -> Sandbox:
        """The sandbox that a request means and has the token of; raises E2BError."""
        sandbox = await self.running(request)
        if not Key(sandbox.inner_token).matches(request.headers.get(TOKEN, "")):
            raise E2BError(
                401, "unauthorized access, please provide a valid access token or method signing if supported"
            )
        _check_user(sandbox, _user(request))
        return sandbox

    async def admit_to_file(self, request: web.Request, operation: Literal["read", "write"]) -> Sandbox:
        """The same for a request that may be signed instead of having the token."""
        if TOKEN in request.headers:
            sandbox = await self.admit(request)
        else:
            sandbox = await self._running(request.headers.get(SANDBOX) or self._signer(request, operation))
            self._check_signature(request, sandbox, operation)
        _check_user(sandbox, request.query.get("username"))
        return sandbox

    def path(self, sandbox: Sandbox, path: str) -> str:
        """An absolute path for one that may begin at the user's home or be relative to where processes start."""
        if path == "~" or path.startswith("~/"):
            path = self._cloud.home(sandbox) + path[1:]
        elif path.startswith("~"):
            raise E2BError(400, f"cannot expand user-specific home dir: {path}")
        return posixpath.normpath(posixpath.join(self._cloud.workdir(sandbox), path))

    async def _running(self, sandbox_id: str) -> Sandbox:
        sandbox = self._cloud.find(sandbox_id)
        if sandbox is None or sandbox.vendor != VENDOR:
            raise GoneError(sandbox_id)
        try:
            await self._cloud.wake(sandbox)
            self._cloud.guest(sandbox)
        except CloudError:
            raise GoneError(sandbox_id) from None
        return sandbox

    def _signer(self, request: web.Request, operation: str) -> str:
        """The sandbox whose token signed a URL: such a URL does not name it where all share one host."""
        for sandbox in self._cloud.sandboxes():
            if sandbox.vendor == VENDOR and _signed(request, sandbox, operation):
                return sandbox.id
        raise E2BError(
            401, "invalid signature" if "signature" in request.query else "missing signature query parameter"
        )

    def _check_signature(self, request: web.Request, sandbox: Sandbox, operation: str) -> None:
        if "signature" not in request.query:
            raise E2BError(401, "missing signature query parameter")
        if not _signed(request, sandbox, operation):
            raise E2BError(401, "invalid signature")
        expiration = request.query.get("signature_expiration")
        if expiration and int(expiration) < self._cloud.clock().timestamp():
            raise E2BError(401, "signature is already expired")


def _signed(request: web.Request, sandbox: Sandbox, operation: str) -> bool:
    """Whether a URL was signed with a sandbox's token."""
    query = request.query
    words = [query.get("path", ""), operation, query.get("username", ""), sandbox.inner_token]
    if expiration := query.get("signature_expiration"):
        words.append(expiration)
    digest = base64.b64encode(hashlib.sha256(":".join(words).encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(query.get("signature", "").encode(), b"v1_" + digest)


def _user(request: web.Request) -> str | None:
    """The user that a call is for, sent like one that logs in without a password."""
    scheme, _, encoded = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme != "Basic":
        return None
    try:
        return base64.b64decode(encoded).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        raise E2BError(401, "invalid authorization header") from None


def _check_user(sandbox: Sandbox, name: str | None) -> None:
    if name and name not in (sandbox.user, ADMINISTRATOR):
        raise E2BError(401, f"invalid username: '{name}'")
