"""E2B's answers in our terms; texts and statuses are from its API and SDK, written down by hand."""

import inspect
import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, HTTPServer

import e2b
import httpx
import pytest
from e2b.api import api_exception_from_code

from evolve_pulumi.errors import (
    AuthenticationError,
    BusyError,
    NameTakenError,
    NotFoundError,
    QuotaError,
    RateLimitError,
    UnreachableError,
    VendorError,
)
from evolve_pulumi.vendors.e2b.errors import MAX_WORDS, RAISED, translate, translated

ENDPOINT = "https://api.sandboxes.example"


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        (400, "Timeout cannot be greater than 24 hours", VendorError),
        (400, "Volume with name 'data' already exists", NameTakenError),
        (400, "cannot delete template 'x' because there are paused sandboxes using it", BusyError),
        (401, "Invalid API key", AuthenticationError),
        (403, "volumes are not enabled for this team", AuthenticationError),
        (404, "template 'nowhere' not found", NotFoundError),
        (409, "sandbox is being paused", BusyError),
        (429, "you have reached the maximum number of concurrent E2B sandboxes (20)", QuotaError),
        (429, "Rate limit exceeded", RateLimitError),
        (500, "sandbox_create_refused: no such image", VendorError),
        (500, "Internal server error", UnreachableError),
        (501, "not implemented", VendorError),
        (502, "Bad gateway", UnreachableError),
        (503, "sandbox_capacity_unavailable", UnreachableError),
        (504, "sandbox_placement_timeout", UnreachableError),
    ],
)
@pytest.mark.parametrize("kind", [e2b.SandboxException, e2b.VolumeException, e2b.BuildException])
def test_an_answer_becomes(status: int, words: str, expected: type[VendorError], kind: type[Exception]) -> None:
    error = translate(api_exception_from_code(status, words, kind), ENDPOINT)
    assert type(error) is expected
    assert error.status == status
    assert error.words.startswith(f"E2B answered {status}: ")
    assert words in error.words
    assert error.remedy or expected in (VendorError, NotFoundError)


def test_a_time_that_the_plan_does_not_have_says_where_it_was_asked_for() -> None:
    error = translate(api_exception_from_code(400, "Timeout cannot be greater than 1 hours", e2b.SandboxException), "")
    assert error.remedy == "Give less `timeout_minutes`, or a definition a shorter `lifetime`."


def test_what_the_sdk_calls_not_found_is_not_found() -> None:
    for kind in (e2b.SandboxNotFoundException, e2b.VolumeNotFoundException, e2b.FileNotFoundException):
        assert type(translate(kind("Sandbox x not found"), ENDPOINT)) is NotFoundError


def test_no_answer_at_all_names_the_endpoint_and_the_innermost_reason() -> None:
    sentence = "Request failed: error sending request for url (http://x/): client error (Connect): tcp connect error: "
    translated = translate(httpx.ConnectError(f"{sentence}Connection refused (os error 111)"), ENDPOINT)
    assert type(translated) is UnreachableError
    assert translated.words == f"{ENDPOINT} does not answer: Connection refused (os error 111)"


def test_time_that_is_over_may_have_made_something() -> None:
    for kind in (e2b.TimeoutException, e2b.SandboxUnreachableException, e2b.SandboxNotRunningException):
        assert type(translate(kind("Request timed out"), ENDPOINT)) is UnreachableError


def test_a_page_instead_of_an_answer_is_cut() -> None:
    assert len(translate(api_exception_from_code(502, "<html>" * 1000), ENDPOINT).words) < MAX_WORDS + 50


def test_every_error_class_of_the_sdk_is_caught_at_the_seam() -> None:
    """Its classes have no common base, so a later SDK may add one that slips past."""
    classes = [
        item
        for _, item in inspect.getmembers(e2b, inspect.isclass)
        if issubclass(item, Exception) and item.__module__.startswith("e2b.exceptions")
    ]
    assert len(classes) > 15
    for item in classes:
        assert issubclass(item, RAISED), item


@pytest.mark.parametrize("body", [b'{"message": "upstream is away"}', b'{"oops'])
def test_an_answer_of_somebody_in_between_is_a_broken_one(body: bytes, local_server: Callable[[bytes], str]) -> None:
    """The SDK's own words are those of its parser."""
    sdk = e2b.E2B(api_key="e2b_0", api_url=local_server(body), retries=0)
    with pytest.raises(UnreachableError, match="answered what E2B's SDK cannot read"), translated(ENDPOINT):
        sdk.Sandbox.kill("x")


@pytest.fixture
def local_server() -> Generator[Callable[[bytes], str]]:
    """Answers each request with a status of 500 and a body, and says where."""
    servers: list[HTTPServer] = []

    def serve(body: bytes) -> str:
        class Answers(BaseHTTPRequestHandler):
            def do_DELETE(self) -> None:
                self.send_response(500)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        servers.append(HTTPServer(("127.0.0.1", 0), Answers))
        threading.Thread(target=servers[-1].serve_forever).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
