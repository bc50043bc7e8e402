"""What users see of a build while a vendor carries it out."""

import logging
from collections import deque

TAIL_LINES = 20

log = logging.getLogger("evolve_pulumi.build")


class BuildLog:
    """What a build writes: shown as it comes, with its end kept for the error."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)

    def __call__(self, chunk: str) -> None:
        """Take a piece of output."""
        for line in chunk.splitlines():
            self._tail.append(line)
            log.info("%s: %s", self._name, line)

    def tail(self) -> str:
        """Its end, as details of an error."""
        return "\n".join(["The end of the build's log:", *self._tail]) if self._tail else ""
