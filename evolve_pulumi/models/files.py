"""The arguments of files: text and local files in a folder of a sandbox."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Required

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from evolve_pulumi.models.managed import Placed, Timeouts
from evolve_pulumi.schema import Attribute, Input, Wire

UPLOADED = Wire(by="upload")


def _below(path: str) -> str:
    if path.startswith("/") or any(part in ("", ".", "..") for part in path.split("/")):
        raise PydanticCustomError("below", "is not a path below the folder, such as etc/app.conf")
    return path


PathBelow = Annotated[str, Field(pattern=r"^[^\x00-\x1f\\]+$"), AfterValidator(_below)]
FolderPath = Annotated[str, Field(pattern=r"^[^\x00-\x1f\\]+$")]


class InlineFile(TypedDict, total=False):
    """A file with permissions of its own."""

    __pydantic_config__ = ConfigDict(  # pyright: ignore[reportGeneralTypeIssues]
        extra="forbid", use_attribute_docstrings=True
    )

    content: Required[Input[str]]
    """Its text."""
    mode: Annotated[Input[str], Field(pattern=r"^[0-7]{3}$")]
    """Permissions, as in `755`. Default: `644`."""


class FilesState(TypedDict, total=False):
    """What is declared of all files without saying so."""

    source_folder: Annotated[str, Attribute(every=Wire(kept=True))]
    """Where `source` is on the machine of the program; another place with the same content is no change."""
    source_files: Annotated[Mapping[str, str], Attribute(default={}, every=UPLOADED)]
    """What is in it, see `sources.folders.stamp`."""
    drifted: Annotated[Mapping[str, str], Attribute(default={}, every=UPLOADED)]
    """What is not as declared: `missing`, `changed` or `unwanted`, by path."""


class FilesArgs(Placed, total=False):
    """Arguments of `Files`."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    sandbox_id: Required[Annotated[Input[str], Field(min_length=1), Attribute(every=Wire())]]
    """The sandbox they are in: pass the sandbox's `id`."""

    path: Required[Annotated[Input[FolderPath], Attribute(every=Wire())]]
    """The folder they are in: absolute, or from the home of the sandbox's user on. What else is in it is left alone."""

    files: Annotated[Input[Mapping[PathBelow, Input[str] | Input[InlineFile]]], Attribute(default={}, every=UPLOADED)]
    """Texts by path below the folder, or `InlineFile` where permissions matter. They may be secret."""

    source: Annotated[str, Field(min_length=1), Attribute(default="")]
    """A folder on the machine of the program, whose files come too, or one file; known when the program runs. A text of
    the same path wins. Empty folders do not come, and of permissions only whether a file is a program."""

    exclude: Annotated[Sequence[str], Attribute(default=[])]
    """What of `source` does not come: names or paths, with wildcards: `[".git", "*.pyc", "build/*"]`."""

    timeouts: Annotated[Input[Timeouts], Attribute(default={})]
    """How long operations may take."""
