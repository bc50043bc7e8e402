"""What an operation did, noted while it is shown."""

from evolve_pulumi.cli.environments.display import Outcome, line
from evolve_pulumi.cli.environments.events import Change, Note


class Recorder:
    """A display that shows nothing, and keeps what a report needs."""

    def __init__(self) -> None:
        self.changes: list[str] = []
        """A line for each thing that was done, or could not be."""
        self.errors: list[str] = []
        self.outcome: Outcome | None = None
        """None until it is over, or where it was refused before it began."""

    def begin(self, title: str) -> None:
        """Nothing to keep."""

    def change(self, change: Change) -> None:
        """Keep what is over."""
        if change.phase != "begun" and change.action != "keep":
            self.changes.append(line(change, None, previewing=False))

    def note(self, note: Note) -> None:
        """Keep errors."""
        if note.severity == "error":
            self.errors.append(note.text)

    def end(self, outcome: Outcome) -> None:
        """Keep it."""
        self.outcome = outcome
