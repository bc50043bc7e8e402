"""`evolve-pulumi sweep`: what is left of what stacks made, and environments whose time is over."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from evolve_pulumi.cli.environments.exits import Exit, run

ENVIRONMENTS: dict[str, Any] = {"rich_help_panel": "Environments"}
TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def sweep(
    stack: Annotated[str, typer.Option(help="The stack.", show_default="the selected one")] = "",
    cwd: Annotated[Path, typer.Option(help="The Pulumi project's folder.")] = Path(),
    delete: Annotated[bool, typer.Option("--delete", help="Delete what is found.")] = False,
    allow_data_loss: Annotated[
        bool, typer.Option("--allow-data-loss", help="Delete volumes too, with what is in them.")
    ] = False,
    older_than: Annotated[
        float, typer.Option(help="Minutes; what is younger may be about to be recorded by an update that runs.")
    ] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    expired: Annotated[
        bool,
        typer.Option(
            "--expired", help="Destroy the environments of `up` whose time is over, with their stacks.", **ENVIRONMENTS
        ),
    ] = False,
    project: Annotated[
        str | None, typer.Option(help="Only this definition's.", show_default="all that there are", **ENVIRONMENTS)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show them.", **ENVIRONMENTS)] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            help="Judge by this time, in UTC: 2026-12-01, 2026-12-01T18:30.",
            show_default="now",
            metavar="<time>",
            formats=TIMES,
            **ENVIRONMENTS,
        ),
    ] = None,
) -> None:
    """Find what was left behind: what a stack made and no longer knows, or environments whose time is over.

    Without --expired it lists what updates that were killed have left, or states that were lost, and with --delete
    deletes it. It looks only at what carries the labels of this project and stack, or an automatic name of theirs. Two
    stacks of the same project and name, in two backends but with one account, look alike: give them different names
    before you use --delete.

    Exit code: 0 where nothing is orphaned, or all of it was deleted; 1 where something is left; 2 where not everything
    could be looked at or deleted.

    With --expired it destroys the environments that `evolve-pulumi up` made and whose lifetime is over, as `destroy`
    does: all that have their state in the same place. Exit code: as `destroy`; with --dry-run 5 where there are some.
    """
    if not expired:
        from evolve_pulumi.cli import orphaned

        return orphaned.sweep(stack, cwd, older_than, delete=delete, allow_data_loss=allow_data_loss, as_json=as_json)

    def act() -> Exit:
        from evolve_pulumi.cli.environments import sweeping

        at = as_of and as_of.replace(tzinfo=UTC)
        return sweeping.sweep(project, at, only_show=dry_run, as_json=as_json)

    return run(act)
