"""A worker that is given tasks, does them one after the other, and remembers what came of them.

GET /         what it is for, and all that it remembers
POST /tasks   a task, as a text
"""

import json
import os
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

PORT = 4000
MOST_BYTES = 100_000
BRIEF = Path(__file__).with_name("BRIEF.md")
MEMORY = Path(os.environ["MEMORY"])
tasks: Queue[str] = Queue()


def work() -> None:
    """Do what is asked for. A real agent would ask its model here."""
    while True:
        task = tasks.get()
        done = {"task": task, "by": os.environ["AGENT"], "words": len(task.split())}
        with MEMORY.open("a") as memory:
            memory.write(f"{json.dumps(done)}\n")
        tasks.task_done()


class Desk(BaseHTTPRequestHandler):
    """Where tasks are handed in."""

    def do_GET(self) -> None:
        """All that it knows."""
        memory = [json.loads(line) for line in MEMORY.read_text().splitlines()] if MEMORY.exists() else []
        known = {"agent": os.environ["AGENT"], "focus": os.environ["FOCUS"], "brief": BRIEF.read_text()}
        self._answer(HTTPStatus.OK, known | {"waiting": tasks.qsize(), "memory": memory})

    def do_POST(self) -> None:
        """Take a task."""
        size = int(self.headers.get("Content-Length", "0"))
        if self.path != "/tasks" or size > MOST_BYTES:
            return self._answer(HTTPStatus.BAD_REQUEST, {"error": "POST a task to /tasks"})
        tasks.put(self.rfile.read(size).decode())
        return self._answer(HTTPStatus.ACCEPTED, {"waiting": tasks.qsize()})

    def _answer(self, status: HTTPStatus, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


Thread(target=work, daemon=True).start()
ThreadingHTTPServer(("", PORT), Desk).serve_forever()
