"""The few calls of GitHub's API that pull requests need, as GitHub answers them to a workflow's token."""

import json
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

REPOSITORY = "acme/shop"
TOKEN = "ghs_workflow"
PAGE = 2
BOT = {"login": "github-actions[bot]", "type": "Bot"}


class GitHub:
    """Comments and labels by the pull request's number, and how it is disturbed."""

    def __init__(self) -> None:
        self.url = ""
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.labels: dict[int, set[str]] = {}
        self.calls: list[str] = []
        self.read_only = False
        """Whether the token may write."""
        self.failures = 0
        """How many of the next calls are not answered properly."""
        self.lost_answers = 0
        """How many of the next comments are made without saying so."""
        self._ids = iter(range(1, 1_000_000))

    def say(self, number: int, body: str, login: str = "author", type: str = "User") -> None:
        """Somebody comments."""
        self._add(number, body, {"login": login, "type": type})

    def bodies(self, number: int) -> list[str]:
        """What is said on a pull request."""
        return [comment["body"] for comment in self.comments.get(number, [])]

    def answer(self, method: str, target: str, body: Any, token: str) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers."""
        path = urlsplit(target).path
        self.calls.append(f"{method} {path}")
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, {}
        if self.failures:
            self.failures -= 1
            return 503, {"message": "No server is currently available"}, {}
        if path == "/user" or (self.read_only and method != "GET"):
            return 403, {"message": "Resource not accessible by integration"}, {}
        if found := re.fullmatch(rf"/repos/{REPOSITORY}/issues/(\d+)/comments", path):
            number = int(found[1])
            return self._listed(number, target) if method == "GET" else self._made(number, body)
        if found := re.fullmatch(rf"/repos/{REPOSITORY}/issues/comments/(\d+)", path):
            return self._edited(int(found[1]), body)
        if (found := re.fullmatch(rf"/repos/{REPOSITORY}/issues/(\d+)/labels/(.+)", path)) and method == "DELETE":
            return self._unlabelled(int(found[1]), unquote(found[2]))
        return 404, {"message": "Not Found"}, {}

    def _listed(self, number: int, target: str) -> tuple[int, Any, dict[str, str]]:
        page = int(parse_qs(urlsplit(target).query).get("page", ["1"])[0])
        every = self.comments.get(number, [])
        following = f"{self.url}{urlsplit(target).path}?page={page + 1}"
        headers = {"Link": f'<{following}>; rel="next"'} if len(every) > page * PAGE else {}
        return 200, every[(page - 1) * PAGE : page * PAGE], headers

    def _made(self, number: int, body: Any) -> tuple[int, Any, dict[str, str]]:
        comment = self._add(number, body["body"], BOT)
        if self.lost_answers:
            self.lost_answers -= 1
            return 502, {"message": "Server Error"}, {}
        return 201, comment, {}

    def _edited(self, id: int, body: Any) -> tuple[int, Any, dict[str, str]]:
        comment = next(each for every in self.comments.values() for each in every if each["id"] == id)
        comment["body"] = body["body"]
        return 200, comment, {}

    def _unlabelled(self, number: int, label: str) -> tuple[int, Any, dict[str, str]]:
        if label not in self.labels.get(number, set()):
            return 404, {"message": "Label does not exist"}, {}
        self.labels[number].remove(label)
        return 200, [], {}

    def _add(self, number: int, body: str, user: dict[str, str]) -> dict[str, Any]:
        assert len(body) <= 65_536
        id = next(self._ids)
        comment = {"id": id, "url": f"{self.url}/repos/{REPOSITORY}/issues/comments/{id}", "body": body, "user": user}
        self.comments.setdefault(number, []).append(comment)
        return comment


@contextmanager
def running_github() -> Generator[GitHub]:
    """It on this machine."""
    github = GitHub()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            with lock:
                token = self.headers.get("Authorization", "")
                status, answer, headers = github.answer(self.command, self.path, body, token)
            data = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _do

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    github.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
