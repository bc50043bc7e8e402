"""A Python that keeps its state from one piece of code to the next: a process of its own, run inside a sandbox.

It takes requests from the socket that is its standard input, a line of JSON each, `{"code", "env"}`, and answers with
`{"error": null}` or `{"error": {"name", "value", "traceback"}}`. What the code prints goes where it always goes.
"""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import signal
import socket
import sys
import traceback
import types
from collections.abc import Generator
from typing import Any

NAME = "<input {}>"
"""What tracebacks call a piece of code, by its number."""


class Interpreter:
    """The state, and what runs on it; an interrupt stops the code that runs, and nothing else."""

    def __init__(self) -> None:
        self.module = types.ModuleType("__main__")
        # What pickles or looks up its own module has to find the code's, not ours.
        sys.modules["__main__"] = self.module
        self.runs = 0
        self.running = False
        self.pid = os.getpid()
        signal.signal(signal.SIGINT, self.interrupt)

    def interrupt(self, *_: object) -> None:
        """Take an interrupt."""
        if self.running:
            raise KeyboardInterrupt

    def serve(self, requests: socket.socket) -> None:
        """Run what is asked for until nobody asks any more."""
        with requests.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                request = json.loads(line)
                error = self.run(request["code"], request["env"])
                # A child that the code left behind must not answer for us.
                if os.getpid() != self.pid:
                    os._exit(0)
                requests.sendall(json.dumps({"error": error}).encode() + b"\n")

    def run(self, code: str, env: dict[str, str]) -> dict[str, str] | None:
        """Run code with more variables; returns what it raised. `sys.exit` is no error, and ends the code alone."""
        self.runs += 1
        name = NAME.format(self.runs)
        # So that tracebacks show the lines.
        linecache.cache[name] = len(code), None, code.splitlines(True), name
        try:
            self.running = True
            try:
                with environment(env):
                    exec(compile(code, name, "exec"), self.module.__dict__)
            finally:
                self.running = False
                flush()
        except SystemExit:
            return None
        except BaseException as error:
            return describe(error)
        return None


def describe(error: BaseException) -> dict[str, str]:
    """An error in the words that Python has for it, without the frames that are ours."""
    frames = error.__traceback__
    while frames and not frames.tb_frame.f_code.co_filename.startswith("<input "):
        frames = frames.tb_next
    value = ""
    # The code's own errors may not know how to say what they are.
    with contextlib.suppress(Exception):
        value = str(error)
    lines = traceback.format_exception(type(error), error, frames)
    return {"name": type(error).__name__, "value": value, "traceback": "".join(lines)}


def flush() -> None:
    """Let go what was printed; the code may have closed or replaced where it goes to."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


@contextlib.contextmanager
def environment(added: dict[str, str]) -> Generator[None, None, None]:
    """Have more variables for as long as the block runs."""
    before: dict[str, Any] = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def main() -> None:
    """Serve on standard input, which the code finds empty."""
    requests = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    Interpreter().serve(requests)


if __name__ == "__main__":
    main()
