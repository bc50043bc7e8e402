"""What a stack made and does not know any more: looked for, shown, and deleted where that is asked for."""

import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from evolve_pulumi.lifecycle.orphans import Orphan
    from evolve_pulumi.vendors.base import Opener

NOTHING, LEFT, FAILED = 0, 1, 2
DELETE_SECONDS = 300
COLUMNS = ("kind", "id", "name", "resource", "age_minutes", "state", "reason")


def sweep(
    stack: str, cwd: Path, older_than_minutes: float, *, delete: bool, allow_data_loss: bool, as_json: bool
) -> None:
    """List it, and delete it where that is asked for; ends with the exit code that the verb documents."""
    from evolve_pulumi.errors import EvolveError

    try:
        found, open_account, problems = _look(cwd, stack)
    except EvolveError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(FAILED) from None
    ripe = [orphan for orphan in found if _is_ripe(orphan, timedelta(minutes=older_than_minutes))]
    _show(ripe, as_json=as_json)
    expendable = [orphan for orphan in ripe if allow_data_loss or not _holds_data(orphan)] if delete else []
    problems += _delete(expendable, open_account)
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    left = len(ripe) - len(expendable)
    if delete and left:
        typer.echo(f"{left} left, since they hold data; if it may go: --allow-data-loss", err=True)
    raise typer.Exit(FAILED if problems else LEFT if left else NOTHING)


def _look(folder: Path, stack: str) -> "tuple[list[Orphan], Opener, list[str]]":
    """Everything orphaned at every place that the stack knows, and what kept us from looking."""
    from evolve_pulumi.cli import engine
    from evolve_pulumi.errors import EvolveError
    from evolve_pulumi.lifecycle.orphans import StackState
    from evolve_pulumi.vendors import accounts, connect
    from evolve_pulumi.vendors.settings import Settings

    chosen = ("--stack", stack) if stack else ()
    exported = engine.ask(folder, "stack", "export", *chosen)
    config = engine.ask(folder, "config", "--json", "--show-secrets", *chosen)
    settings = Settings(lambda key: config.get(f"evolve:{key}", {}).get("value"), os.environ)
    project, name = _names(folder, stack)
    state, open_account = StackState.of(exported), accounts(settings)
    places, problems = list(state.places()), list[str]()
    try:
        places += [place for place in (connect(settings),) if place not in places]
    except EvolveError as error:
        problems += [] if places else [str(error)]
    found: list[Orphan] = []
    for place in places:
        try:
            found += state.orphans(place, open_account(place).owned(project, name))
        except EvolveError as error:
            problems.append(f"{place.get('endpoint')} was not looked at: {error}")
    return found, open_account, problems


def _names(folder: Path, stack: str) -> tuple[str, str]:
    """The project's and the stack's name."""
    from evolve_pulumi.cli import engine

    stacks: list[dict[str, Any]] = engine.ask(folder, "stack", "ls", "--json")
    name = stack or next(item["name"] for item in stacks if item["current"])
    return _project(folder.resolve()), name.rsplit("/", 1)[-1]


def _project(folder: Path) -> str:
    import yaml

    for place in (folder, *folder.parents):
        if (place / "Pulumi.yaml").is_file():
            return str(yaml.safe_load((place / "Pulumi.yaml").read_text())["name"])
    raise typer.BadParameter(f"there is no Pulumi.yaml in {folder} or above it", param_hint="--cwd")


def _is_ripe(orphan: "Orphan", least: timedelta) -> bool:
    age = orphan.age()
    return age is None or age >= least


def _holds_data(orphan: "Orphan") -> bool:
    from evolve_pulumi.lifecycle.kinds import KINDS

    return KINDS[orphan.object.kind].holds_data


def _show(orphans: "Sequence[Orphan]", *, as_json: bool) -> None:
    rows = [_row(orphan) for orphan in orphans]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    elif rows:
        lines = [COLUMNS, *(tuple(str(row[column]) for column in COLUMNS) for row in rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            typer.echo("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
    else:
        typer.echo("Nothing is orphaned.")


def _row(orphan: "Orphan") -> dict[str, Any]:
    item, age = orphan.object, orphan.age()
    minutes = round(age.total_seconds() / 60) if age else None
    values = (item.kind, item.id, item.name, item.resource, minutes, item.state, orphan.reason)
    return dict(zip(COLUMNS, values, strict=True))


def _delete(orphans: "Sequence[Orphan]", open_account: "Opener") -> list[str]:
    """Delete all at once; what went wrong."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        outcomes = [pool.submit(_delete_one, orphan, open_account) for orphan in orphans]
        return [problem for outcome in outcomes if (problem := outcome.result())]


def _delete_one(orphan: "Orphan", open_account: "Opener") -> str:
    """Delete one; what went wrong, if anything."""
    from evolve_pulumi.errors import EvolveError

    item = orphan.object
    try:
        open_account(orphan.place).objects(item.kind).delete(item.id, {}, DELETE_SECONDS)
    except EvolveError as error:
        return str(error.about(f"{item.kind} {item.id}: delete"))
    return ""
