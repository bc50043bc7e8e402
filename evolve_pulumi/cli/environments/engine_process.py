"""The engine as a process that ^C reaches in order."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import CommandError, create_command_error

from evolve_pulumi.cli import engine
from evolve_pulumi.errors import ConfigurationError

OnOutput = Callable[[str], object]


class Engine(PulumiCommand):
    """The engine on PATH, or the one in the user's cache.

    It runs in a process group of its own, so that a ^C in the terminal reaches it by `interrupt` alone, once: the first
    lets it finish what it is doing and record it, the second ends it.
    """

    def __init__(self) -> None:
        program = engine.find()
        if program is None:
            raise ConfigurationError(
                "there is no pulumi on this machine", remedy="`evolve-pulumi doctor` says how to get it."
            )
        super().__init__(root=None if shutil.which("pulumi") else str(program.parent.parent))
        self._program = program
        self._running: list[subprocess.Popen[str]] = []
        self.interruptions = 0

    @property
    def environment(self) -> dict[str, str]:
        """What it needs to know of this machine: the interpreter that has our provider, and that nothing is fetched
        for an engine of the engine kit's, which has all it needs beside it."""
        found = {"PULUMI_PYTHON_CMD": sys.executable, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        if engine.is_kept(self._program):
            found["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
        return found

    def interrupt(self) -> None:
        """Pass a ^C on."""
        self.interruptions += 1
        for process in self._running:
            process.send_signal(signal.SIGINT)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """Run one command of it to its end; raises CommandError where it fails."""
        path = f"{Path(self._program).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        process = subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **additional_env, "PATH": path, "PULUMI_AUTOMATION_API": "true"},
            encoding="utf-8",
            process_group=0,
        )
        with process, ThreadPoolExecutor(2) as pool:
            self._running.append(process)
            assert process.stdout
            assert process.stderr
            out = pool.submit(_lines, process.stdout, on_output)
            err = pool.submit(_lines, process.stderr, on_error)
            code = process.wait()
            self._running.remove(process)
            result = CommandResult(stdout=out.result(), stderr=err.result(), code=code)
        if code:
            raise create_command_error(result)
        return result


def words_of(error: CommandError) -> str:
    """The engine's own words for a failure, without the streams around them."""
    words = str(error).partition("stderr:")[2].strip() or str(error)
    return words.removeprefix("error: ")


def _lines(stream: IO[str], callback: OnOutput | None) -> str:
    lines: list[str] = []
    for line in stream:
        lines.append(line.rstrip())
        if callback:
            callback(lines[-1])
    return "\n".join(lines)
