"""The arguments of a command that is run once inside a sandbox, and again when it changes."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Required

from pydantic import ConfigDict, Field

from evolve_pulumi.models.managed import Placed, Timeouts
from evolve_pulumi.models.sandbox import VariableName
from evolve_pulumi.schema import Attribute, Input, Wire

RUN = Wire(by="run", told=False)
CommandLine = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$")]


class CommandArgs(Placed, total=False):
    """Arguments of `Command`."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    sandbox_id: Required[Annotated[Input[str], Field(min_length=1), Attribute(every=Wire())]]
    """The sandbox it runs in: pass the sandbox's `id`."""

    create: Required[Annotated[Input[CommandLine], Attribute(every=RUN)]]
    """A bash command line, or several, that runs when the resource is created."""

    update: Annotated[Input[CommandLine], Attribute(default="", every=RUN)]
    """What runs when an argument changed. Default: `create` runs again."""

    delete: Annotated[Input[CommandLine], Attribute(default="", every=Wire(once=True))]
    """What runs when the resource is deleted or replaced, unless its sandbox is gone by then or does not run."""

    triggers: Annotated[Input[Sequence[Any]], Attribute(default=[], every=Wire())]
    """Values of any kind. Where one changes, the resource is replaced: `delete` runs, and then `create`."""

    env: Annotated[Input[Mapping[VariableName, Input[str]]], Attribute(default={}, every=RUN)]
    """Environment variables, beside those of the sandbox. `update` and `delete` also get what the last run wrote, in
    `PULUMI_COMMAND_STDOUT` and `PULUMI_COMMAND_STDERR`."""

    working_directory: Annotated[Input[str], Field(min_length=1), Attribute(default="", every=RUN)]
    """Where it runs. Default: the user's home."""

    stdin: Annotated[Input[str], Attribute(default="", every=RUN)]
    """What it reads from its standard input."""

    show_output: Annotated[Input[bool], Attribute(default=True, every=Wire(once=True))]
    """Whether what it writes is shown while it runs, and at the end of an error. Take it away where that is secret,
    and name `stdout` and `stderr` in the resource option `additional_secret_outputs`."""

    timeouts: Annotated[Input[Timeouts], Attribute(default={})]
    """How long it may run."""
