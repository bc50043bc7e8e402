"""Where engines are kept: one folder a version, for this user, outside every checkout."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from progress import say

ROOT = Path(platformdirs.user_cache_dir("evolve-pulumi"), "engine")
UNFINISHED = ".unfinished"


def folder(version: str) -> Path:
    """The place of one version's `bin` folder, there or not."""
    return ROOT / version


@contextmanager
def locked() -> Generator[None]:
    """Hold off every other process that wants to fill the cache."""
    ROOT.mkdir(parents=True, exist_ok=True)
    with (ROOT / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another process is getting the engine; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def filling(version: str) -> Generator[Path]:
    """A folder to fill, which becomes the version's when the block succeeds; for the holder of the lock."""
    unfinished = ROOT / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        yield unfinished
        shutil.rmtree(folder(version), ignore_errors=True)
        os.replace(unfinished, folder(version))
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
