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


@dataclass(frozen=True)
class Environment:
    """An environment that there is."""

    target: Target
    expires_at: str | None
    """In ISO 8601; None where it has no end."""
    folder: str | None
    """The name of the folder that it is reconciled with."""

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
    engine, here = Engine(), Target(Path(), project or "environments", "")
    with workspace(here, engine) as at, ThreadPoolExecutor() as pool:
        answer = engine.run(["stack", "ls", "--all", "--tag", EXPIRES_AT, "--json"], at.work_dir, at.env_vars)
        names = sorted(str(item["name"]) for item in json.loads(answer.stdout))

        def environment(name: str) -> Environment:
            return _environment(_target(name, here.project), at.list_tags(name))

        return [each for each in pool.map(environment, names) if project in (None, each.target.project)]


def now() -> datetime:
    """The time by which environments are judged."""
    return datetime.now(UTC)


def _target(name: str, here: str) -> Target:
    """From the engine's name of a stack, which leaves out the project that it is asked from."""
    project, _, stack = name.rpartition("/")
    return Target(Path(), project.rpartition("/")[2] or here, stack)


def _environment(target: Target, tags: Mapping[str, str]) -> Environment:
    ends = tags.get(EXPIRES_AT, NEVER)
    return Environment(target, None if ends == NEVER else ends, tags.get(FOLDER))
