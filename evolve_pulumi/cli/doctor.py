"""`evolve-pulumi doctor`: what is on this machine, and what to do about what is missing."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import typer

from evolve_pulumi import local_address

PACKAGES = ("pulumi", "daytona", "e2b")
CREDENTIALS = {
    "Daytona": ("DAYTONA_API_KEY", "pulumi config set --secret evolve:daytonaApiKey"),
    "E2B": ("E2B_API_KEY", "pulumi config set --secret evolve:e2bApiKey"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for."""

    subject: str
    words: str
    remedy: str = ""
    """Set where something is missing."""
    needed: bool = True
    """Whether nothing works without it."""


def doctor() -> None:
    """Say what is on this machine: engine, interpreter, SDKs, isolation, credentials; never a secret's value."""
    from rich.console import Console
    from rich.table import Table

    findings = list(_look())
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for finding in findings:
        mark = "ok" if not finding.remedy else "missing" if finding.needed else "-"
        table.add_row(mark, finding.subject, finding.words)
        if finding.remedy:
            table.add_row("", "", f"→ {finding.remedy}")
    Console(soft_wrap=True).print(table, markup=False)
    raise typer.Exit(1 if any(finding.remedy and finding.needed for finding in findings) else 0)


def _look() -> Iterator[Finding]:
    yield _engine()
    yield _beside_engine("language host", "pulumi-language-python")
    yield _beside_engine("dynamic provider", "pulumi-resource-pulumi-python")
    yield Finding("interpreter", f"Python {platform.python_version()}, {sys.executable}")
    yield from map(_package, PACKAGES)
    yield _local_cloud()
    yield from (_credential(vendor, *where) for vendor, where in CREDENTIALS.items())


def _engine() -> Finding:
    """The engine on PATH, or the one that the project's engine kit keeps in the user's cache."""
    if on_path := shutil.which("pulumi"):
        return Finding("engine", f"pulumi {_version(on_path)}, {_source(Path(on_path))}")
    kept = sorted(_engine_cache().glob("*/bin/pulumi"))
    if kept:
        return Finding(
            "engine",
            f"pulumi {_version(str(kept[-1]))}, built by the engine kit, not on PATH",
            remedy=f"For this shell: export PATH={kept[-1].parent}:$PATH (make does so by itself)",
        )
    return Finding("engine", "no pulumi", remedy="Install the Pulumi CLI, or let `make up` in the repository get it.")


def _source(program: Path) -> str:
    if program.is_relative_to(_engine_cache()):
        return f"built by the engine kit, {program}"
    return f"from PATH, {program}"


def _engine_cache() -> Path:
    return Path(platformdirs.user_cache_dir("evolve-pulumi")) / "engine"


def _version(program: str) -> str:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    answer = subprocess.run([program, "version"], capture_output=True, text=True, env=environment, check=False)
    return answer.stdout.strip().removeprefix("v") or "of unknown version"


def _beside_engine(subject: str, program: str) -> Finding:
    """A part of the engine: beside it, or on PATH."""
    engine = shutil.which("pulumi") or next(map(str, sorted(_engine_cache().glob("*/bin/pulumi"))), "")
    beside = Path(engine).resolve().with_name(program) if engine else Path(program)
    if found := (str(beside) if beside.is_file() else shutil.which(program)):
        return Finding(subject, found)
    return Finding(subject, f"no {program}", remedy="It comes with the Pulumi CLI, and with the engine kit.")


def _package(name: str) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "not installed", remedy=f"pip install {name}")


def _local_cloud() -> Finding:
    address = local_address.read_address()
    where = f"at {address.url}" if address else "never started here"
    tier = subprocess.run(
        [sys.executable, "-m", "evolve_pulumi.local", "--probe"], capture_output=True, text=True, check=False
    )
    words = tier.stdout.strip() or tier.stderr.strip()
    remedy = (
        ""
        if words.startswith("bubblewrap")
        else "Install bubblewrap, or the extra: pip install 'evolve-pulumi[isolation]'"
    )
    return Finding("local cloud", f"{where}; isolation: {words}", remedy=remedy, needed=False)


def _credential(vendor: str, variable: str, command: str) -> Finding:
    if os.environ.get(variable):
        return Finding(f"{vendor} key", f"{variable} is set")
    return Finding(f"{vendor} key", f"{variable} is not set", remedy=f"Or per stack: {command}", needed=False)
