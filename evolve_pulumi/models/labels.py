"""The arguments of labels on a sandbox that is owned elsewhere."""

from collections.abc import Mapping
from typing import Annotated, Required

from pydantic import ConfigDict, Field

from evolve_pulumi.models.managed import Placed, Timeouts
from evolve_pulumi.models.sandbox import LabelName
from evolve_pulumi.schema import Attribute, Input, Wire


class LabelsArgs(Placed, total=False):
    """Arguments of `Labels`."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    sandbox_id: Required[Annotated[Input[str], Field(min_length=1), Attribute(every=Wire())]]
    """The sandbox that carries them."""

    labels: Required[
        Annotated[Input[Mapping[LabelName, Input[str]]], Field(min_length=1), Attribute(daytona=Wire(by="set_labels"))]
    ]
    """Names and values. One that the sandbox has already, with another value, is refused; all others on it are left
    alone."""

    timeouts: Annotated[Input[Timeouts], Attribute(default={})]
    """How long operations may take."""
