"""The arguments of a service: a command that keeps running inside a sandbox."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal, Required

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from evolve_pulumi.models.managed import Placed, Timeouts
from evolve_pulumi.models.sandbox import Port, VariableName
from evolve_pulumi.schema import Attribute, Input, Wire

RESTART = Wire(by="restart")


class Health(TypedDict, total=False):
    """What must be so before a service counts as ready: an answer on its port, or a command that succeeds."""

    __pydantic_config__ = ConfigDict(  # pyright: ignore[reportGeneralTypeIssues]
        extra="forbid", use_attribute_docstrings=True
    )

    path: Annotated[Input[str], Field(pattern=r"^/[!-~]*$")]
    """Path of an HTTP GET. Default: none; a TCP connection is enough."""
    status: Annotated[Input[int], Field(ge=100, le=599)]
    """The status it must answer with. Default: any from 200 to 399."""
    command: Annotated[Input[str], Field(min_length=1)]
    """A bash command line that succeeds once it is ready, with its environment and in its directory; instead of the
    two others."""


class ServiceContent(TypedDict, total=False):
    """What a service is, wherever it runs."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    command: Required[Annotated[Input[str], Field(min_length=1), Attribute(every=RESTART)]]
    """A bash command line, or several; it stays in the foreground."""

    port: Annotated[Input[Port], Attribute(default=None, every=RESTART)]
    """The port it listens on; required unless `health` is a command."""

    env: Annotated[Input[Mapping[VariableName, Input[str]]], Attribute(default={}, every=RESTART)]
    """Environment variables, beside those of the sandbox."""

    working_directory: Annotated[Input[str], Field(min_length=1), Attribute(default="", every=RESTART)]
    """Where the command starts. Default: the user's home."""

    health: Annotated[Input[Health], Attribute(default={}, every=RESTART)]
    """When it counts as ready. Default: its port accepts a TCP connection."""

    restart: Annotated[Input[Literal["no", "on-failure", "always"]], Attribute(default="no", every=RESTART)]
    """Whether it is started again inside the sandbox when it ends: never, after an exit code other than 0, or always;
    each time a little later, up to a minute. In any case `up` starts one again that a refresh found to have ended."""

    timeouts: Annotated[Input[Timeouts], Attribute(default={})]
    """How long operations may take; `create_minutes` and `update_minutes` include becoming ready."""


class ServiceArgs(Placed, ServiceContent, total=False):
    """Arguments of `Service`."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    sandbox_id: Required[Annotated[Input[str], Field(min_length=1), Attribute(every=Wire())]]
    """The sandbox it runs in: pass the sandbox's `id`."""


def contradictions(known: Mapping[str, Any], unknown: Collection[str]) -> Iterator[tuple[str, str]]:
    """Arguments that do not go together."""
    health: Mapping[str, Any] = known.get("health", {})
    if "port" not in known and "port" not in unknown and "health" not in unknown and "command" not in health:
        yield "port", "is required, unless health is a command"
    if "command" in health and health.keys() & {"path", "status"}:
        yield "health.command", "goes only without path and status"
