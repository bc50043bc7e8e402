"""Building images: what Daytona is given, and what the user sees of it."""

import logging
import tempfile
from collections import deque
from pathlib import Path

from daytona import GpuType, Image, Resources

from evolve_pulumi.schema import Values

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


def image(declared: Values) -> str | Image | None:
    """The image that is declared, for the SDK; None where there is none."""
    if "dockerfile" not in declared:
        return declared.get("image")
    with tempfile.TemporaryDirectory() as folder:
        # The SDK takes the text of a Dockerfile only from a file.
        file = Path(folder, "Dockerfile")
        file.write_text(declared["dockerfile"])
        return Image.from_dockerfile(file)


def resources(declared: Values) -> Resources | None:
    """The sizes that are declared, for the SDK."""
    sizes = {field: declared[field] for field in ("cpu", "memory", "disk", "gpu") if field in declared}
    if types := declared.get("gpu_type"):
        sizes["gpu_type"] = [GpuType(each) for each in types]
    return Resources(**sizes) if sizes else None
