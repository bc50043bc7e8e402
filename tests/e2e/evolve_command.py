"""The installed command, as a script runs it: a process of its own on a definition in a folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cloud import Cloud
from tests.pulumi_engine import engine_folder

COMMAND = Path(sys.executable).with_name("evolve-pulumi")
COMMAND_SECONDS = 200


@dataclass(frozen=True)
class Answer:
    """What one run said."""

    code: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Of a run with `--json`."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def end(self) -> dict[str, Any]:
        """The last of them."""
        return self.events[-1]

    def ok(self) -> "Answer":
        """The same, of a run that must have succeeded."""
        assert self.code == 0, f"exit code {self.code}\n{self.stdout}{self.stderr}"
        return self


class Environments:
    """Definitions and states in a folder, and a local cloud."""

    def __init__(self, folder: Path, cloud: Cloud, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.file = folder / "evolve.yaml"
        self.states = folder / "states"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
        self.env = inherited | {
            "PATH": f"{engine_folder()}{os.pathsep}{inherited['PATH']}",
            "EVOLVE_STATE_FOLDER": str(self.states),
            "EVOLVE_LOCAL_FOLDER": str(cloud.folder),
            "PULUMI_HOME": str(folder / "home"),
            **(env or {}),
        }

    def write(self, definition: str) -> None:
        """Replace the definition."""
        self.file.write_text(definition)

    def run(self, *arguments: str) -> Answer:
        """Run the command to its end."""
        answer = subprocess.run(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        return Answer(answer.returncode, answer.stdout, answer.stderr)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start the command and leave it running, in a process group of its own as a shell would."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def stacks(self) -> list[str]:
        """The files of the stacks that there are, by the name of project and stack."""
        found = self.states.glob("states/.pulumi/stacks/*/*.json")
        return sorted(f"{file.parent.name}/{file.stem}" for file in found)
