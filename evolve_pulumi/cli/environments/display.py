"""How an operation is shown while it goes on: a live table in a terminal, lines elsewhere, JSON for programs."""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import typer

from evolve_pulumi.cli.environments.events import Change, Note

MARKS = {"create": "+", "update": "~", "replace": "±", "remove old": "-", "delete": "-"}
DONE = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "remove old": "old one deleted",
    "delete": "deleted",
    "keep": "unchanged",
}
COLOURS = {"create": "green", "update": "yellow", "replace": "magenta", "remove old": "red", "delete": "red"}


@dataclass(frozen=True)
class Outcome:
    """How an operation ended."""

    result: str
    """succeeded, failed, interrupted, busy; of `reconcile` added, changed, repaired, drifted, unchanged."""
    counts: Counter[str]
    """By what was done, without what belongs to replacements."""
    urls: dict[str, str] = field(default_factory=dict[str, str])
    expires_at: str | None = None


class Display(Protocol):
    """Shows what goes on. Called from several threads."""

    def begin(self, title: str) -> None:
        """An operation begins."""
        ...

    def change(self, change: Change) -> None:
        """Something is done to a resource."""
        ...

    def note(self, note: Note) -> None:
        """Something is said."""
        ...

    def end(self, outcome: Outcome) -> None:
        """It is over."""
        ...


@contextmanager
def showing(
    title: str, *, as_json: bool, previewing: bool = False, beside: Display | None = None
) -> Generator[Display]:
    """The one that fits where the output goes, begun; it is closed even where the operation does not come to an end.

    Args:
        title: The operation's.
        as_json: For programs.
        previewing: Nothing is done.
        beside: Is shown everything too.
    """
    if as_json:
        shown: Display = Lines()
    else:
        shown = Live(previewing=previewing) if sys.stdout.isatty() else Plain(previewing=previewing)
    try:
        shown.begin(title)
        yield Both(shown, beside) if beside else shown
    finally:
        if isinstance(shown, Live):
            shown.close()


class Lines:
    """One JSON object a line."""

    def begin(self, title: str) -> None:
        """Say what it is about."""
        self._say("begin", title=title)

    def change(self, change: Change) -> None:
        """All of it; what is kept, once."""
        if (change.action, change.phase) != ("keep", "begun"):
            self._say("change", **asdict(change))

    def note(self, note: Note) -> None:
        """All of it."""
        self._say("note", **asdict(note))

    def end(self, outcome: Outcome) -> None:
        """All of it."""
        self._say("end", **vars(outcome))

    def _say(self, event: str, **values: Any) -> None:
        typer.echo(json.dumps({"event": event, **values}))


class Plain:
    """A line for each thing that is done, or in a preview would be."""

    def __init__(self, *, previewing: bool, prefix: str = "") -> None:
        self._previewing = previewing
        self._prefix = prefix
        self._begun: dict[tuple[str, str, str], float] = {}
        self._started = time.monotonic()

    def begin(self, title: str) -> None:
        """Name it."""
        self._started = time.monotonic()
        typer.secho(title, bold=True)

    def change(self, change: Change) -> None:
        """Say it when it is done."""
        key = (change.kind, change.name, change.action)
        if change.phase == "begun":
            self._begun[key] = time.monotonic()
        elif change.action != "keep":
            seconds = time.monotonic() - self._begun.get(key, time.monotonic())
            typer.secho(
                self._prefix + line(change, None if self._previewing else seconds, previewing=self._previewing),
                file=sys.stdout,
                fg="red" if change.phase == "failed" else COLOURS[change.action],
            )

    def note(self, note: Note) -> None:
        """Errors go to standard error."""
        typer.echo(self._prefix + said(note), file=sys.stderr if note.severity == "error" else sys.stdout)

    def end(self, outcome: Outcome) -> None:
        """The sum of it, and where it is."""
        seconds = time.monotonic() - self._started
        typer.echo(f"\n{total(outcome, previewing=self._previewing)} in {seconds:.1f} s")
        for name, url in outcome.urls.items():
            typer.echo(f"{name}: {url}")
        if outcome.expires_at:
            typer.echo(f"expires: {outcome.expires_at}")


