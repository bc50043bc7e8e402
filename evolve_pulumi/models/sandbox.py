"""The portable arguments of a sandbox."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Required

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from evolve_pulumi.models.managed import Placed, Timeouts
from evolve_pulumi.schema import Attribute, Input, Wire

Port = Annotated[int, Field(ge=1, le=65535)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def _not_reserved(name: str) -> str:
    if name.startswith("evolve-"):
        raise PydanticCustomError("reserved", "labels that begin with evolve- are written by evolve_pulumi itself")
    return name


LabelName = Annotated[str, AfterValidator(_not_reserved)]


class VolumeMount(TypedDict, total=False):
    """A volume at a place in a sandbox."""

    __pydantic_config__ = ConfigDict(  # pyright: ignore[reportGeneralTypeIssues]
        extra="forbid", use_attribute_docstrings=True
    )

    volume_id: Required[Input[str]]
    """The volume's id."""
    mount_path: Required[Annotated[Input[str], Field(pattern=r"^/.")]]
    """Absolute path of the folder at which it appears."""
    subpath: Input[str]
    """Folder of the volume to mount, not at E2B. Default: all of it."""


class SandboxState(TypedDict, total=False):
    """What is declared of every sandbox without saying so."""

    errored: Annotated[bool, Attribute(default=False, daytona=Wire(by="recover"))]
    """Whether the vendor gave it up for an error."""


class SandboxContent(TypedDict, total=False):
    """What a sandbox is, as a program and as a definition in a file say it."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    snapshot: Annotated[Input[str], Field(min_length=1), Attribute(daytona=Wire(), e2b=Wire("template"))]
    """What the sandbox is made from: a snapshot's name; E2B's word is template. Default: the vendor's own."""

    env: Annotated[
        Input[Mapping[VariableName, Input[str]]], Attribute(default={}, daytona=Wire("env_vars"), e2b=Wire("envs"))
    ]
    """Environment variables of everything that runs inside. Cannot be read back from the vendor."""

    labels: Annotated[
        Input[Mapping[LabelName, Input[str]]], Attribute(default={}, daytona=Wire(by="set_labels"), e2b=Wire())
    ]
    """Names and values to find the sandbox by. Labels that others put on it are left alone. At E2B they are its
    metadata, which cannot change: another value replaces the sandbox."""

    timeouts: Annotated[Input[Timeouts], Attribute(default={})]
    """How long operations may take."""


class SandboxOptions(SandboxContent, total=False):
    """What a sandbox is made with that means the same at every vendor."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    name: Annotated[Input[str], Field(min_length=1, max_length=63), Attribute(daytona=Wire(), e2b=Wire())]
    """Unique in the account, where the vendor has names; E2B keeps it in the metadata. Default: the resource's name and
    a random suffix."""

    volumes: Annotated[Input[Sequence[Input[VolumeMount]]], Attribute(default=[], daytona=Wire(), e2b=Wire())]
    """Volumes to mount. Pass a volume's `id`, so that the sandbox is made after it and deleted before it."""

    public: Annotated[Input[bool], Attribute(default=False, daytona=Wire(by="set_public"), e2b=Wire())]
    """Whether preview URLs answer without a token."""

    state: Annotated[
        Input[Literal["started", "stopped", "paused", "archived"]],
        Attribute(daytona=Wire(by="set_state"), e2b=Wire(by="set_state")),
    ]
    """What it is to be; E2B has no stopped and no archived ones. Default: it is started when it is made, and left as it
    is found from then on, so that a vendor's timers can do their work."""


class SandboxArgs(Placed, SandboxOptions, total=False):
    """Arguments of `Sandbox` that mean the same at every vendor."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    ports: Annotated[Input[Sequence[Input[Port]]], Attribute(default=[])]
    """Ports to give preview URLs for, in `preview_urls`."""

    allow_restart: Annotated[Input[bool], Attribute(default=False)]
    """Whether an update may stop the sandbox and start it again, which ends what runs in it. Without it such an update
    is refused. Services in it are started again by the next `pulumi up --refresh`."""

    on_destroy: Annotated[Input[Literal["delete", "stop", "archive", "keep"]], Attribute(default="delete")]
    """What becomes of it when it leaves the program, or is replaced. E2B can only delete it."""

    adopt_id: Annotated[Input[str], Field(min_length=1), Attribute()]
    """Id of a sandbox that exists, to be taken over instead of creating one. Matters when it is created here; take it
    out later, or leave it. Not at E2B, where nothing can say whose it has become."""
