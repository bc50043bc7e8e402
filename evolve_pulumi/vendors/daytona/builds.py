"""Building images: what Daytona is given."""

import tempfile
from pathlib import Path

from daytona import GpuType, Image, Resources

from evolve_pulumi.schema import Values


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
