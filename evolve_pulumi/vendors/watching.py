"""Watching a folder by asking, for what vendors do not tell by themselves."""

import threading
from collections.abc import Callable, Iterable

from evolve_pulumi.vendors.inside import FileEvent


class Polling:
    """A thread that asks what has happened, so many seconds apart, until it is stopped or asking fails."""

    def __init__(
        self,
        ask: Callable[[], Iterable[FileEvent]],
        on_event: Callable[[FileEvent], None],
        seconds: float,
        stopped: Callable[[], None] = lambda: None,
    ) -> None:
        self._ask = ask
        self._on_event = on_event
        self._seconds = seconds
        self._stopped = stopped
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="evolve-watching", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer; raises the error that has ended the watch before, once."""
        if self._stop.is_set():
            return
        self._stop.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()
        if self._error:
            raise self._error
        self._stopped()

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._seconds):
                for event in self._ask():
                    self._on_event(event)
        except Exception as error:
            self._error = error
