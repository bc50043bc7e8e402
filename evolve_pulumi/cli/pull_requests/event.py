"""What GitHub says of a pull request when something happens to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from evolve_pulumi.errors import ConfigurationError

FILE_VARIABLE = "GITHUB_EVENT_PATH"
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]


class Repository(BaseModel):
    """One on GitHub."""

    full_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")]


class Side(BaseModel):
    """A branch that is merged, or that is merged into."""

    sha: Commit
    repo: Repository | None
    """None where it was deleted."""


class Base(Side):
    """The branch that is merged into."""

    repo: Repository  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]


class Label(BaseModel):
    """A label of a pull request's."""

    name: str


class PullRequest(BaseModel):
    """A pull request, as it was when it happened."""

    number: Annotated[int, Field(gt=0)]
    head: Side
    base: Base
    labels: list[Label] = []

    @property
    def is_from_fork(self) -> bool:
        """Whether somebody wrote it who may not be allowed to write here."""
        return self.head.repo is None or self.head.repo.full_name != self.base.repo.full_name

    def has(self, label: str) -> bool:
        """Whether the label is on it."""
        return any(each.name == label for each in self.labels)


class Event(BaseModel):
    """Something that happened to a pull request."""

    action: str
    """opened, synchronize (a push), reopened, closed, labeled, ..."""
    label: Label | None = None
    """The one that was put on it, or taken from it."""
    pull_request: PullRequest

    def puts_on(self, label: str) -> bool:
        """Whether it is that the label was put on."""
        return self.action == "labeled" and self.label is not None and self.label.name == label


def read(environ: Mapping[str, str]) -> Event:
    """The event that the job runs for; raises ConfigurationError where it runs for none."""
    remedy = "This is for jobs of a GitHub workflow on pull_request_target; elsewhere: evolve-pulumi up --pr N."
    file = environ.get(FILE_VARIABLE)
    if not file:
        raise ConfigurationError(f"{FILE_VARIABLE} is not set", remedy=remedy)
    try:
        return Event.model_validate_json(Path(file).read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{FILE_VARIABLE}: {file}: {error.strerror}", remedy=remedy) from None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ConfigurationError(
            f"{FILE_VARIABLE} has no pull request: {where or 'it is no JSON'}", remedy=remedy
        ) from None
