"""What the user sees while an engine is fetched or built; all of it on stderr."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console

SECONDS_BETWEEN_LINES = 10

console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def say(text: str) -> None:
    """Print one line."""
    console.print(text)


@contextmanager
def progress(title: str) -> Generator[Callable[[str], None]]:
    """Show what is being done: live in a terminal, a line now and then elsewhere."""
    shown = time.monotonic()

    def show(detail: str) -> None:
        nonlocal shown
        if console.is_terminal:
            status.update(f"{title}: {detail}")
        elif time.monotonic() - shown >= SECONDS_BETWEEN_LINES:
            shown = time.monotonic()
            say(f"  {title}: {detail}")

    with console.status(title) as status:
        yield show
