"""Declared values that Daytona refuses, alone or together; what no entry of the table can say.

Each function yields the path of such a value, and why. Values are by attribute name, known ones only; `unknown` has the
names of those that are declared and not known yet.
"""

from collections.abc import Collection, Iterator

from evolve_pulumi.schema import Values
from evolve_pulumi.vendors.daytona.labels import LANGUAGE

STOPPED = ("stopped", "archived")
LEFT_STOPPED = ("stop", "archive")


def of_sandbox(declared: Values, unknown: Collection[str]) -> Iterator[tuple[str, str]]:
    """What a sandbox cannot be."""
    yield from _of_its_source(declared, unknown)
    yield from _of_its_end(declared)
    yield from of_labels(declared, unknown)
    if declared.get("auto_stop_minutes") and declared.get("auto_pause_minutes"):
        yield "daytona.auto_pause_minutes", "goes only without auto_stop_minutes: set one of the two to 0"
    if declared.get("network_block_all"):
        for other in ("network_allow_list", "domain_allow_list"):
            if declared.get(other):
                yield f"daytona.{other}", "goes only without network_block_all"


def of_labels(declared: Values, _unknown: Collection[str]) -> Iterator[tuple[str, str]]:
    """What labels cannot be."""
    if LANGUAGE in declared.get("labels", {}):
        yield f"labels.{LANGUAGE}", "is Daytona's own: a sandbox has daytona.language"


def of_snapshot(declared: Values, unknown: Collection[str]) -> Iterator[tuple[str, str]]:
    """What a snapshot cannot be."""
    sources = {"image", "dockerfile"} & {*declared, *unknown}
    if len(sources) > 1:
        yield "dockerfile", "goes only without image"
    if not sources and "adopt_id" not in {*declared, *unknown}:
        yield "image", "is required, or dockerfile in its place"
    if "image" in declared and not _has_version(declared["image"]):
        yield "image", "needs a tag other than latest, or a digest"
    if declared.get("gpu_type") and not declared.get("gpu", "gpu" in unknown):
        yield "daytona.gpu_type", "goes only with gpu"


def _of_its_source(declared: Values, unknown: Collection[str]) -> Iterator[tuple[str, str]]:
    sources = [name for name in ("snapshot", "image", "dockerfile") if name in {*declared, *unknown}]
    for other in sources[1:]:
        yield f"daytona.{other}", f"goes only without {sources[0]}"
    if declared.get("gpu") and sources in ([], ["snapshot"]):
        yield "daytona.gpu", "goes only with image or dockerfile: a snapshot has its own"
    if declared.get("gpu_type") and not declared.get("gpu", "gpu" in unknown):
        yield "daytona.gpu_type", "goes only with gpu"


def _of_its_end(declared: Values) -> Iterator[tuple[str, str]]:
    """What is deleted when it stops can do nothing afterwards."""
    deletes = declared.get("auto_delete_minutes")
    if declared.get("ephemeral") and deletes:
        yield "daytona.auto_delete_minutes", "goes only without ephemeral, which is 0 of it"
    if declared.get("ephemeral") is False and deletes == 0:
        yield "daytona.ephemeral", "contradicts auto_delete_minutes=0"
    if declared.get("gpu") and (deletes or declared.get("ephemeral") is False):
        yield "daytona.gpu", "goes only with ephemeral: Daytona deletes a sandbox with GPUs when it stops"
    if not (declared.get("ephemeral") or deletes == 0):
        return
    if declared.get("state") in STOPPED:
        yield "state", "cannot be of an ephemeral sandbox, which is deleted when it stops"
    if declared.get("on_destroy") in LEFT_STOPPED:
        yield "on_destroy", "cannot be of an ephemeral sandbox, which is deleted when it stops"
    if declared.get("auto_pause_minutes"):
        yield "daytona.auto_pause_minutes", "goes only without ephemeral or auto_delete_minutes=0"


def _has_version(image: str) -> bool:
    """Whether an image's name says which one of that name, for good."""
    _, _, tag = image.rpartition("/")[2].partition(":")
    return "@sha256:" in image or tag not in ("", "latest")
