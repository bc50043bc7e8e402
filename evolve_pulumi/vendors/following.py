"""Waiting for a command: its output is taken in by a thread, so that whoever waits may give up, and come back."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from evolve_pulumi.errors import NotReadyError
from evolve_pulumi.vendors.inside import CommandResult, OnOutput

Follow = Callable[[OnOutput, OnOutput], int]
"""Passes on what a command writes to each of its streams, until it ends; its exit code."""


@dataclass(frozen=True)
class _Piece:
    stream: Literal["stdout", "stderr"]
    text: str


class Following:
    """One command that is followed to its end. Callbacks are called by whoever waits, in its thread."""

    def __init__(self, follow: Follow) -> None:
        self._follow = follow
        self._news: queue.SimpleQueue[_Piece | int | BaseException] = queue.SimpleQueue()
        self._texts: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._end: int | BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="evolve-following", daemon=True)

    def start(self) -> None:
        """Take in what it writes, from now on."""
        if self._thread.ident is None:
            self._thread.start()

    def wait(
        self, timeout_seconds: float | None, on_stdout: OnOutput | None, on_stderr: OnOutput | None
    ) -> CommandResult:
        """Wait until it ends; raises NotReadyError where it takes longer."""
        self.start()
        tell = {"stdout": on_stdout, "stderr": on_stderr}
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while self._end is None:
            match self._next(deadline, timeout_seconds):
                case _Piece(stream, text):
                    self._texts[stream].append(text)
                    if on_output := tell[stream]:
                        on_output(text)
                case end:
                    self._end = end
        if isinstance(self._end, BaseException):
            raise self._end
        return CommandResult(self._end, "".join(self._texts["stdout"]), "".join(self._texts["stderr"]))

    def _next(self, deadline: float | None, timeout_seconds: float | None) -> _Piece | int | BaseException:
        try:
            return self._news.get(timeout=None if deadline is None else max(deadline - time.monotonic(), 0))
        except queue.Empty:
            raise took_longer(timeout_seconds or 0) from None

    def _run(self) -> None:
        def tell(stream: Literal["stdout", "stderr"]) -> OnOutput:
            return lambda text: self._news.put(_Piece(stream, text))

        try:
            self._news.put(self._follow(tell("stdout"), tell("stderr")))
        except BaseException as error:
            self._news.put(error)


def took_longer(timeout_seconds: float) -> NotReadyError:
    """The error for a command that has not ended in time."""
    return NotReadyError(
        f"the command takes longer than {timeout_seconds:g} seconds", remedy="Raise timeout_seconds, or spawn it."
    )
