"""The cloud's clock, and what sandboxes become by themselves when it has gone on."""

from datetime import UTC, datetime, timedelta

from evolve_pulumi.local.records import CHANGING, Sandbox, State


class Clock:
    """The machine's time, and what it was moved forward by."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """The time."""
        return datetime.now(UTC) + self._ahead

    def move_to(self, time: datetime) -> None:
        """Move forward to a time; one that is past is passed over."""
        self._ahead += max(time - self(), timedelta())


def next_change(sandbox: Sandbox) -> tuple[datetime, State] | None:
    """When a sandbox changes by itself, and into what; None while it changes, and where it stays as it is."""
    if sandbox.state in CHANGING:
        return None
    idle_minutes = {
        State.STARTED: {State.STOPPED: sandbox.auto_stop_minutes, State.PAUSED: sandbox.auto_pause_minutes},
        State.STOPPED: {State.DESTROYED: sandbox.auto_delete_minutes, State.ARCHIVED: sandbox.auto_archive_minutes},
    }.get(sandbox.state, {})
    since = sandbox.last_activity_at
    coming = [(since + timedelta(minutes=idle), into) for into, idle in idle_minutes.items() if idle > 0]
    if sandbox.destroy_at:
        coming.append((sandbox.destroy_at, State.DESTROYED))
    if sandbox.ends_at and sandbox.state == State.STARTED:
        coming.append((sandbox.ends_at, sandbox.at_end))
    return min(coming, default=None)
