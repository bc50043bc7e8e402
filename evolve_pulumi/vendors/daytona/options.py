"""What only Daytona has."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field
from typing_extensions import TypedDict

from evolve_pulumi.schema import Attribute, Input, Wire

MAX_AUTO_ARCHIVE_MINUTES = 43200
"""30 days. Daytona stores 0 as this, and clamps what is larger."""


def _is_network(text: str) -> str:
    IPv4Network(text)
    return text


Cidr = Annotated[str, AfterValidator(_is_network)]
Domain = Annotated[str, Field(pattern=r"^[^,\s]+$")]


def _listed(values: Sequence[str]) -> str:
    return ",".join(values)


def _unlisted(text: str | None) -> list[str]:
    return text.split(",") if text else []


def _network(**form: Any) -> Wire:
    return Wire(by="update_network_settings", **form)


class DaytonaOptions(TypedDict, total=False):
    """Arguments of `Sandbox` that Daytona alone has; other vendors ignore them."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    language: Annotated[
        Input[Literal["python", "typescript", "javascript"]],
        Attribute(default="python", daytona=Wire()),
    ]
    """What the toolbox's `code_run` runs."""

    os_user: Annotated[Input[str], Field(min_length=1), Attribute(default="daytona", daytona=Wire())]
    """The user that commands run as."""

    region: Annotated[Input[str], Field(min_length=1), Attribute(daytona=Wire("target"))]
    """Where it runs. Default: the stack's `evolve:daytonaTarget`, else the organization's default region."""

    spot: Annotated[Input[bool], Attribute(default=False, daytona=Wire())]
    """Whether it may be evicted for a lower price."""

    queue_timeout_minutes: Annotated[Input[int], Field(ge=1), Attribute(daytona=Wire("queue_timeout", once=True))]
    """How long its creation may wait for capacity before Daytona gives it up. Default: it does not wait."""

    linked_sandbox: Annotated[Input[str], Field(min_length=1), Attribute(daytona=Wire())]
    """Id of a sandbox to which it is linked."""

    outbound_proxy_url: Annotated[Input[str], Field(min_length=1), Attribute(daytona=Wire())]
    """A proxy for what it sends out."""

    network_block_all: Annotated[Input[bool], Attribute(default=False, daytona=_network())]
    """Whether it can send nothing out at all."""

    network_allow_list: Annotated[
        Input[Sequence[Input[Cidr]]], Attribute(default=[], daytona=_network(encode=_listed, decode=_unlisted))
    ]
    """IPv4 networks that it can reach, such as `10.0.0.0/8`. Default: all."""

    domain_allow_list: Annotated[
        Input[Sequence[Input[Domain]]], Attribute(default=[], daytona=_network(encode=_listed, decode=_unlisted))
    ]
    """Domains that it can reach. Default: all."""

    auto_stop_minutes: Annotated[
        Input[int],
        Field(ge=0),
        Attribute(default=15, daytona=Wire("auto_stop_interval", by="set_idle_intervals")),
    ]
    """Idle minutes until the sandbox is stopped; 0 never stops it."""

    auto_pause_minutes: Annotated[
        Input[int],
        Field(ge=0),
        Attribute(default=0, daytona=Wire("auto_pause_interval", by="set_idle_intervals")),
    ]
    """Idle minutes until the sandbox is paused, where its class can pause; 0 never pauses it. Not together with
    `auto_stop_minutes`."""

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
