"""The engine's events in the user's terms: which resource, what is done to it, and by what kind of change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation import EngineEvent, OpType
from pulumi.automation.events import StepEventMetadata

from evolve_pulumi import planning
from evolve_pulumi.components.preview_environment import COMMITS
from evolve_pulumi.lifecycle.kinds import KINDS
from evolve_pulumi.lifecycle.orphans import TYPE

COLOUR = re.compile(r"<\{%.*?%\}>")
NOISE = ("update failed", "preview failed", "resource registration failed")
ENGINE_KEYS = ("__provider", "preview", "owner")
WORDS = {f"env.{COMMITS}": "commit"}
"""Attributes that no user has declared, in a user's terms."""

ACTIONS: Mapping[OpType, str] = {
    OpType.CREATE: "create",
    OpType.UPDATE: "update",
    OpType.DELETE: "delete",
    OpType.CREATE_REPLACEMENT: "replace",
    OpType.DELETE_REPLACED: "remove old",
    OpType.SAME: "keep",
}


@dataclass(frozen=True)
class Change:
    """Something that is done to a resource."""

    kind: str
    name: str
    action: str
    """create, update, replace, remove old, delete, keep."""
    phase: str
    """begun, done, failed."""
    attributes: tuple[str, ...] = ()
    """Those that changed, dotted."""
    how: str = ""
    """Of an update: in place, or with a restart. Of a replacement: by replacement."""


@dataclass(frozen=True)
class Note:
    """Something that was said."""

    severity: str
    """info, warning, error."""
    text: str
    about: str = ""
    """The resource that it is about."""


def translate(event: EngineEvent) -> Change | Note | None:
    """What an event means to a user; None for what is the engine's own business."""
    if said := event.diagnostic_event:
        severity = said.severity.partition("#")[0]
        text = COLOUR.sub("", said.message).strip().removeprefix("error: ")
        if severity == "debug" or not text or text.startswith(NOISE):
            return None
        return Note(severity, text, _name(said.urn or ""))
    if event.resource_pre_event:
        return _change(event.resource_pre_event.metadata, "begun")
    if event.res_outputs_event:
        return _change(event.res_outputs_event.metadata, "done")
    if event.res_op_failed_event:
        return _change(event.res_op_failed_event.metadata, "failed")
    return None


def _change(step: StepEventMetadata, phase: str) -> Change | None:
    if not step.type.startswith(TYPE) or step.op not in ACTIONS:
        return None
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", step.type.removeprefix(TYPE)).lower()
    action = ACTIONS[step.op]
    paths = (WORDS.get(path, path) for path in _paths(step) if path.split(".", 1)[0] not in ENGINE_KEYS)
    attributes = tuple(sorted(paths))
    return Change(kind, _name(step.urn), action, phase, attributes, _how(kind, action, step))


def _paths(step: StepEventMetadata) -> list[str]:
    return sorted(step.detailed_diff or step.keys or step.diffs or [])


def _how(kind: str, action: str, step: StepEventMetadata) -> str:
    if action == "replace":
        return "by replacement"
    if action != "update" or not step.old or not step.new:
        return ""
    declared: Mapping[str, Any] = step.new.inputs or {}
    table = KINDS[kind].table(declared["connection"]["backend"])
    plan = planning.plan(table, step.old.outputs or {}, declared)
    restarts = plan.restarts or any(each.operation.name == "restart" for each in plan.steps)
    return "with a restart" if restarts else "in place"


def _name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
