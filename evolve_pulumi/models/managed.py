"""What every resource carries beside its own arguments; the constructor fills it in, users never write it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from evolve_pulumi.schema import Attribute, Input, Wire


class Connection(TypedDict, total=False):
    """Where a resource lives: everything that identifies the place, and no credential."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # pyright: ignore[reportGeneralTypeIssues]

    backend: str
    """The vendor."""
    endpoint: str
    """Base URL of its API."""
    domain: str
    """Domain of its sandboxes, where the API does not tell."""
    region: str
    """Where the vendor is asked to place things; absent: it chooses."""


class Owner(TypedDict):
    """Who declared a resource; stamped on the object where the vendor has labels."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # pyright: ignore[reportGeneralTypeIssues]

    project: str
    stack: str
    resource: str


class Timeouts(TypedDict, total=False):
    """How long an operation may take before it is given up and undone."""

    __pydantic_config__ = ConfigDict(  # pyright: ignore[reportGeneralTypeIssues]
        extra="forbid", use_attribute_docstrings=True
    )

    create_minutes: Annotated[Input[float], Field(gt=0)]
    """Default: 5."""
    update_minutes: Annotated[Input[float], Field(gt=0)]
    """Default: 5."""
    delete_minutes: Annotated[Input[float], Field(gt=0)]
    """Default: 5."""


Backend = Literal["daytona", "e2b"]
"""The vendors' names."""


class Placed(TypedDict, total=False):
    """Arguments of every resource."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    backend: Annotated[Backend, Attribute()]
    """The vendor, known when the program runs. Default: the stack's `evolve:backend`, else `daytona`."""


class Located(TypedDict, total=False):
    """Entries of every resource."""

    connection: Annotated[Connection, Attribute(every=Wire())]
    """Another place is another object: a change replaces."""


class Owned(Located, total=False):
    """Entries of a kind without labels at the vendor."""

    owner: Annotated[Owner, Attribute()]


class Labelled(Located, total=False):
    """Entries of a kind with labels at the vendor: its owner and the default labels are stamped on it."""

    owner: Annotated[Owner, Attribute(default=None, daytona=Wire(by="set_labels"), e2b=Wire(kept=True))]
    """None for what a stack gives up without deleting it."""
    default_labels: Annotated[dict[str, str], Attribute(default={}, daytona=Wire(by="set_labels"), e2b=Wire(kept=True))]
    """Labels from the stack's configuration, `evolve:defaultLabels`."""
