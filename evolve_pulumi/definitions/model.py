"""What a definition can say, as TypedDicts: those of the resources' tables wherever they say the same."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Required

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from evolve_pulumi.models.command import CommandLine
from evolve_pulumi.models.files import FolderPath, PathBelow
from evolve_pulumi.models.managed import Backend
from evolve_pulumi.models.sandbox import SandboxContent, VariableName
from evolve_pulumi.models.service import ServiceContent
from evolve_pulumi.models.snapshot import DockerfileText
from evolve_pulumi.vendors.daytona.options import DaytonaOptions
from evolve_pulumi.vendors.e2b.options import E2BOptions

CLOSED = ConfigDict(extra="forbid", use_attribute_docstrings=True)
PROJECT_PATTERN = r"^[a-z][a-z0-9-]{0,39}$"
LIFETIME_PATTERN = r"^[1-9][0-9]{0,5}[mhd]$"
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
AbsolutePath = Annotated[str, Field(pattern=r"^/.")]
Text = Annotated[str, Field(min_length=1)]
Lifetime = Annotated[str, Field(pattern=LIFETIME_PATTERN)]


class Size(TypedDict, total=False):
    """What the sandbox has; what is left out is as the snapshot says."""

    __pydantic_config__ = CLOSED  # pyright: ignore[reportGeneralTypeIssues]

    cpu: Annotated[int, Field(ge=1)]
    """Cores."""
    memory_gb: Annotated[int, Field(ge=1)]
    """Memory in GiB."""
    disk_gb: Annotated[int, Field(ge=1)]
    """Disk in GiB. Daytona only."""


class VolumeDefinition(TypedDict, total=False):
    """Storage that is mounted into the sandbox."""

    __pydantic_config__ = CLOSED  # pyright: ignore[reportGeneralTypeIssues]

    mount_path: Required[AbsolutePath]
    """Absolute path of the folder at which it appears."""
    shared: Text
    """Name of a volume that exists and is left alone when the environment goes. Default: a fresh one of the
    environment's own, which goes with it, and with what is in it."""
    seed_command: CommandLine
    """A bash command line, or several, that fills the fresh volume: once in its life, after the sources are there and
    before `setup`."""
    seed_folder: AbsolutePath
    """Absolute path of a folder in the snapshot or image, whose files are copied into the fresh volume, once in its
    life. In place of `seed_command`."""


class SourceDefinition(TypedDict, total=False):
    """What is brought into a folder of the sandbox: a Git repository at a commit, or files."""

    __pydantic_config__ = CLOSED  # pyright: ignore[reportGeneralTypeIssues]

    path: Required[FolderPath]
    """The folder in the sandbox: absolute, or from the home of the sandbox's user on."""
    git: Text
    """A repository: `.` is the one that the definition is in, at what is committed. Others, by URL, only as the policy
    allows, or with `clone_inside`."""
    ref: Text
    """A branch, a tag or a commit of it. Default: what is checked out."""
    clone_inside: bool
    """Whether Git fetches inside the sandbox, where it has no credentials. Default: false."""
    folder: Text
    """A folder beside the definition, whose files are sent."""
    exclude: Sequence[str]
    """What of `folder` does not come: names or paths, with wildcards."""
    files: Mapping[PathBelow, str]
    """Texts by path below `path`."""


class SetupDefinition(TypedDict, total=False):
    """A command that runs once, after the sources are there, and again when it or a repository changes."""

    __pydantic_config__ = CLOSED  # pyright: ignore[reportGeneralTypeIssues]

    command: Required[CommandLine]
    """A bash command line, or several. It must end with exit code 0."""
    working_directory: Text
    """Where it runs. Default: the user's home."""
    env: Mapping[VariableName, str]
    """Environment variables, beside those of the sandbox."""


class ServiceDefinition(ServiceContent, total=False):
    """A command that keeps running, and the port at which it answers."""

    __pydantic_config__ = CLOSED  # pyright: ignore[reportGeneralTypeIssues]

    depends_on: Sequence[Name]
    """Services that have to be ready before it is started."""
    public: bool
    """Whether its URL answers without a token. A vendor makes a whole sandbox public or none of it, so all services
    say the same. Default: false."""


class DaytonaDefinition(DaytonaOptions, total=False):
    """Daytona's own options."""

    __pydantic_config__ = CLOSED  # pyright: ignore[reportGeneralTypeIssues]


class E2BDefinition(E2BOptions, total=False):
    """E2B's own options."""

    __pydantic_config__ = CLOSED  # pyright: ignore[reportGeneralTypeIssues]


class Definition(SandboxContent, total=False):
    """An environment: one sandbox, what is in it, and the services that run there."""

    __pydantic_config__ = CLOSED  # pyright: ignore[reportGeneralTypeIssues]

    name: Annotated[str, Field(pattern=PROJECT_PATTERN)]
    """What its environments are environments of. Default: the name of the file's folder."""
    backend: Backend
    """The vendor. Default: the stack's `evolve:backend`, else `daytona`."""
    image: Text
    """A registry's image to make the sandbox from, with a tag, such as `python:3.12-slim`. In place of `snapshot`."""
    dockerfile: DockerfileText
    """The text of a Dockerfile to make the sandbox from. In place of `snapshot`."""
    size: Size
    """What the sandbox has. At E2B only with `image` or `dockerfile`: a snapshot there has its own size."""
    allow_restart: bool
    """Whether an update may stop the sandbox and start it again, which ends what runs in it. Default: false."""
    volumes: Mapping[Name, VolumeDefinition]
    """Volumes by name."""
    sources: Mapping[Name, SourceDefinition]
    """What is brought into the sandbox, by name."""
    setup: Mapping[Name, SetupDefinition]
    """Commands by name, run one after the other before any service starts."""
    services: Mapping[Name, ServiceDefinition]
    """Services by name; each has a URL."""
    lifetime: Lifetime
    """How long after the last `up` it expires: minutes, hours or days, as in `90m`, `12h` or `3d`. Default: never."""
    daytona: DaytonaDefinition
    """What only Daytona has; ignored elsewhere."""
    e2b: E2BDefinition
    """What only E2B has; ignored elsewhere."""
