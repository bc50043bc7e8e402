"""Pulumi programs under the real engine: one project folder, one stack, its commands as methods.

    stack = Stack(tmp_path, "import pulumi; pulumi.export('answer', 42)")
    assert stack.up().ok().changes == {"created": 1}
    assert stack.outputs() == {"answer": 42}

State, secrets and Pulumi's own home are in the folder; nothing of the user's is read or left behind.
"""

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).parents[1] / "tools"
COMMAND_SECONDS = 240
PROJECT = "name: tests\nruntime: python\n"


def environment(folder: Path) -> dict[str, str]:
    """The environment to run `pulumi` in, with all it writes below the folder."""
    backend = folder / "backend"
    backend.mkdir(parents=True, exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    return inherited | {
        "PATH": f"{engine_folder()}{os.pathsep}{inherited['PATH']}",
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "tests",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


@functools.cache
def engine_folder() -> str:
    """Where the engine is, which is fetched or built if need be; a failure shows the remedy."""
    command = [sys.executable, str(TOOLS / "engine"), "ensure"]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@dataclass(frozen=True)
class Result:
    """What one command said."""

    code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams."""
        return self.stdout + self.stderr

    @property
    def changes(self) -> dict[str, int]:
        """The summary's counts: created, updated, replaced, deleted, same; a preview's under the same names."""
        summaries = re.findall(r"^Resources:\n((?:    .*\n)+)", self.stdout, re.MULTILINE)
        found = re.findall(r"(\d+) (?:to )?([a-z]+)", summaries[-1] if summaries else "")
        return {past(verb): int(count) for count, verb in found if not verb.startswith("change")}

    @property
    def diagnostics(self) -> str:
        """What the summary reports as going wrong; progress lines repeat parts of it before."""
        return self.stdout.partition("\nDiagnostics:\n")[2].partition("\nResources:\n")[0]

    def ok(self) -> "Result":
        """The same, for a command that must have succeeded."""
        assert self.code == 0, f"exit code {self.code}\n{self.output}"
        return self


def past(verb: str) -> str:
    """One name for a preview's and an update's count."""
    if verb == "unchanged":
        return "same"
    return verb if verb.endswith("d") else verb.rstrip("e") + "ed"


class Stack:
    """One stack of one project, both made here."""

    def __init__(
        self,
        folder: Path,
        program: str,
        *,
        project: str = PROJECT,
        name: str = "dev",
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder / "project"
        self.name = name
        self.env = environment(folder) | dict(env or {})
        self.folder.mkdir(exist_ok=True)
        (self.folder / "Pulumi.yaml").write_text(project)
        self.write(program)
        self.run("stack", "init", name).ok()

    def write(self, program: str) -> None:
        """Replace the program."""
        (self.folder / "__main__.py").write_text(program)

    def preview(self, *options: str) -> Result:
        """Run `pulumi preview`."""
        return self.run("preview", *options)

    def up(self, *options: str) -> Result:
        """Run `pulumi up`, without a preview before it."""
        return self.run("up", "--yes", "--skip-preview", *options)

    def refresh(self, *options: str) -> Result:
        """Run `pulumi refresh`."""
        return self.run("refresh", "--yes", "--skip-preview", *options)

    def destroy(self, *options: str) -> Result:
        """Run `pulumi destroy`."""
        return self.run("destroy", "--yes", "--skip-preview", *options)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in clear."""
        return json.loads(self.run("stack", "output", "--json", "--show-secrets").ok().stdout)

    def export(self) -> dict[str, Any]:
        """The stack's state, as it is stored."""
        return json.loads(self.run("stack", "export").ok().stdout)["deployment"]

    def config_set(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set one value of the stack's config."""
        kind = "--secret" if secret else "--plaintext"
        self.run("config", "set", kind, key, stdin=value).ok()

    def run(self, *arguments: str, stdin: str = "") -> Result:
        """Run any command on the stack."""
        answer = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        return Result(answer.returncode, answer.stdout, answer.stderr)

    def command(self, *arguments: str) -> list[str]:
        """The command line of a command on the stack, for those who start it themselves."""
        selected = [] if arguments[:2] == ("stack", "init") else ["--stack", self.name]
        return ["pulumi", *arguments, *selected, "--non-interactive", "--color", "never"]
