"""`evolve-pulumi sweep`: what is left of what stacks made, and environments whose time is over."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from evolve_pulumi.cli.environments.exits import Exit, run

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
        bool, typer.Option("--expired", help="Destroy the environments of `up` whose time is over, with their stacks.")
    ] = False,
    project: Annotated[
        str | None, typer.Option(help="With --expired: only this definition's.", show_default="all that there are")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --expired: only show them.")] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(help="With --expired: judge by this time, in UTC.", show_default="now", formats=TIMES),
    ] = None,
) -> None:
    """List what a stack made and no longer knows: left by updates that were killed, or by states that were lost.

    Looks only at what carries the labels of this project and stack, or an automatic name of theirs. Two stacks of the
    same project and name, in two backends but with one account, look alike: give them different names before you use
    --delete.

    Exit code: 0 where nothing is orphaned, or all of it was deleted; 1 where something is left; 2 where not everything
    could be looked at or deleted.

    With --expired nothing of that: the environments that `evolve-pulumi up` made and whose lifetime is over are
    destroyed as by `evolve-pulumi destroy`, all that have their state in the same place. Exit code: as `destroy`; with
    --dry-run 5 where there are some.
    """
    if not expired:
        from evolve_pulumi.cli import orphaned

        return orphaned.sweep(stack, cwd, older_than, delete=delete, allow_data_loss=allow_data_loss, as_json=as_json)

    def act() -> Exit:
        from evolve_pulumi.cli.environments import sweeping

        at = as_of and as_of.replace(tzinfo=UTC)
        return sweeping.sweep(project, at, only_show=dry_run, as_json=as_json)

    return run(act)
