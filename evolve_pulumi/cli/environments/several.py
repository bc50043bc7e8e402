"""One command for each of several environments, a few at a time, each in a process of its own."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import typer

from evolve_pulumi.cli.environments.display import Outcome, Plain, total
from evolve_pulumi.cli.environments.events import Change, Note
from evolve_pulumi.cli.environments.exits import Exit
from evolve_pulumi.cli.environments.operation import interruptible
from evolve_pulumi.cli.environments.target import Target

AT_ONCE = 4
"""Each has an engine, which is busy with waiting most of the time."""
COMMAND = (sys.executable, "-m", "evolve_pulumi")


class Several:
    """Runs `evolve-pulumi` for several environments. One that fails holds no other back.

    Args:
        as_json: Pass on what they say as it is, with their environment.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._running: list[subprocess.Popen[str]] = []
        self._is_interrupted = False

    def run(self, commands: Mapping[Target, Sequence[str]]) -> Exit:
        """Run a command for each, show what came of each, and say how they ended, taken together."""
        with interruptible(self._interrupt), ThreadPoolExecutor(AT_ONCE) as pool:
            ended = list(pool.map(self._one, commands, commands.values()))
        words = {str(target): result for target, (_, result) in zip(commands, ended, strict=True)}
        if self._as_json:
            typer.echo(json.dumps({"event": "end", "environments": words}))
        elif words:
            width = max(map(len, words))
            typer.echo("\n" + "\n".join(f"{name:{width}}  {result}" for name, result in words.items()))
        return _together([code for code, _ in ended])

    def _one(self, target: Target, arguments: Sequence[str]) -> tuple[Exit, str]:
        if self._is_interrupted:
            return Exit.INTERRUPTED, "not begun"
        plain, result = Plain(previewing=False, prefix=f"{target.environment}: "), "Failed"
        verb, *others = arguments
        process = subprocess.Popen(
            [*COMMAND, verb, "--json", *others],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            process_group=0,
        )
        with process, ThreadPoolExecutor(1) as beside:
            self._running.append(process)
            assert process.stdout
            assert process.stderr
            errors = beside.submit(process.stderr.read)
            for line in process.stdout:
                event = json.loads(line)
                self._show(target, plain, event)
                result = _result(event) or result
            if words := errors.result().strip():
                self._show(target, plain, {"event": "note", "severity": "error", "text": words.removeprefix("error: ")})
            code = process.wait()
            self._running.remove(process)
        return Exit(code) if code in set(Exit) else Exit.FAILED, result

    def _show(self, target: Target, plain: Plain, event: Mapping[str, Any]) -> None:
        if self._as_json:
            typer.echo(json.dumps({"project": target.project, "environment": target.environment, **event}))
            return
        match dict(event):
            case {"event": "change", **values}:
                plain.change(Change(**values))
            case {"event": "note", **values}:
                plain.note(Note(**values))
            case _:
                pass

    def _interrupt(self) -> None:
        """Pass ^C on to those that run, and begin no other."""
        self._is_interrupted = True
        for process in list(self._running):
            process.send_signal(signal.SIGINT)


def destroying(target: Target) -> tuple[str, ...]:
    """The command that destroys an environment without its definition."""
    return ("destroy", "--project", target.project, "--environment", target.environment)


def _result(event: Mapping[str, Any]) -> str | None:
    """What the last event of a command says that came of it."""
    if event["event"] != "end":
        return None
    return total(Outcome(event["result"], Counter(event["counts"])), previewing=False)


def _together(codes: Collection[Exit]) -> Exit:
    """One exit code for several."""
    if Exit.INTERRUPTED in codes:
        return Exit.INTERRUPTED
    if set(codes) - {Exit.DONE, Exit.DIFFERS}:
        return Exit.FAILED
    return Exit.DIFFERS if Exit.DIFFERS in codes else Exit.DONE
