"""Exit codes, for scripts."""

from collections.abc import Callable
from enum import IntEnum

import typer


class Exit(IntEnum):
    """How a command about an environment ended."""

    DONE = 0
    """It is as was asked for."""
    FAILED = 1
    """It was tried, and not all of it worked."""
    WRONG = 2
    """The command line, the definition or the configuration is wrong; nothing was tried."""
    BUSY = 3
    """Another run has the environment; see `--wait`."""
    MISSING = 4
    """There is no such environment."""
    DIFFERS = 5
    """With `--exit-code`: there is something to change, or something has drifted."""
    INTERRUPTED = 130
    """By ^C; what had begun was finished and recorded."""


def run(act: Callable[[], Exit]) -> None:
    """Do it, and end with its exit code; what is wrong with what was asked is said in one line each."""
    from evolve_pulumi.errors import EvolveError

    try:
        code = act()
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
    except EvolveError as error:
        typer.echo(f"error: {error}", err=True)
        code = Exit.MISSING if type(error).__name__ == "NoEnvironmentError" else Exit.WRONG
    raise typer.Exit(code)
