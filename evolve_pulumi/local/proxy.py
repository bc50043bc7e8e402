"""Preview URLs: HTTP and WebSockets, passed on to a port of a sandbox's own loopback."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import hdrs, web
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.errors import NotRunningError
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


@dataclass(frozen=True)
class Gate:
    """How a vendor's clients prove themselves at a preview that is not public: the names they send the token under."""

    header: str
    query: str


class PreviewError(Exception):
    """A request that does not reach a sandbox: the status and the sentence that its reader sees."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


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
        try:
            sandbox, port = self._admitted(request, address), int(address["port"])
            return await self._pass_on(request, sandbox, port)
        except PreviewError as error:
            return web.Response(status=error.status, text=error.sentence + "\n")

    def _admitted(self, request: web.Request, address: re.Match[str]) -> Sandbox:
        """The running sandbox that a request may see; raises PreviewError."""
        name = address["sandbox"].lower()
        sandbox = self._cloud.signed(int(address["port"]), name)
        if sandbox is None:
            sandbox = self._cloud.find(name)
            if sandbox is None:
                raise PreviewError(
                    404,
                    f"There is no sandbox {name} in this local cloud, and no signed URL of this port that is valid.",
                )
            if not sandbox.public:
                self._check(request, sandbox)
        try:
            self._cloud.guest(sandbox)
        except NotRunningError:
            raise PreviewError(503, f"Sandbox {sandbox.name} is {sandbox.state}; start it to see its ports.") from None
        return sandbox

    def _check(self, request: web.Request, sandbox: Sandbox) -> None:
        gate = self._gates[sandbox.vendor]
        shown = request.headers.get(gate.header) or request.query.get(gate.query)
        if self._key.opens(request) or (shown and Key(sandbox.token).matches(shown)):
            return
        if shown:
            raise PreviewError(403, f"This is not the token of sandbox {sandbox.name}; each start makes a new one.")
        raise PreviewError(
            401,
            f"Sandbox {sandbox.name} is not public: send its preview token in the header {gate.header} or the query"
            f" field {gate.query}, or make the sandbox public.",
        )

    async def _pass_on(self, request: web.Request, sandbox: Sandbox, port: int) -> web.StreamResponse:
        gate = self._gates[sandbox.vendor]
        url = URL(f"http://{sandbox.id}:{port}{_without(request.raw_path, gate.query)}", encoded=True)
        headers = _forwarded(request, self._key, gate)
        try:
            if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
                return await self._pass_on_socket(request, url, headers)
            return await self._pass_on_request(request, url, headers)
        except aiohttp.ClientConnectorError:
            raise PreviewError(502, f"Nothing listens on port {port} of sandbox {sandbox.name}.") from None
        except (aiohttp.ClientError, GuestLostError) as error:
            raise PreviewError(502, f"Port {port} of sandbox {sandbox.name} broke off: {error}") from error

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
