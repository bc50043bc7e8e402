"""What tests build images from."""

from tempfile import NamedTemporaryFile

from daytona import CreateSandboxFromImageParams, Daytona, Image, Sandbox

BASE = "evolve/local:1"


def image(text: str) -> Image:
    """From the text of a Dockerfile, which the SDK takes from a file only."""
    with NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        return Image.from_dockerfile(file.name)


def made_from(daytona: Daytona, text: str) -> Sandbox:
    """A sandbox from what a Dockerfile adds to the base."""
    return daytona.create(CreateSandboxFromImageParams(image=image(f"FROM {BASE}\n{text}")))
