"""Which engine to use: the one on PATH, else one that this kit has, else one that it gets."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cache
import installer
import source_build
from errors import UnavailableError
from progress import say

LANGUAGE_HOST = "pulumi-language-python"
RESOURCE_LAUNCHER = "pulumi-resource-pulumi-python"
REMEDY = "install the Pulumi CLI and put it on PATH (https://www.pulumi.com/docs/install), or install Go"


@dataclass(frozen=True)
class Engine:
    """An engine that can run Python programs."""

    source: Literal["path", "installer", "built"]
    pulumi: Path
    language_host: Path
    resource_launcher: Path | None

    def version(self) -> str:
        """What it says itself."""
        answer = subprocess.run([self.pulumi, "version"], capture_output=True, text=True, check=True)
        return answer.stdout.strip().removeprefix("v")


def find() -> Engine | None:
    """The engine to use, if there is one already."""
    return on_path() or cached()


def ensure() -> Engine:
    """The engine to use, which is fetched or built where there is none."""
    if not (engine := find()):
        with cache.locked():
            engine = cached() or get()
    if engine.source == "built":
        source_build.place_launchers(engine.pulumi.parent)
    return engine


def get() -> Engine:
    """Install the official engine or build it."""
    try:
        installer.install()
    except UnavailableError as error:
        say(f"The official Pulumi installer is not reachable ({error}).")
        source_build.build()
    engine = cached()
    assert engine
    return engine


def on_path() -> Engine | None:
    """An official CLI of the user's own."""
    places = [place for place in os.get_exec_path() if not Path(place).is_relative_to(cache.ROOT)]
    found = shutil.which("pulumi", path=os.pathsep.join(places))
    if not found:
        return None
    beside = [str(Path(found).parent), str(Path(found).resolve().parent)]
    language_host = which(LANGUAGE_HOST, beside + places)
    if not language_host:
        say(f"{found} has no {LANGUAGE_HOST} beside it or on PATH; it is not used.")
        return None
    return Engine("path", Path(found), language_host, which(RESOURCE_LAUNCHER, beside + places))


def cached() -> Engine | None:
    """An engine that this kit got earlier."""
    official = in_folder("installer", cache.folder(installer.VERSION) / "bin")
    return official or in_folder("built", cache.folder(source_build.VERSION) / "bin")


def in_folder(source: Literal["installer", "built"], folder: Path) -> Engine | None:
    """A complete engine of the cache."""
    if not (folder / "pulumi").exists():
        return None
    return Engine(source, folder / "pulumi", folder / LANGUAGE_HOST, folder / RESOURCE_LAUNCHER)


def which(name: str, places: list[str]) -> Path | None:
    """The first executable of that name."""
    found = shutil.which(name, path=os.pathsep.join(places))
    return Path(found) if found else None
