"""Changing an environment's stack: once at a time, shown as it goes on, interrupted in order."""

import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from pulumi.automation import EngineEvent, OutputMap
from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from evolve_pulumi.cli.environments.display import Display, Outcome
from evolve_pulumi.cli.environments.engine_process import Engine, words_of
from evolve_pulumi.cli.environments.events import Change, Note, translate
from evolve_pulumi.cli.environments.exits import Exit
from evolve_pulumi.errors import EvolveError

OnEvent = Callable[[EngineEvent], Any]
RETRY_SECONDS = 2
UNHANDLED = "an unhandled error occurred: "
HOLDER = re.compile(r"created by (?P<who>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
RESULTS = {Exit.BUSY: "busy", Exit.INTERRUPTED: "interrupted"}


class Operation:
    """One command on one stack.

    Args:
        engine: Runs it.
        shown: Shows it.
        wait_seconds: How long to wait for another run that has the environment.
    """

    def __init__(self, engine: Engine, shown: Display, wait_seconds: float = 0) -> None:
        self._engine = engine
        self._display = shown
        self._wait_seconds = wait_seconds
        self._errors: list[str] = []
        self.changes: list[Change] = []
        """What was done, in order."""
        self.outputs: OutputMap = {}
        """Of the stack, as far as they are known."""

    def run(self, call: Callable[[OnEvent], Any]) -> Exit:
        """Make a call of the stack's, which reports its events, and say how it ended."""
        deadline, waiting = time.monotonic() + self._wait_seconds, False
        while True:
            try:
                call(self._on_event)
            except ConcurrentUpdateError as error:
                if self._engine.interruptions:
                    return Exit.INTERRUPTED
                if time.monotonic() >= deadline:
                    self._display.note(Note("error", _busy(error)))
                    return Exit.BUSY
                if not waiting:
                    self._display.note(Note("info", "waiting for another run", "environment"))
                waiting = True
                time.sleep(RETRY_SECONDS)
            except CommandError as error:
                if self._engine.interruptions:
                    return Exit.INTERRUPTED
                if not self._errors:
                    self._display.note(Note("error", words_of(error)))
                return Exit.FAILED
            else:
                return Exit.DONE

    def failed(self, error: EvolveError) -> Exit:
        """Show an error that is not the engine's."""
        self._display.note(Note("error", str(error)))
        return Exit.FAILED

    def outcome(self, code: Exit, result: str = "succeeded") -> Outcome:
        """What came of it, in a word where it succeeded."""
        done = [change for change in self.changes if change.phase == "done" and change.action != "remove old"]
        # A second look at what the first has changed finds nothing to do.
        last = {
            (change.kind, change.name): change.action for change in sorted(done, key=lambda each: each.action != "keep")
        }
        counts = Counter(last.values())
        known: OutputMap = self.outputs if code is Exit.DONE else {}
        urls: dict[str, str] = known["urls"].value if "urls" in known else {}
        expires_at = known["expires_at"].value if "expires_at" in known else None
        return Outcome(result if code is Exit.DONE else RESULTS.get(code, "failed"), counts, urls, expires_at)

    @property
    def differs(self) -> bool:
        """Whether there was something to do."""
        return any(change.action != "keep" for change in self.changes)

    @property
    def has_restarted(self) -> bool:
        """Whether a sandbox was started again, so that services which ran in it have ended."""
        done = (change for change in self.changes if change.phase == "done" and change.kind == "sandbox")
        return any(change.how == "with a restart" or "state" in change.attributes for change in done)

    def _on_event(self, event: EngineEvent) -> None:
        match translate(event):
            case Change() as change:
                self.changes.append(change)
                self._display.change(change)
            case Note(severity="error") as note:
                # The engine says the same twice where a program ends with an error.
                if note.text.removeprefix(UNHANDLED) not in self._errors:
                    self._display.note(note)
                self._errors.append(note.text)
            case Note() as note:
                self._display.note(note)
            case None:
                pass


@contextmanager
def interruptible(interrupt: Callable[[], None]) -> Generator[None]:
    """Pass ^C, and the polite request to end, on to what goes on instead of ending here."""
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.signal(kind, lambda _number, _frame: interrupt()) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _busy(error: ConcurrentUpdateError) -> str:
    holder = HOLDER.search(str(error))
    who = f" of {holder['who']}, process {holder['pid']}, since {holder['since']}" if holder else ""
    return (
        f"another run{who} has this environment. --wait waits for it; where it is dead and cannot let go, "
        "--take-over goes on without it"
    )
