"""Updates that stop an object and start it again: only where the program allows it."""

from evolve_pulumi.errors import RefusedError
from evolve_pulumi.planning import Plan
from evolve_pulumi.schema import Values


def refuse_restart(made: Plan, news: Values) -> None:
    """Raise RefusedError where a plan restarts what may not be restarted."""
    if made.restarts and news.get("allow_restart") is not True:
        raise RefusedError(
            f"{', '.join(made.restarts)}: changes only while it is stopped, which ends what runs in it",
            remedy="If that may be, set allow_restart=True.",
        )
