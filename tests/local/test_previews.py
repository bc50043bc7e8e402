"""Preview URLs reach a port of the sandbox's own loopback."""

import asyncio
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaError, Sandbox, SessionExecuteRequest

from tests.cloud import Cloud

PORT = 3000
SERVER = Path(__file__).with_name("inside_server.py").read_bytes()


def serve(sandbox: Sandbox, port: int = PORT) -> None:
    """Run the server inside and wait until it takes connections."""
    sandbox.fs.upload_file(SERVER, "server.py")
    sandbox.process.create_session("server")
    command = SessionExecuteRequest(command=f"python3 server.py {port}", run_async=True)
    sandbox.process.execute_session_command("server", command)
    deadline = time.monotonic() + 10
    while sandbox.process.exec(
        f"python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}))'"
    ).exit_code:
        assert time.monotonic() < deadline


def host_of(sandbox: Sandbox, port: int = PORT) -> str:
    return sandbox.get_preview_link(port).url.removeprefix("http://")


@pytest.fixture
def public(daytona: Daytona) -> Sandbox:
    return daytona.create(CreateSandboxFromSnapshotParams(public=True))


@pytest.fixture
def page(cloud: Cloud, public: Sandbox) -> Iterator[httpx.Client]:
    """A client of the public sandbox's server, by name: `*.localhost` is not known to every resolver."""
    serve(public)
    with httpx.Client(base_url=cloud.url, headers={"Host": host_of(public)}, timeout=20) as page:
        yield page


def test_path_query_and_headers_arrive_as_they_were_sent(cloud: Cloud, page: httpx.Client) -> None:
    seen = page.get("/a%20b/%2F?x=1&x=%26&y", headers={"Authorization": "Bearer other"}).json()
    assert seen["path"] == "/a%20b/%2F?x=1&x=%26&y"
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert headers["authorization"] == "Bearer other"
    assert headers["host"] == headers["x-forwarded-host"] == page.headers["Host"]
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert cloud.calls()[-1]["path"].startswith("/daytona/"), "previews are not calls of an API"


def test_redirects_and_empty_answers_are_the_sandboxs_own(page: httpx.Client) -> None:
    moved = page.get("/moved")
    assert (moved.status_code, moved.headers["Location"]) == (302, "/elsewhere")


def test_a_head_has_no_body(page: httpx.Client) -> None:
    head = page.head("/")
    assert (head.status_code, head.content) == (501, b""), "the server inside has no HEAD, which is its own affair"


def test_large_bodies_pass_both_ways(page: httpx.Client) -> None:
    assert len(page.get("/large").content) == 20 << 20
    body = b"0123456789abcdef" * (1 << 20)
    assert page.post("/", content=body).text == hashlib.sha256(body).hexdigest()


def test_a_stream_is_not_held_back(page: httpx.Client) -> None:
    with page.stream("GET", "/stream") as answer:
        events = answer.iter_bytes()
        assert next(events) == b"data: one\n\n"
        page.get("/release")
        assert b"".join(events) == b"data: two\n\n"


def test_websockets_pass_messages_and_the_reason_for_closing(cloud: Cloud, public: Sandbox) -> None:
    serve(public)

    async def talk() -> tuple[str | None, str, bytes, int | None]:
        headers = {"Host": host_of(public)}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(cloud.url, headers=headers, protocols=["echo"]) as socket,
        ):
            await socket.send_str("hällo")
            text = await socket.receive_str()
            await socket.send_bytes(b"\x00" * 300)
            data = await socket.receive_bytes()
            await socket.close()
            return socket.protocol, text, data, socket.close_code

    assert asyncio.run(talk()) == ("echo", "hällo", b"\x00" * 300, 1000)


