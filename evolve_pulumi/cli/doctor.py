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

import typer

from evolve_pulumi import local_address
from evolve_pulumi.cli import engine

PACKAGES = ("pulumi", "daytona", "e2b")
MISSING = "missing"


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
    findings = list(_look())
    for finding in findings:
        mark, colour = _mark(finding)
        typer.echo(f"{typer.style(f'{mark:8}', fg=colour)}{finding.subject:18}{finding.words}")
        if finding.remedy:
            typer.echo(f"{'':26}→ {finding.remedy}")
    raise typer.Exit(1 if any(_mark(finding)[0] == MISSING for finding in findings) else 0)


def _mark(finding: Finding) -> tuple[str, str]:
    if not finding.remedy:
        return "ok", typer.colors.GREEN
    return (MISSING, typer.colors.RED) if finding.needed else ("-", typer.colors.YELLOW)


def _look() -> Iterator[Finding]:
    yield _engine()
    yield _beside_engine("language host", "pulumi-language-python")
    yield _beside_engine("dynamic provider", "pulumi-resource-pulumi-python")
    yield Finding("interpreter", f"Python {platform.python_version()}, {sys.executable}")
    yield from map(_package, PACKAGES)
    yield _local_cloud()
    yield _credential("Daytona key", "DAYTONA_API_KEY", "pulumi config set --secret evolve:daytonaApiKey")
    yield _credential("E2B key", "E2B_API_KEY", "pulumi config set --secret evolve:e2bApiKey")


def _engine() -> Finding:
    """The engine on PATH, or the one that the project's engine kit keeps in the user's cache."""
    program = engine.find()
    if program is None:
        return Finding(
            "engine", "no pulumi", remedy="Install the Pulumi CLI, or let `make up` in the repository get it."
        )
    version, kept = _version(str(program)), engine.is_kept(program)
    if shutil.which("pulumi"):
        return Finding("engine", f"pulumi {version}, {'kept by the engine kit' if kept else 'from PATH'}, {program}")
    return Finding(
        "engine",
        f"pulumi {version}, kept by the engine kit for make, not on PATH",
        remedy=f"To use it in a shell of your own: export PATH={program.parent}:$PATH",
        needed=False,
    )


def _version(program: str) -> str:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    answer = subprocess.run([program, "version"], capture_output=True, text=True, env=environment, check=False)
    return answer.stdout.strip().removeprefix("v") or "of unknown version"


def _beside_engine(subject: str, program: str) -> Finding:
    """A part of the engine: beside it, or on PATH."""
    found_engine = engine.find()
    beside = found_engine.resolve().with_name(program) if found_engine else Path(program)
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
    command = [sys.executable, "-m", "evolve_pulumi.local", "--probe"]
    tier = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    remedy = "" if tier == "bubblewrap" else "Install bubblewrap, or the extra: pip install 'evolve-pulumi[isolation]'"
    return Finding("local cloud", f"{where}; isolation tier: {tier or 'none'}", remedy=remedy, needed=False)


def _credential(subject: str, variable: str, command: str) -> Finding:
    if os.environ.get(variable):
        return Finding(subject, f"{variable} is set")
    return Finding(subject, f"{variable} is not set", remedy=f"Or per stack: {command}", needed=False)
