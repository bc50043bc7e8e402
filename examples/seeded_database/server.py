"""The shop: a page with all books, and a form that adds one."""

import os
import sqlite3
from contextlib import closing
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

PORT = 3000
MOST_BYTES = 10_000
PAGE = """<!doctype html>
<title>Bookshop</title>
<h1>Bookshop</h1>
<p>Pull request {pr} at {commit}</p>
<ul>
{books}
</ul>
<form method="post" action="/books">
<input name="title" placeholder="Title" required> <input name="author" placeholder="Author" required>
<button>Add</button>
</form>
"""


class Shop(BaseHTTPRequestHandler):
    """Answers a request."""

    def do_GET(self) -> None:
        """The page, or whether the shop can work."""
        match self.path:
            case "/":
                rows = _database("SELECT title, author FROM books ORDER BY id")
                books = "\n".join(f"<li>{escape(title)}, {escape(author)}</li>" for title, author in rows)
                here = {"pr": os.environ["PULL_REQUEST"], "commit": os.environ["COMMIT"][:12]}
                self._answer(HTTPStatus.OK, PAGE.format(books=books, **here))
            case "/healthz":
                _database("SELECT count(*) FROM books")
                self._answer(HTTPStatus.OK, "ok")
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Add a book."""
        size = int(self.headers.get("Content-Length", "0"))
        sent = parse_qs(self.rfile.read(min(size, MOST_BYTES)).decode())
        if self.path != "/books" or not {"title", "author"} <= sent.keys():
            return self.send_error(HTTPStatus.BAD_REQUEST)
        _database("INSERT INTO books (title, author) VALUES (?, ?)", sent["title"][0], sent["author"][0])
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", "/")
        return self.end_headers()

    def _answer(self, status: HTTPStatus, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _database(statement: str, *values: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(os.environ["DATABASE"])) as database, database:
        return database.execute(statement, values).fetchall()


ThreadingHTTPServer(("", PORT), Shop).serve_forever()
