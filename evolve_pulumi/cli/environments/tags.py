"""What an environment's stack says of itself, in tags: there before anything is made, and gone with the stack."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pulumi.automation import LocalWorkspace

from evolve_pulumi.cli.environments.engine_process import Engine
from evolve_pulumi.cli.environments.target import Target
from evolve_pulumi.cli.environments.workspace import workspace

EXPIRES_AT = "evolve:expires-at"
"""Every environment has it."""
FOLDER = "evolve:folder"
"""The folder of definitions that it is reconciled with."""
NEVER = "never"
NOWHERE = Target(Path(), "environments", "")
"""Stands for a project where all are asked for."""


@dataclass(frozen=True)
class Environment:
    """An environment that there is."""

    target: Target
    expires_at: str | None
    """In ISO 8601; None where it has no end."""

    def is_expired(self, at: datetime) -> bool:
        """Whether its time is over at a time."""
        return self.expires_at is not None and datetime.fromisoformat(self.expires_at) <= at


def write(target: Target, at: LocalWorkspace, expires_at: str | None, folder: str | None = None) -> None:
    """Say when it ends, and which folder it belongs to."""
    at.set_tag(target.environment, EXPIRES_AT, expires_at or NEVER)
    if folder:
        at.set_tag(target.environment, FOLDER, folder)


def read(target: Target, at: LocalWorkspace) -> Environment:
    """What the stack of an environment says."""
    return _environment(target, at.list_tags(target.environment))


def environments(project: str | None = None) -> list[Environment]:
    """All that there are where the states are, or those of one project."""
    engine = Engine()
    with workspace(NOWHERE, engine) as at, ThreadPoolExecutor() as pool:
        found = _tagged(EXPIRES_AT, engine, at)
        names = [name for name, target in found.items() if project in (None, target.project)]
        return [
            _environment(found[name], tags) for name, tags in zip(names, pool.map(at.list_tags, names), strict=True)
        ]


def of_folder(folder: str) -> list[Target]:
    """Those that are reconciled with a folder."""
    engine = Engine()
    with workspace(NOWHERE, engine) as at:
        return [*_tagged(f"{FOLDER}={folder}", engine, at).values()]


def now() -> datetime:
    """The time by which environments are judged."""
    return datetime.now(UTC)


def _tagged(tag: str, engine: Engine, at: LocalWorkspace) -> dict[str, Target]:
    """Those whose stacks have a tag, or one of that value, by the engine's name of the stack."""
    answer = engine.run(["stack", "ls", "--all", "--tag", tag, "--json"], at.work_dir, at.env_vars)
    return {name: _target(name) for name in sorted(str(item["name"]) for item in json.loads(answer.stdout))}


def _target(name: str) -> Target:
    """From the engine's name of a stack, which leaves out the project that it is asked from."""
    project, _, stack = name.rpartition("/")
    return Target(Path(), project.rpartition("/")[2] or NOWHERE.project, stack)


def _environment(target: Target, tags: Mapping[str, str]) -> Environment:
    ends = tags.get(EXPIRES_AT, NEVER)
    return Environment(target, None if ends == NEVER else ends)
