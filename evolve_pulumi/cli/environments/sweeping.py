"""sweep --expired: remove the environments whose time is over, with their stacks."""

import json
from datetime import datetime

import typer

from evolve_pulumi.cli.environments import tags
from evolve_pulumi.cli.environments.exits import Exit
from evolve_pulumi.cli.environments.several import Several, destroying


def sweep(project: str | None, as_of: datetime | None, *, only_show: bool, as_json: bool) -> Exit:
    """Destroy what has expired. What another run has at the moment is left, and said."""
    at = as_of or tags.now()
    expired = [each for each in tags.environments(project) if each.is_expired(at)]
    if only_show:
        for each in expired:
            shown = {
                "project": each.target.project,
                "environment": each.target.environment,
                "expires_at": each.expires_at,
            }
            typer.echo(json.dumps(shown) if as_json else f"{each.target}  expired: {each.expires_at}")
        return Exit.DIFFERS if expired else Exit.DONE
    if not expired and not as_json:
        typer.echo("Nothing has expired.")
    return Several(as_json=as_json).run({each.target: destroying(each.target) for each in expired})
