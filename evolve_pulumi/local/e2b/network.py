"""The network settings of E2B's sandboxes: kept and answered, and checked as E2B does; no traffic is held to them."""

import ipaddress
from typing import Any

from pydantic import ConfigDict, Field, JsonValue, StrictBool, StrictInt, StrictStr, field_validator, model_validator

from evolve_pulumi.local.e2b.spelling import Body

EVERYTHING = "0.0.0.0/0"
MOST_RULES = 10
SECRET = "password"


class Egress(Body):
    """What a sandbox may reach; an update replaces all of it."""

    model_config = ConfigDict(extra="forbid")

    allow_out: list[StrictStr] | None = None
    deny_out: list[StrictStr] | None = None
    dns_servers: list[StrictStr] | None = None
    egress_proxy: dict[str, JsonValue] | None = None
    rules: dict[str, JsonValue] | None = Field(default=None, max_length=MOST_RULES)

    @field_validator("deny_out")
    @classmethod
    def _only_addresses(cls, denied: list[str] | None) -> list[str] | None:
        for each in denied or []:
            if not _is_address(each):
                raise ValueError(f"{each} is not an IP address or CIDR block")
        return denied

    @model_validator(mode="after")
    def _deny_beside_domains(self) -> "Egress":
        if EVERYTHING not in (self.deny_out or []) and not all(map(_is_address, self.allow_out or [])):
            raise ValueError(f"Domains in allow out need {EVERYTHING} in deny out, which blocks all other traffic")
        return self

    def kept(self) -> dict[str, Any]:
        """What was given, as E2B answers it: without the proxy's password."""
        given = self.model_dump(by_alias=True, exclude_none=True)
        if proxy := given.get("egressProxy"):
            proxy.pop(SECRET, None)
        return given


class NetworkBody(Egress):
    """The network settings of a new sandbox: what it may reach, and how it is reached."""

    allow_public_traffic: StrictBool | None = None
    mask_request_host: StrictStr | None = None
    https_ports: list[StrictInt] | None = None


class NetworkUpdateBody(Egress):
    """What replaces the network settings of a sandbox that runs."""

    allow_internet_access: StrictBool | None = Field(default=None, alias="allow_internet_access")

    def applied(self, options: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """A sandbox's options with everything that it may reach replaced."""
        before = options.get("network")
        ways_in = {name: before[name] for name in WAYS_IN if name in before} if isinstance(before, dict) else {}
        egress = {name: value for name, value in self.kept().items() if name != "allow_internet_access"}
        changed: dict[str, JsonValue] = {**options, "network": {**ways_in, **egress}}
        return changed if self.allow_internet_access is None else {**changed, INTERNET: self.allow_internet_access}


INTERNET = "allowInternetAccess"
WAYS_IN = ("allowPublicTraffic", "maskRequestHost", "httpsPorts")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
