"""Who gets an environment.

A fork's pull request may be anybody's. It gets one only when a label is put on it, which only maintainers can, and then
for the commit that they saw: whatever is pushed later has to be labelled anew.
"""

from enum import Enum, auto

from evolve_pulumi.cli.pull_requests.event import Event


class Ruling(Enum):
    """What an event is to be answered with."""

    UP = auto()
    """The environment becomes what the pull request says."""
    NOTHING = auto()
    """It does not matter to the environment."""
    REFUSED = auto()
    """A fork's, which nobody has allowed; a label that is on it was for something else."""


def ruling(event: Event, label: str) -> Ruling:
    """Whether an environment is brought up for an event; `label` is the one that allows a fork's."""
    if event.action in ("closed", "unlabeled") or (event.action == "labeled" and not event.puts_on(label)):
        return Ruling.NOTHING
    if event.pull_request.is_from_fork and not event.puts_on(label):
        return Ruling.REFUSED
    return Ruling.UP
