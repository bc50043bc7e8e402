"""Which environment is meant: a definition's project, and a name in it. Its name is the name of its stack."""

import re
from dataclasses import dataclass
from pathlib import Path

from evolve_pulumi.errors import ConfigurationError

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")
DEFAULT = "dev"


@dataclass(frozen=True)
class Target:
    """One environment."""

    file: Path
    """Its definition."""
    project: str
    environment: str
    pr: int | None = None
    """The pull request that it is for."""

    def __str__(self) -> str:
        """As users know it: `shop pr-42`."""
        return f"{self.project} {self.environment}"


def target(file: Path, name: str | None, pr: int | None, project: str | None = None) -> Target:
    """The environment that a command line means; raises ConfigurationError where it means none.

    Where the project is named, nobody looks into the definition.
    """
    from evolve_pulumi.definitions import reading

    if name and pr is not None:
        raise ConfigurationError("--pr names the environment already", remedy="Give --pr or --environment.")
    environment = f"pr-{pr}" if pr is not None else name or DEFAULT
    if not NAME.match(environment):
        raise ConfigurationError(f"{environment!r} is not a name: letters, digits, and . _ - after the first")
    return Target(file, project or reading.name_of(file), environment, pr)
