"""Declared values that E2B refuses, alone or together, and what it has not; what no entry of the table can say.

Each function yields the path of such a value, and why. Values are by attribute name, known ones only; `unknown` has the
names of those that are declared and not known yet.
"""

import re
from collections.abc import Collection, Iterator
from ipaddress import IPv4Network

from evolve_pulumi.schema import Values
from evolve_pulumi.vendors.e2b.options import ALL_TRAFFIC

TEMPLATE_NAME = re.compile(r"[a-z0-9_-]+")
STAGE = re.compile(r"^\s*FROM\s", re.IGNORECASE | re.MULTILINE)
VOLUME_NAME = re.compile(r"[a-zA-Z0-9_-]+")


def of_sandbox(declared: Values, _unknown: Collection[str]) -> Iterator[tuple[str, str]]:
    """What a sandbox cannot be."""
    if declared.get("state") in ("stopped", "archived"):
        yield "state", "E2B has no such state; use paused, which keeps files and memory at no computing cost"
    if declared.get("on_destroy", "delete") != "delete":
        yield (
            "on_destroy",
            (
                "E2B can only delete: its metadata, which says whose a sandbox is, cannot be taken off, so that sweep "
                "would take one that is kept for an orphan"
            ),
        )
    if "adopt_id" in declared:
        yield "adopt_id", "E2B's metadata cannot say whose a sandbox has become; look at it by Sandbox.get"
    for number, mount in enumerate(declared.get("volumes", [])):
        if "subpath" in mount:
            yield f"volumes.{number}.subpath", "E2B mounts whole volumes; use one volume for each folder"
    if declared.get("on_timeout") == "kill" and declared.get("auto_resume"):
        yield "e2b.auto_resume", "goes only with on_timeout='pause'"
    yield from _of_egress(declared)


def of_labels(_declared: Values, _unknown: Collection[str]) -> Iterator[tuple[str, str]]:
    """Everything: E2B cannot change what a sandbox was made with."""
    yield "labels", "E2B's metadata cannot change once a sandbox is made; declare labels on the Sandbox itself"


def of_snapshot(declared: Values, unknown: Collection[str]) -> Iterator[tuple[str, str]]:
    """What a snapshot cannot be."""
    sources = {"image", "dockerfile"} & {*declared, *unknown}
    if len(sources) > 1:
        yield "dockerfile", "goes only without image"
    if not sources:
        yield "image", "is required, or dockerfile in its place"
    if len(STAGE.findall(declared.get("dockerfile", ""))) > 1:
        yield "dockerfile", "E2B builds one stage only"
    if "name" in declared and not TEMPLATE_NAME.fullmatch(declared["name"]):
        yield "name", "a template's name at E2B is of a-z, 0-9, - and _"
    if "adopt_id" in declared:
        yield "adopt_id", "nothing tells what a template was built from; look at it by Snapshot.get"
    if "ready_command" in declared and "start_command" not in {*declared, *unknown} and "image" in sources:
        yield "e2b.ready_command", "goes only with start_command"


def of_volume(declared: Values, _unknown: Collection[str]) -> Iterator[tuple[str, str]]:
    """What a volume cannot be."""
    if "name" in declared and not VOLUME_NAME.fullmatch(declared["name"]):
        yield "name", "a volume's name at E2B is of letters, digits, - and _"


def _of_egress(declared: Values) -> Iterator[tuple[str, str]]:
    domains = [each for each in declared.get("allow_out") or () if not _is_network(each)]
    if domains and ALL_TRAFFIC not in (declared.get("deny_out") or ()):
        yield "e2b.allow_out", f"a domain ({domains[0]}) goes only with {ALL_TRAFFIC!r} in deny_out"
    proxy: Values = declared.get("egress_proxy") or {}
    if "password" in proxy and "username" not in proxy:
        yield "e2b.egress_proxy.password", "goes only with username"


def _is_network(text: str) -> bool:
    try:
        IPv4Network(text)
    except ValueError:
        return False
    return True
