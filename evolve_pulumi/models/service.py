"""The arguments of a service: a command that keeps running inside a sandbox."""

from collections.abc import Mapping
from typing import Annotated, Required

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from evolve_pulumi.models.managed import Placed, Timeouts
from evolve_pulumi.models.sandbox import Port, VariableName
from evolve_pulumi.schema import Attribute, Input, Wire

RESTART = Wire(by="restart")


class Health(TypedDict, total=False):
    """What a service must answer on its port before it counts as ready."""

    __pydantic_config__ = ConfigDict(  # pyright: ignore[reportGeneralTypeIssues]
        extra="forbid", use_attribute_docstrings=True
    )

    path: Annotated[Input[str], Field(pattern=r"^/[!-~]*$")]
    """Path of an HTTP GET. Default: none; a TCP connection is enough."""
    status: Annotated[Input[int], Field(ge=100, le=599)]
    """The status it must answer with. Default: any from 200 to 399."""


class ServiceContent(TypedDict, total=False):
    """What a service is, wherever it runs."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    command: Required[Annotated[Input[str], Field(min_length=1), Attribute(every=RESTART)]]
    """A bash command line, or several; it stays in the foreground."""

    port: Required[Annotated[Input[Port], Attribute(every=RESTART)]]
    """The port it listens on."""

    env: Annotated[Input[Mapping[VariableName, Input[str]]], Attribute(default={}, every=RESTART)]
    """Environment variables, beside those of the sandbox."""

    working_directory: Annotated[Input[str], Field(min_length=1), Attribute(default="", every=RESTART)]
    """Where the command starts. Default: the user's home."""

    health: Annotated[Input[Health], Attribute(default={}, every=RESTART)]
    """When it counts as ready. Default: its port accepts a TCP connection."""

    timeouts: Annotated[Input[Timeouts], Attribute(default={})]
    """How long operations may take; `create_minutes` and `update_minutes` include becoming ready."""


class ServiceArgs(Placed, ServiceContent, total=False):
    """Arguments of `Service`."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    sandbox_id: Required[Annotated[Input[str], Field(min_length=1), Attribute(every=Wire())]]
    """The sandbox it runs in: pass the sandbox's `id`."""
