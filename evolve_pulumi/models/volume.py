"""The portable arguments of a volume: storage that outlives the sandboxes that mount it."""

from typing import Annotated

from pydantic import ConfigDict, Field

from evolve_pulumi.models.managed import Placed, Timeouts
from evolve_pulumi.schema import Attribute, Input, Wire


class VolumeArgs(Placed, total=False):
    """Arguments of `Volume` that mean the same at every vendor."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    name: Annotated[Input[str], Field(min_length=1, max_length=63), Attribute(every=Wire())]
    """Unique in the account. Default: project, stack, the resource's name and a random suffix."""

    allow_data_loss: Annotated[Input[bool], Attribute(default=False)]
    """Whether it may be deleted, or replaced, with what is in it. Set it, run `pulumi up`, and then destroy."""

    adopt_id: Annotated[Input[str], Field(min_length=1), Attribute()]
    """Id of a volume that exists, to be taken over instead of creating one. As long as it is declared, the volume is
    given up instead of deleted; taken out, it is this stack's like any other."""

    timeouts: Annotated[Input[Timeouts], Attribute(default={})]
    """How long operations may take; `delete_minutes` includes waiting until no sandbox mounts it."""
