"""Where the Pulumi engine is, and what it knows of a stack."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import platformdirs

from evolve_pulumi.errors import ConfigurationError


def find() -> Path | None:
    """The engine on PATH, or else the newest that the repository's engine kit keeps in the user's cache."""
    if on_path := shutil.which("pulumi"):
        return Path(on_path)
    return max(_cache().glob("*/bin/pulumi"), default=None)


def is_kept(program: Path) -> bool:
    """Whether it is the engine kit's."""
    return program.is_relative_to(_cache())


def ask(folder: Path, *arguments: str) -> Any:
    """What a command of the engine's answers in JSON; raises ConfigurationError with the engine's words."""
    program = find()
    if program is None:
        raise ConfigurationError(
            "there is no pulumi on this machine", remedy="`evolve-pulumi doctor` says how to get it."
        )
    answer = subprocess.run(
        [str(program), *arguments, "--non-interactive"],
        cwd=folder,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise ConfigurationError(f"pulumi {' '.join(arguments)}: {' '.join(answer.stderr.split())}")
    return json.loads(answer.stdout)


def _cache() -> Path:
    return Path(platformdirs.user_cache_dir("evolve-pulumi")) / "engine"
