"""What only Daytona has."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from evolve_pulumi.schema import Attribute, Input, Wire

MAX_AUTO_ARCHIVE_MINUTES = 43200
"""30 days. Daytona stores 0 as this, and clamps what is larger."""


class DaytonaOptions(TypedDict, total=False):
    """Arguments of `Sandbox` that Daytona alone has; other vendors ignore them."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    language: Annotated[
        Input[Literal["python", "typescript", "javascript"]],
        Attribute(default="python", daytona=Wire()),
    ]
    """What the toolbox's `code_run` runs."""

    auto_stop_minutes: Annotated[
        Input[int],
        Field(ge=0),
        Attribute(default=15, daytona=Wire("auto_stop_interval", by="set_autostop_interval")),
    ]
    """Idle minutes until the sandbox is stopped; 0 never stops it."""

    auto_archive_minutes: Annotated[
        Input[int],
        Field(ge=0, le=MAX_AUTO_ARCHIVE_MINUTES),
        Attribute(default=10080, daytona=Wire("auto_archive_interval", by="set_auto_archive_interval")),
    ]
    """Minutes that a stopped sandbox waits until it is archived; 0 means the maximum, 30 days."""

    auto_delete_minutes: Annotated[
        Input[int],
        Field(ge=-1),
        Attribute(default=-1, daytona=Wire("auto_delete_interval", by="set_auto_delete_interval")),
    ]
    """Minutes that a stopped sandbox waits until it is deleted; 0 deletes it when it stops, -1 never does."""

    ttl_minutes: Annotated[Input[int], Field(ge=0), Attribute(default=0, daytona=Wire(by="set_ttl"))]
    """Minutes from creation, or from the change of this value, until the sandbox is deleted whatever it does; 0
    lets it live. Cannot be read back from Daytona."""
