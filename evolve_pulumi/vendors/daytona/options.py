"""What only Daytona has."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field
from typing_extensions import TypedDict

from evolve_pulumi.models.snapshot import DockerfileText
from evolve_pulumi.schema import Attribute, Input, Values, Wire

MAX_AUTO_ARCHIVE_MINUTES = 43200
"""30 days. Daytona stores 0 as this, and clamps what is larger."""


GpuType = Literal["H100", "H200", "B200", "B300", "RTX-PRO-6000", "RTX-4090", "RTX-5090", "MI355X"]


def _is_network(text: str) -> str:
    IPv4Network(text)
    return text


Cidr = Annotated[str, AfterValidator(_is_network)]
Domain = Annotated[str, Field(pattern=r"^[^,\s]+$")]


def _listed(values: Sequence[str]) -> str:
    return ",".join(values)


def _unlisted(text: str | None) -> list[str]:
    return text.split(",") if text else []


def _size(field: str | None = None) -> Wire:
    return Wire(field, by="resize")


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

    image: Annotated[Input[str], Field(min_length=1), Attribute(daytona=Wire())]
    """A registry's image to make it from, such as `python:3.12-slim`, in place of a snapshot."""

    dockerfile: Annotated[Input[DockerfileText], Attribute(daytona=Wire())]
    """The text of a Dockerfile to build it from, in place of a snapshot; see `Dockerfile`."""

    cpu: Annotated[Input[int], Field(ge=1), Attribute(daytona=_size())]
    """Cores. More are added while it runs; for fewer it has to be stopped, see `allow_restart`. Default, as for memory
    and disk: what the snapshot says."""

    memory_gb: Annotated[Input[int], Field(ge=1), Attribute(daytona=_size("memory"))]
    """Memory in GiB; changed like `cpu`."""

    disk_gb: Annotated[Input[int], Field(ge=1), Attribute(daytona=_size("disk"))]
    """Disk in GiB. It grows while it is stopped, see `allow_restart`, and never shrinks: a smaller one replaces."""

    gpu: Annotated[Input[int], Field(ge=0), Attribute(daytona=Wire())]
    """GPUs; only with `image` or `dockerfile`. Such a sandbox is deleted when it stops."""

    gpu_type: Annotated[Input[Sequence[Input[GpuType]]], Attribute(daytona=Wire())]
    """Types of GPU that will do, the best first. Default: any."""

    ephemeral: Annotated[Input[bool], Attribute(default=False, daytona=Wire(by="set_auto_delete_interval"))]
    """Whether it is deleted when it stops; the same as `auto_delete_minutes=0`."""

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

    ttl_minutes: Annotated[Input[int], Field(ge=0), Attribute(default=0, daytona=Wire(by="set_ttl", told=False))]
    """Minutes from creation, or from the change of this value, until the sandbox is deleted whatever it does; 0
    lets it live. Cannot be read back from Daytona."""


def limited(minutes: int, options: Values, ttl_minutes: int) -> dict[str, Any]:
    """It is deleted then, and not stopped before for being idle: nothing would wake it."""
    del ttl_minutes
    return {"auto_stop_minutes": 0, "ttl_minutes": minutes, **options}


class DaytonaSnapshotOptions(TypedDict, total=False):
    """Arguments of `Snapshot` that Daytona alone has; other vendors ignore them."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    entrypoint: Annotated[Input[Sequence[Input[str]]], Field(min_length=1), Attribute(daytona=Wire())]
    """The program that runs when a sandbox starts, and its arguments. Default: the image's own."""

    disk_gb: Annotated[Input[int], Field(ge=1), Attribute(daytona=Wire("disk"))]
    """Disk of its sandboxes in GiB."""

    gpu: Annotated[Input[int], Field(ge=0), Attribute(daytona=Wire())]
    """GPUs of its sandboxes."""

    gpu_type: Annotated[Input[Sequence[Input[GpuType]]], Attribute(daytona=Wire())]
    """Types of GPU that will do, the best first. Default: any."""

    region: Annotated[Input[str], Field(min_length=1), Attribute(daytona=Wire("region_id"))]
    """Where its sandboxes can run. Default: the stack's `evolve:daytonaTarget`, else the organization's default."""
