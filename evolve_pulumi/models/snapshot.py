"""The portable arguments of a snapshot: what sandboxes are made from."""

import re
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from evolve_pulumi.dockerfile import local_files
from evolve_pulumi.models.managed import Placed, Timeouts
from evolve_pulumi.schema import Attribute, Input, Wire


def _buildable(text: str) -> str:
    if not re.search(r"^\s*FROM\s", text, re.IGNORECASE | re.MULTILINE):
        raise PydanticCustomError("dockerfile", "is not the text of a Dockerfile: it has no FROM")
    for instruction in local_files(text):
        raise PydanticCustomError(
            "local_files",
            "local files in the build context are not supported yet: {instruction}. Bring them in by RUN",
            {"instruction": instruction},
        )
    return text


def _megabytes(gigabytes: int) -> int:
    return gigabytes * 1024


BUILT = Wire(by="build")
"""At E2B a change is another build of the same template."""
DockerfileText = Annotated[str, AfterValidator(_buildable)]


class SnapshotState(TypedDict, total=False):
    """What is declared of every snapshot without saying so."""

    active: Annotated[bool, Attribute(default=True, daytona=Wire(by="activate"))]


class SnapshotArgs(Placed, total=False):
    """Arguments of `Snapshot` that mean the same at every vendor."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    name: Annotated[Input[str], Field(min_length=1, max_length=63), Attribute(daytona=Wire(), e2b=BUILT)]
    """Unique in the account. Default: project, stack, the resource's name and a suffix. A hash of what is in it is in
    the automatic name, at E2B in a tag behind any name, so that a change builds a new one beside the old."""

    image: Annotated[Input[str], Field(min_length=1), Attribute(daytona=Wire(), e2b=BUILT)]
    """A registry's image, such as `python:3.12-slim`. This or `dockerfile`."""

    dockerfile: Annotated[Input[DockerfileText], Attribute(daytona=Wire(), e2b=BUILT)]
    """The text of a Dockerfile; see `Dockerfile`."""

    cpu: Annotated[Input[int], Field(ge=1), Attribute(daytona=Wire(), e2b=Wire("cpu_count", by="build"))]
    """Cores of its sandboxes."""

    memory_gb: Annotated[
        Input[int],
        Field(ge=1),
        Attribute(daytona=Wire("memory"), e2b=Wire("memory_mb", by="build", encode=_megabytes)),
    ]
    """Memory of its sandboxes in GiB."""

    adopt_id: Annotated[Input[str], Field(min_length=1), Attribute()]
    """Id of a snapshot that exists, to be taken over instead of building one. As long as it is declared, the snapshot
    is given up instead of deleted; taken out, it is this stack's like any other. Not at E2B."""

    timeouts: Annotated[Input[Timeouts], Attribute(default={})]
    """How long operations may take; `create_minutes` includes the build, and is 30 by default."""
