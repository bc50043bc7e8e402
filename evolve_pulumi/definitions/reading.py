"""Definitions from files, and back."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from evolve_pulumi import names
from evolve_pulumi.definitions import checking, expressions, local_sources, sizes, tree
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.definitions.model import LIFETIME_PATTERN, Definition, ServiceDefinition
from evolve_pulumi.errors import ConfigurationError

FILE = "evolve.yaml"
NAME = re.compile(r"""^["']?name["']?\s*:\s*["']?(?P<name>[a-z][a-z0-9-]*)["']?\s*(#.*)?$""", re.MULTILINE)
LINE_BREAKS = {"\x85", "\u2028", "\u2029"}
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def load(file: Path, context: Context) -> Definition:
    """Read a definition's file; raises FileError with all that is wrong, or ConfigurationError where there is none."""
    definition = loads(checking.text_of(file), context, str(file))
    definition.setdefault("name", default_name(file))
    local_sources.settle(definition, context.folder.resolve())
    return definition


def loads(text: str, context: Context, file: str = FILE) -> Definition:
    """Read a definition."""
    found = tree.parse(text, file)
    value = expressions.fill_in(found, context, file)

    def wrong(definition: Definition) -> Iterator[tuple[tree.Path, str]]:
        yield from contradictions(definition)
        yield from local_sources.violations(definition, context)

    return checking.checked(Definition, found, value, file, wrong)


def dumps(definition: Definition) -> str:
    """A definition as a file."""
    return yaml.dump(definition, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def name_of(file: Path) -> str:
    """What a definition calls itself, also where the rest of it is broken: what was made of it can still be found."""
    return name_in(checking.text_of(file)) or default_name(file)


def name_in(text: str) -> str | None:
    """The same of a text; None where it has no name."""
    found = NAME.search(text)
    return found["name"] if found else None


def default_name(file: Path) -> str:
    """The name of a file's folder, in the letters of names."""
    return names.slug(file.resolve().parent.name).lstrip("0123456789-")[:40] or "environment"


def lifetime(definition: Definition) -> timedelta | None:
    """How long it lives after the last `up`; None where it has no end."""
    text = definition.get("lifetime")
    return span(text) if text else None


def span(text: str) -> timedelta:
    """`3d` as a span of time; raises ConfigurationError where it is none."""
    if not re.match(LIFETIME_PATTERN, text):
        raise ConfigurationError(f"{text!r} is not a time", remedy="A number and m, h or d, as in 90m, 12h or 3d.")
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def minutes(span: timedelta) -> int:
    """A span of time in minutes, begun ones too."""
    return math.ceil(span / timedelta(minutes=1))


def expiry(lifetime: timedelta | None) -> str | None:
    """When a lifetime is over that begins now, in ISO 8601; None where there is no end."""
    return (datetime.now(UTC) + lifetime).isoformat(timespec="seconds") if lifetime else None


class _Dumper(yaml.SafeDumper):
    """Writes rare line breaks as escapes, which PyYAML would otherwise lose."""


def _text(dumper: Any, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if LINE_BREAKS & set(text) else None)


_Dumper.add_representer(str, _text)


def contradictions(definition: Definition) -> Iterator[tuple[tree.Path, str]]:
    """What is wrong only together with something else."""
    sources = [name for name in ("snapshot", "image", "dockerfile") if name in definition]
    for other in sources[1:]:
        yield (other,), f"goes only without {sources[0]}"
    if "backend" in definition:
        yield from sizes.unsupported(definition, definition["backend"])
    for name, source in definition.get("sources", {}).items():
        if ("git" in source) == bool(source.keys() & {"folder", "files"}):
            yield ("sources", name), "has either git, or folder, files or both"
    yield from _of_services(definition)
    yield from _of_volumes(definition)


def _of_services(definition: Definition) -> Iterator[tuple[tree.Path, str]]:
    services = definition.get("services", {})
    first = next(iter(services), "")
    ports: dict[Any, str] = {}
    for name, service in services.items():
        port = service.get("port")
        if port is None:
            if "command" not in _health(service):
                yield ("services", name, "port"), "is required, unless health is a command"
        elif (other := ports.setdefault(port, name)) != name:
            yield ("services", name, "port"), f"is the port of {other} too"
        if service.get("public", False) != services[first].get("public", False):
            yield (
                ("services", name, "public"),
                f"differs from {first}'s: a vendor makes a whole sandbox public, or none of it",
            )
        for index, other in enumerate(service.get("depends_on", [])):
            place = ("services", name, "depends_on", index)
            if other not in services:
                meant = checking.suggestion(other, services)
                yield place, f"there is no service {other}{meant}"
    for name in services:
        if _leads_to(definition, name, name, set()):
            yield ("services", name, "depends_on"), "leads back to itself"


def _health(service: ServiceDefinition) -> Any:
    return service.get("health", {})


def _leads_to(definition: Definition, start: str, goal: str, seen: set[str]) -> bool:
    """Whether a service depends on another, over any number of others."""
    services = definition.get("services", {})
    for other in services[start].get("depends_on", []) if start in services else []:
        if other == goal:
            return True
        if other not in seen:
            seen.add(other)
            if _leads_to(definition, other, goal, seen):
                return True
    return False


def _of_volumes(definition: Definition) -> Iterator[tuple[tree.Path, str]]:
    paths: dict[str, str] = {}
    for name, volume in definition.get("volumes", {}).items():
        if (other := paths.setdefault(volume["mount_path"], name)) != name:
            yield ("volumes", name, "mount_path"), f"is where {other} appears too"
        seeds = [key for key in ("seed_command", "seed_folder") if key in volume]
        if "shared" in volume:
            yield from ((("volumes", name, key), "goes only without shared: that one is left alone") for key in seeds)
        elif len(seeds) > 1:
            yield ("volumes", name, "seed_folder"), "goes only without seed_command"
        if seeds and f"{name}-seed" in definition.get("setup", {}):
            yield ("setup", f"{name}-seed"), f"is what the seed of the volume {name} is called"