class Live(Plain):
    """The same, with a spinner for each thing that is under way.

    While it is shown, rich's own `sys.stdout` puts lines above it. Left to itself, typer would go past that.
    """

    def __init__(self, *, previewing: bool) -> None:
        from rich.live import Live as RichLive

        super().__init__(previewing=previewing)
        self._lock = threading.Lock()
        self._under_way: dict[tuple[str, str, str], Any] = {}
        self._live = RichLive(
            get_renderable=self._table, transient=True, refresh_per_second=10, redirect_stderr=sys.stderr.isatty()
        )

    def begin(self, title: str) -> None:
        """Name it, and start to show what is under way."""
        super().begin(title)
        self._live.start()

    def change(self, change: Change) -> None:
        """Show it below while it is under way, and above when it is done."""
        from rich.spinner import Spinner

        key = (change.kind, change.name, change.action)
        with self._lock:
            if change.phase == "begun" and change.action != "keep":
                self._under_way[key] = Spinner("dots", text=f"{change.kind} {change.name}: {change.action}")
            else:
                self._under_way.pop(key, None)
        super().change(change)

    def end(self, outcome: Outcome) -> None:
        """Stop showing what is under way."""
        self.close()
        super().end(outcome)

    def close(self) -> None:
        """Give the terminal back; once is enough."""
        self._live.stop()

    def _table(self) -> Any:
        from rich.console import Group

        with self._lock:
            return Group(*self._under_way.values())


class Quiet:
    """A look at what would be done: only what is wrong is shown, by another."""

    def __init__(self, other: Display) -> None:
        self._other = other

    def begin(self, title: str) -> None:
        """Nothing is shown."""

    def change(self, change: Change) -> None:
        """Nothing is shown."""

    def note(self, note: Note) -> None:
        """Errors are."""
        if note.severity == "error":
            self._other.note(note)

    def end(self, outcome: Outcome) -> None:
        """Nothing is shown."""


@dataclass(frozen=True)
class Both:
    """Two that are shown the same."""

    one: Display
    other: Display

    def begin(self, title: str) -> None:
        """To both."""
        self.one.begin(title)
        self.other.begin(title)

    def change(self, change: Change) -> None:
        """To both."""
        self.one.change(change)
        self.other.change(change)

    def note(self, note: Note) -> None:
        """To both."""
        self.one.note(note)
        self.other.note(note)

    def end(self, outcome: Outcome) -> None:
        """To both."""
        self.one.end(outcome)
        self.other.end(outcome)


def line(change: Change, seconds: float | None, *, previewing: bool) -> str:
    """A change in one line: `~ sandbox shop updated in place: labels.a (0.3 s)`."""
    if change.phase == "failed":
        words = f"could not be {DONE[change.action]}"
    elif previewing:
        words = "would be " + ("deleted, the old one" if change.action == "remove old" else DONE[change.action])
    else:
        words = DONE[change.action]
    if change.how and change.how != "by replacement":
        words += f" {change.how}"
    if change.attributes and change.action in ("update", "replace"):
        words += f": {', '.join(change.attributes)}"
    took = f" ({seconds:.1f} s)" if seconds is not None else ""
    return f"{MARKS[change.action]} {change.kind} {change.name} {words}{took}"


def said(note: Note) -> str:
    """A note in one line, or several where it has an end of a log."""
    if note.severity != "info":
        return f"{note.severity}: {note.text}"
    return f"  {note.about}: {note.text}" if note.about else f"  {note.text}"


def total(outcome: Outcome, *, previewing: bool) -> str:
    """What was done, in numbers."""
    counts = [f"{count} {DONE[action]}" for action in DONE if (count := outcome.counts.get(action))]
    words = ", ".join(counts) or "nothing to do"
    match outcome.result:
        case "succeeded":
            return f"Would be: {words}" if previewing and counts else words
        case "busy":
            return "Not begun"
        case result:
            return f"{result.capitalize()}: {words}" if counts else result.capitalize()
