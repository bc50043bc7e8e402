"""The provider process: how many calls it takes at once, how it fails, and what it does when its engine dies.

The engine starts one such process for a deployment, and the SDK gives it four threads whatever `--parallel` says,
prints tracebacks, and lets it live on when the engine is killed. This module answers each of the three.
"""

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor

from evolve_pulumi.errors import RefusedError

POLL_SECONDS = 0.5
DRAIN_SECONDS = 60.0
"""How long calls in flight may go on when the engine is gone, so that each ends or is undone."""
DEBUG_VARIABLE = "EVOLVE_DEBUG"

_prepared = threading.Lock()
_in_flight = 0
_counted = threading.Condition()
_orphaned = threading.Event()


def debugging() -> bool:
    """Whether errors are shown with their tracebacks and causes."""
    return bool(os.environ.get(DEBUG_VARIABLE))


def prepare(workers: int) -> None:
    """Do everything that this process needs, once, from within one of its workers."""
    if not _prepared.acquire(blocking=False):
        return
    _widen_pool(workers)
    if not debugging():
        sys.tracebacklimit = 0
    _show_progress()
    threading.Thread(target=_watch_parent, args=(os.getppid(),), name="evolve-parent-watch", daemon=True).start()


def in_background(work: Callable[[], None]) -> None:
    """Run something whose failure will show again where its result is needed."""

    def quietly() -> None:
        with contextlib.suppress(Exception):
            work()

    threading.Thread(target=quietly, name="evolve-background", daemon=True).start()


@contextlib.contextmanager
def work() -> Generator[Callable[[], bool]]:
    """Count a call as in flight, and tell it whether the engine is gone; refuses new work when it is."""
    global _in_flight
    with _counted:
        if _orphaned.is_set():
            raise RefusedError("the engine is gone")
        _in_flight += 1
    try:
        yield _orphaned.is_set
    finally:
        with _counted:
            _in_flight -= 1
            _counted.notify_all()


def _show_progress() -> None:
    """Send what builds and commands write to the engine, which shows the process's output."""
    shown = logging.StreamHandler(sys.stdout)
    for name in ("evolve_pulumi.build", "evolve_pulumi.command"):
        logger = logging.getLogger(name)
        logger.addHandler(shown)
        logger.setLevel(logging.INFO)


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    with _counted:
        _orphaned.set()
        _counted.wait_for(lambda: _in_flight == 0, timeout=DRAIN_SECONDS)
    os._exit(0)


def _widen_pool(workers: int) -> None:
    """Raise the number of threads of the pool that this call runs in.

    Reaches into concurrent.futures, whose names are the same in CPython 3.10 to 3.13; where they are not, the pool
    keeps its size.
    """
    frame = sys._getframe()  # pyright: ignore[reportPrivateUsage]
    while frame := frame.f_back:
        reference = frame.f_locals.get("executor_reference")
        executor = reference() if callable(reference) else None
        if isinstance(executor, ThreadPoolExecutor) and hasattr(executor, "_max_workers"):
            executor._max_workers = max(executor._max_workers, workers)  # pyright: ignore[reportPrivateUsage]
            return
