"""Preview URLs: HTTP and WebSockets, passed on to a port of a sandbox's own loopback."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

import aiohttp
from aiohttp import hdrs, web
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.errors import CloudError
from evolve_pulumi.local.guest import GuestLostError
from evolve_pulumi.local.keys import Key
from evolve_pulumi.local.records import Sandbox

HOST = re.compile(r"(?P<port>[0-9]{1,5})-(?P<sandbox>[a-z0-9-]+)\.localhost(:[0-9]+)?", re.IGNORECASE)
"""A port, and a sandbox's id or the token of a signed preview."""
HOP_BY_HOP = {
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
ADDED_BY_CLIENTS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that our client would invent where a request has none."""
LOOK_UP_SECONDS = 5
"""How often it is looked at whether anybody still reads a stream that is silent."""


class Refusal(Enum):
    """Why a request does not reach a port of a sandbox that is there."""

    NO_TOKEN = auto()
    WRONG_TOKEN = auto()
    NOT_RUNNING = auto()
    PORT_CLOSED = auto()
    BROKEN_OFF = auto()


@dataclass(frozen=True)
class Gate:
    """A vendor's previews: the names its clients send the token of one under that is not public, and its words.

    `refuse` answers a request by why it is refused, and the sandbox and port that it was for; `miss` answers one for a
    name that no sandbox has, where it looks like the vendor's.
    """

    header: str
    query: str | None
    refuse: Callable[[Refusal, Sandbox, int], web.Response]
    miss: Callable[[str], web.Response | None]


class PreviewError(Exception):
    """A request that does not reach a sandbox."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


class Previews:
    """The preview URLs of all sandboxes of a cloud; `gates` has one for each vendor."""

    def __init__(self, cloud: Cloud, key: Key, gates: Mapping[str, Gate]) -> None:
        self._cloud = cloud
        self._key = key
        self._gates = gates
        self._client = aiohttp.ClientSession(
            connector=_Inside(cloud),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            skip_auto_headers=ADDED_BY_CLIENTS,
        )

    async def close(self) -> None:
        """Give up all connections into sandboxes."""
        await self._client.close()

    async def serve(self, request: web.Request, address: re.Match[str]) -> web.StreamResponse:
        """Pass a request on to the sandbox and port that its Host names."""
        name, port = address["sandbox"].lower(), int(address["port"])
        signed = self._cloud.signed(port, name)
        sandbox = signed or self._cloud.find(name)
        if sandbox is None:
            return self._miss(name)
        try:
            if signed is None and not sandbox.public:
                self._check(request, sandbox)
            await self._wake(sandbox)
            return await self._pass_on(request, sandbox, port)
        except PreviewError as error:
            return self._gates[sandbox.vendor].refuse(error.refusal, sandbox, port)

    def _miss(self, name: str) -> web.Response:
        for gate in self._gates.values():
            if (answer := gate.miss(name)) is not None:
                return answer
        sentence = f"There is no sandbox {name} in this local cloud, and no signed URL of this port that is valid.\n"
        return web.Response(status=404, text=sentence)

    def _check(self, request: web.Request, sandbox: Sandbox) -> None:
        """Whether a request may see a sandbox that is not public; raises PreviewError."""
        gate = self._gates[sandbox.vendor]
        shown = request.headers.get(gate.header) or (gate.query and request.query.get(gate.query))
        if not self._key.opens(request) and not (shown and Key(sandbox.token).matches(shown)):
            raise PreviewError(Refusal.WRONG_TOKEN if shown else Refusal.NO_TOKEN)

    async def _wake(self, sandbox: Sandbox) -> None:
        """See to it that a sandbox runs; raises PreviewError."""
        try:
            await self._cloud.wake(sandbox)
            self._cloud.guest(sandbox)
        except CloudError:
            raise PreviewError(Refusal.NOT_RUNNING) from None

    async def _pass_on(self, request: web.Request, sandbox: Sandbox, port: int) -> web.StreamResponse:
        gate = self._gates[sandbox.vendor]
        path = _without(request.raw_path, gate.query) if gate.query else request.raw_path
        url = URL(f"http://{sandbox.id}:{port}{path}", encoded=True)
        headers = _forwarded(request, self._key, gate)
        if sandbox.shown_host:
            headers[hdrs.HOST] = sandbox.shown_host.replace("${PORT}", str(port))
        try:
            if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
                return await self._pass_on_socket(request, url, headers)
            return await self._pass_on_request(request, url, headers)
        except aiohttp.ClientConnectorError:
            raise PreviewError(Refusal.PORT_CLOSED) from None
        except (aiohttp.ClientError, GuestLostError) as error:
            raise PreviewError(Refusal.BROKEN_OFF) from error

    async def _pass_on_request(self, request: web.Request, url: URL, headers: CIMultiDict[str]) -> web.StreamResponse:
        body = request.content if request.can_read_body else None
        async with self._client.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            response = web.StreamResponse(
                status=answer.status, reason=answer.reason, headers=_end_to_end(answer.headers)
            )
            await response.prepare(request)
            try:
                async for data in _while_read(request, answer):
                    await response.write(data)
            except aiohttp.ClientError:
                # A body that was cut short must not look whole.
                if request.transport:
                    request.transport.abort()
                return response
            await response.write_eof()
            return response

    async def _pass_on_socket(self, request: web.Request, url: URL, headers: CIMultiDict[str]) -> web.StreamResponse:
        offered = [word.strip() for word in request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(",") if word]
        for name in [name for name in headers if name.lower().startswith("sec-websocket-")]:
            headers.popall(name, None)
        async with self._client.ws_connect(url, headers=headers, protocols=offered, max_msg_size=0) as inside:
            chosen = [inside.protocol] if inside.protocol else []
            outside = web.WebSocketResponse(protocols=chosen, max_msg_size=0)
            await outside.prepare(request)
            await asyncio.gather(_relay(inside, outside), _relay(outside, inside))
            return outside


class _Inside(aiohttp.BaseConnector):
    """Connects by way of the agent: the host of a URL is a sandbox's id.

    `_create_connection` is what aiohttp's own connectors override too; a test notices when that changes.
    """

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(limit=0)
        self._cloud = cloud

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: object, timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        del traces, timeout
        sandbox = self._cloud.find(req.url.host or "")
        if sandbox is None:
            raise GuestLostError("The sandbox is gone")
        try:
            connection = await self._cloud.guest(sandbox).dial(req.url.port or 80)
        except OSError as error:
            raise aiohttp.ClientConnectorError(req.connection_key, error) from error
        _, protocol = await self._loop.create_connection(self._factory, sock=connection)
        return protocol


def _forwarded(request: web.Request, key: Key, gate: Gate) -> CIMultiDict[str]:
    """The headers a sandbox gets to see: without what opened the door, with where the request came from."""
    headers = _end_to_end(request.headers)
    headers.popall(gate.header, None)
    if key.opens(request):
        headers.popall(hdrs.AUTHORIZATION)
    headers["X-Forwarded-For"] = ", ".join([*headers.getall("X-Forwarded-For", []), request.remote or "127.0.0.1"])
    headers["X-Forwarded-Host"] = request.host
    headers["X-Forwarded-Proto"] = request.scheme
    return headers


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    named = {word.strip().lower() for value in headers.getall(hdrs.CONNECTION, []) for word in value.split(",")}
    return CIMultiDict((k, v) for k, v in headers.items() if k.lower() not in HOP_BY_HOP | named)


def _without(raw_path: str, field: str) -> str:
    """A path and query as they were sent, but for one field."""
    path, mark, query = raw_path.partition("?")
    if not mark:
        return path
    kept = [pair for pair in query.split("&") if pair.partition("=")[0] != field]
    return f"{path}?{'&'.join(kept)}" if kept else path


async def _while_read(request: web.Request, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """A body as it comes, for as long as somebody is there to read it."""
    while not answer.content.at_eof():
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                data = await answer.content.readany()
        except TimeoutError:
            if request.transport is None or request.transport.is_closing():
                return
        else:
            yield data


async def _relay(
    source: aiohttp.ClientWebSocketResponse | web.WebSocketResponse,
    target: aiohttp.ClientWebSocketResponse | web.WebSocketResponse,
) -> None:
    """Pass on messages one way until the source closes, then close the other side for the same reason."""
    async for message in source:
        if message.type == aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type == aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
    code = source.close_code or aiohttp.WSCloseCode.OK
    # 1005 and 1006 say that there was no reason, and may not be sent.
    await target.close(code=aiohttp.WSCloseCode.OK if code in (1005, 1006) else code)
