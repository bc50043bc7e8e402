"""How E2B changes sandboxes and templates in place, in the order of execution."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from evolve_pulumi.schema import Change, Operation, Values, is_unknown

if TYPE_CHECKING:
    from e2b import E2B, SandboxNetworkUpdate


@dataclass(frozen=True)
class Remote:
    """A sandbox by its id: what the SDK does to one without a connection into it, which would wake it."""

    sdk: "E2B"
    id: str


def egress(values: Values) -> dict[str, Any]:
    """What E2B is told of the network on its way out. What is left out is cleared there, so nothing is empty."""
    network = {field: values[field] for field in EGRESS if values.get(field) is not None}
    if headers := values.get("request_headers"):
        network["rules"] = {domain: [{"transform": {"headers": dict(each)}}] for domain, each in headers.items()}
    return network


def _update_network(sandbox: Remote, change: Change) -> None:
    """All of it, since E2B replaces the whole."""
    access = change.values["allow_internet_access"]
    network = {**egress(change.values), "allow_internet_access": access}
    sandbox.sdk.Sandbox.update_network(sandbox.id, cast("SandboxNetworkUpdate", network))


def _set_timeout(sandbox: Remote, change: Change) -> None:
    sandbox.sdk.Sandbox.set_timeout(sandbox.id, change.values["timeout"])


def _set_state(_sandbox: Remote, _change: Change) -> None:
    """Carried out by `Sandboxes.update`: what is paused takes no other change, so it is woken for these too."""


EGRESS = ("allow_out", "deny_out", "dns_servers", "egress_proxy")
SET_TIMEOUT = Operation("set_timeout", _set_timeout)
SET_STATE = Operation("set_state", _set_state)
SANDBOX_OPERATIONS = (Operation("update_network", _update_network, sends_all=True), SET_TIMEOUT, SET_STATE)


def template_name(name: str) -> str:
    """A template's own name, without the tag that tells its content."""
    return name.partition(":")[0]


def _other_template(change: Change) -> Collection[str]:
    """A build makes another tag of the same template, never another template."""
    new, old = change.values.get("name"), change.recorded.get("name")
    if is_unknown(new) or new is None or old is None:
        return ()
    return () if template_name(new) == template_name(old) else ("name",)


def _of_template(_template: Any, _change: Change) -> None:
    """Carried out by `Templates.update`, which can wait for builds."""


BUILD = Operation("build", _of_template, sends_all=True, cannot=_other_template)
SET_TAGS = Operation("set_tags", _of_template)
SET_PUBLIC = Operation("set_public", _of_template)
SNAPSHOT_OPERATIONS = (BUILD, SET_TAGS, SET_PUBLIC)
