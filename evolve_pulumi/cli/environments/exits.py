"""Exit codes, for scripts."""

from enum import IntEnum


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