def test_a_private_sandbox_asks_for_its_token(cloud: Cloud, sandbox: Sandbox) -> None:
    serve(sandbox)
    token = sandbox.get_preview_link(PORT).token
    with httpx.Client(base_url=cloud.url, headers={"Host": host_of(sandbox)}) as page:
        assert page.get("/").status_code == 401
        assert "preview token" in page.get("/").text
        assert page.get("/", headers={"x-daytona-preview-token": "wrong"}).status_code == 403
        by_header = page.get("/", headers={"x-daytona-preview-token": token}).json()
        by_query = page.get(f"/?a=1&DAYTONA_SANDBOX_AUTH_KEY={token}&b=2").json()
        by_key = page.get("/", headers={"Authorization": f"Bearer {cloud.api_key}"}).json()
    assert by_query["path"] == "/?a=1&b=2"
    for seen in (by_header, by_query, by_key):
        assert token not in json.dumps(seen)
        assert cloud.api_key not in json.dumps(seen)


def test_a_new_start_makes_a_new_token(cloud: Cloud, sandbox: Sandbox) -> None:
    before = sandbox.get_preview_link(PORT).token
    sandbox.stop()
    assert sandbox.get_preview_link(PORT).token == before
    sandbox.start()
    with httpx.Client(base_url=cloud.url, headers={"Host": host_of(sandbox)}) as page:
        assert page.get("/", headers={"x-daytona-preview-token": before}).status_code == 403


def test_opening_a_sandbox_opens_its_previews(cloud: Cloud, sandbox: Sandbox) -> None:
    serve(sandbox)
    with httpx.Client(base_url=cloud.url, headers={"Host": host_of(sandbox)}) as page:
        sandbox.set_public(True)
        assert page.get("/").status_code == 200
        sandbox.set_public(False)
        assert page.get("/").status_code == 401


def test_what_cannot_be_reached_is_said_in_a_sentence(cloud: Cloud, public: Sandbox) -> None:
    def get(host: str) -> tuple[int, str]:
        answer = httpx.get(cloud.url, headers={"Host": host})
        return answer.status_code, answer.text

    name = public.name
    assert get(host_of(public)) == (502, f"Nothing listens on port {PORT} of sandbox {name}.\n")
    public.stop()
    assert get(host_of(public)) == (503, f"Sandbox {name} is stopped; start it to see its ports.\n")
    unknown = "1-00000000-0000-0000-0000-000000000000.localhost"
    assert get(unknown)[0] == 404


def test_a_port_is_found_on_ipv6_too(cloud: Cloud, public: Sandbox) -> None:
    public.process.create_session("six")
    command = SessionExecuteRequest(command="python3 -m http.server --bind ::1 3001", run_async=True)
    public.process.execute_session_command("six", command)
    deadline = time.monotonic() + 10
    while httpx.get(cloud.url, headers={"Host": host_of(public, 3001)}).status_code == 502:
        assert time.monotonic() < deadline


def test_a_foreign_host_is_refused(cloud: Cloud) -> None:
    answer = httpx.get(f"{cloud.url}/local/status", headers={"Host": "evil.example", **bearer(cloud)})
    assert (answer.status_code, answer.text) == (403, "The local cloud does not serve the host 'evil.example'\n")


def bearer(cloud: Cloud) -> dict[str, str]:
    return {"Authorization": f"Bearer {cloud.api_key}"}


def test_a_signed_url_opens_its_port_until_it_expires(cloud: Cloud, sandbox: Sandbox) -> None:
    serve(sandbox)
    first, second = (sandbox.create_signed_preview_url(PORT, 120) for _ in range(2))
    assert first.url != second.url

    def status(url: str, **changed: str) -> int:
        host = url.removeprefix("http://").replace(*changed.popitem()) if changed else url.removeprefix("http://")
        return httpx.get(cloud.url, headers={"Host": host}).status_code

    assert (status(first.url), status(second.url)) == (200, 200)
    assert status(first.url, **{f"{PORT}-": "4000-"}) == 404
    sandbox.expire_signed_preview_url(PORT, first.token)
    assert (status(first.url), status(second.url)) == (404, 200)
    sandbox.stop()
    assert status(second.url) == 503
    cloud.advance(minutes=2)
    assert status(second.url) == 404
    with pytest.raises(DaytonaError, match="expiresInSeconds must not be 86401"):
        sandbox.create_signed_preview_url(PORT, 86401)
