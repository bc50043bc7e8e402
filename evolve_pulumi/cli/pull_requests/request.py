"""A pull request that a job was started for: its environment, its base branch, and where things are said about it."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import typer

from evolve_pulumi.cli.environments.target import Target
from evolve_pulumi.cli.pull_requests import event as events
from evolve_pulumi.cli.pull_requests.event import Event
from evolve_pulumi.cli.pull_requests.github import Conversation
from evolve_pulumi.cli.pull_requests.job import Job
from evolve_pulumi.cli.pull_requests.report import Report
from evolve_pulumi.definitions import checking, policy, reading
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.definitions.model import PROJECT_PATTERN
from evolve_pulumi.definitions.policy import Policy
from evolve_pulumi.errors import ConfigurationError, EvolveError, RefusedError
from evolve_pulumi.sources import repositories


@dataclass(frozen=True)
class Request:
    """A pull request, what happened to it, and its definition in a clone."""

    event: Event
    job: Job
    definition: Path
    conversation: Conversation

    @property
    def commit(self) -> str:
        """Its last commit, as a link."""
        sha, repository = self.event.pull_request.head.sha, self.event.pull_request.base.repo.full_name
        return f"[`{sha[:7]}`]({self.job.server_url}/{repository}/commit/{sha})"

    def target(self, project: str | None = None) -> Target:
        """Its environment; raises ConfigurationError where nothing says of which project.

        Where the base branch has the definition, that one says it: a pull request that renames the project keeps its
        environment, and cannot take another project's.
        """
        found = project or self._name()
        if not found:
            raise ConfigurationError(
                f"{self.definition} has no `name`, and the base branch's neither",
                remedy="Give it one: the folder's name is the runner's.",
            )
        if not re.match(PROJECT_PATTERN, found):
            raise ConfigurationError(f"{found!r} is not a name: small letters, digits and -, a letter first")
        number = self.event.pull_request.number
        return Target(self.definition, found, f"pr-{number}", number)

    def policy(self, file: Path) -> Policy:
        """What the base branch allows; nothing where it does not have the file."""
        text = self._in_base(file)
        return Policy() if text is None else policy.parse(text, f"{file} of the base branch")

    def check_head(self) -> None:
        """Raise RefusedError where what is checked out is not the commit that was allowed."""
        sha = self.event.pull_request.head.sha
        if Context(self._clone).sha != sha:
            raise RefusedError(
                f"what is checked out is not {sha}, which the label was put on",
                remedy="Check out `ref: ${{ github.event.pull_request.head.sha }}`.",
            )

    def say(self, report: Report, *, only_edit: bool = False) -> None:
        """Put a report where it is read. That it cannot be written to the pull request is no reason to fail."""
        self.job.summarise(report.markdown)
        try:
            self.conversation.publish(report.marker, report.markdown, only_edit=only_edit)
        except EvolveError as error:
            typer.echo(f"warning: the comment was not written: {error}", err=True)

    @cached_property
    def _clone(self) -> Path:
        return repositories.clone_of(self.definition)

    def _name(self) -> str | None:
        inside = Path(os.path.abspath(self.definition)).relative_to(self._clone)
        in_base = reading.name_in(self._in_base(inside) or "")
        if in_base or not self.definition.is_file():
            return in_base
        return reading.name_in(checking.text_of(self.definition))

    def _in_base(self, path: Path) -> str | None:
        return repositories.text_at(self._clone, self.event.pull_request.base.sha, path)


def read(definition: Path) -> Request:
    """The pull request that this job was started for; raises ConfigurationError where it was for none."""
    job, event = Job(os.environ), events.read(os.environ)
    asked = event.pull_request
    return Request(
        event, job, definition, Conversation(job.api_url, job.token, asked.base.repo.full_name, asked.number)
    )
