"""What only E2B has."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal, Required

from pydantic import AfterValidator, ConfigDict, Field
from typing_extensions import TypedDict

from evolve_pulumi.errors import RefusedError
from evolve_pulumi.schema import Attribute, Input, Values, Wire

ALL_TRAFFIC = "0.0.0.0/0"
MOST_RULES = 10
MOST_DNS_SERVERS = 10
TIMEOUT_MINUTES = 60
"""What every plan allows."""
MOST_TIMEOUT_MINUTES = 24 * 60
"""What the larger plans allow."""


def _is_network(text: str) -> str:
    IPv4Network(text)
    return text


def _is_address(text: str) -> str:
    IPv4Address(text)
    return text


Network = Annotated[str, AfterValidator(_is_network)]
Address = Annotated[str, AfterValidator(_is_address)]
Destination = Annotated[str, Field(pattern=r"^[^,\s]+$")]
Tag = Annotated[str, Field(pattern=r"^[a-z0-9-_.]+$")]


def _seconds(minutes: float) -> int:
    return round(minutes * 60)


def _egress(**form: Any) -> Wire:
    return Wire(by="update_network", **form)


class EgressProxy(TypedDict, total=False):
    """A SOCKS5 proxy of yours through which everything is sent out."""

    __pydantic_config__ = ConfigDict(  # pyright: ignore[reportGeneralTypeIssues]
        extra="forbid", use_attribute_docstrings=True
    )

    address: Required[Annotated[Input[str], Field(pattern=r"^[^\s/]+:[0-9]{1,5}$")]]
    """Host and port: `proxy.example.com:1080`."""
    username: Input[str]
    """Default: none."""
    password: Input[str]
    """Only with `username`; make it a secret."""


class E2BOptions(TypedDict, total=False):
    """Arguments of `Sandbox` that E2B alone has; other vendors ignore them."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    timeout_minutes: Annotated[
        Input[float],
        Field(gt=0),
        Attribute(default=TIMEOUT_MINUTES, e2b=Wire("timeout", by="set_timeout", told=False, encode=_seconds)),
    ]
    """Minutes of the wall clock, busy or idle, until `on_timeout` comes. They count from the start, from each resume,
    and from a change of this value. The plan caps them: 60 in the smallest, 24 hours in the next."""

    on_timeout: Annotated[Input[Literal["pause", "kill"]], Attribute(default="pause", e2b=Wire())]
    """What happens then. E2B's own default is to kill; what a stack declares is meant to stay, so here it is paused,
    which keeps files and memory and costs no computing time."""

    auto_resume: Annotated[Input[bool], Attribute(default=True, e2b=Wire())]
    """Whether a request to it, such as to its preview URL, wakes it when `on_timeout` has paused it."""

    allow_internet_access: Annotated[Input[bool], Attribute(default=True, e2b=_egress())]
    """Whether it can send anything out."""

    allow_out: Annotated[
        Input[Sequence[Input[Destination]]], Field(min_length=1), Attribute(default=None, e2b=_egress())
    ]
    """Addresses, IPv4 networks and domains that it can reach, also where `deny_out` says otherwise. Default: all."""

    deny_out: Annotated[Input[Sequence[Input[Network]]], Field(min_length=1), Attribute(default=None, e2b=_egress())]
    """Addresses and IPv4 networks that it cannot reach; `0.0.0.0/0` is everything. Default: none."""

    request_headers: Annotated[
        Input[Mapping[str, Input[Mapping[str, Input[str]]]]],
        Field(min_length=1, max_length=MOST_RULES),
        Attribute(default=None, e2b=_egress(told=False)),
    ]
    """Headers that are put into requests to a domain on their way out, by domain: the sandbox never sees them, so that
    a credential stays outside. The domain has to be reachable too. Default: none."""

    dns_servers: Annotated[
        Input[Sequence[Input[Address]]],
        Field(max_length=MOST_DNS_SERVERS),
        Attribute(default=None, e2b=_egress()),
    ]
    """DNS servers that it can reach where `allow_out` has a domain; an empty list is none. Default: 8.8.8.8."""

    egress_proxy: Annotated[Input[EgressProxy], Attribute(default=None, e2b=_egress(told=False))]
    """A SOCKS5 proxy of yours through which everything is sent out. Default: none."""

    mask_request_host: Annotated[Input[str], Field(min_length=1), Attribute(default=None, e2b=Wire())]
    """The `Host` that requests to its preview URLs arrive with, `${PORT}` being the port: `localhost:${PORT}` for
    servers that refuse others. Default: the preview URL's own."""

    https_ports: Annotated[
        Input[Sequence[Input[Annotated[int, Field(ge=1, le=65535)]]]], Attribute(default=[], e2b=Wire())
    ]
    """Ports at which it serves HTTPS itself."""


def limited(minutes: int, options: Values, ttl_minutes: int) -> dict[str, Any]:
    """It is killed then, as long as that is a time that E2B lets one run; else paused when its timeout is over."""
    if minutes > MOST_TIMEOUT_MINUTES or options.keys() & {"timeout_minutes", "on_timeout"}:
        return dict(options)
    if ttl_minutes > MOST_TIMEOUT_MINUTES:
        raise RefusedError(
            "E2B lets it live for 24 hours at most, since its lifetime is no longer than that",
            remedy="Give the definition a longer lifetime: then it is paused when its timeout is over, and not killed.",
        )
    return {"timeout_minutes": minutes, "on_timeout": "kill", **options}


class E2BSnapshotOptions(TypedDict, total=False):
    """Arguments of `Snapshot` that E2B alone has; other vendors ignore them."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    start_command: Annotated[Input[str], Field(min_length=1), Attribute(e2b=Wire(by="build"))]
    """A command that runs in each of its sandboxes, begun while it is built. Default: the image's own."""

    ready_command: Annotated[Input[str], Field(min_length=1), Attribute(e2b=Wire(by="build"))]
    """A command that succeeds once `start_command` is ready, for which the build waits. Default: it waits a while."""

    tags: Annotated[Input[Sequence[Input[Tag]]], Attribute(default=[], e2b=Wire(by="set_tags"))]
    """Tags for the build, beside the one that tells its content; they move along with each build."""

    public: Annotated[Input[bool], Attribute(default=False, e2b=Wire(by="set_public"))]
    """Whether other accounts can make sandboxes from it."""
