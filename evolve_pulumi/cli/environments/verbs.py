"""What the command line says. Everything else is imported when a verb runs: it takes Pulumi, which takes a while."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from evolve_pulumi.cli.environments.exits import Exit, run

Definition = Annotated[Path, typer.Argument(help="The definition.")]
Environment = Annotated[str | None, typer.Option("--environment", "-e", help="Its name.", show_default="dev")]
PullRequest = Annotated[int | None, typer.Option("--pr", min=1, help="Number of the pull request: pr-N is its name.")]
Policy = Annotated[
    Path | None,
    typer.Option(
        envvar="EVOLVE_POLICY",
        help="File that says which env and secrets the definition may use; of the base branch, never of the request's.",
    ),
]
Ttl = Annotated[str | None, typer.Option(help="How long it lives, instead of the definition's lifetime: 90m, 12h, 3d.")]
Backend = Annotated[str | None, typer.Option(help="daytona or e2b, where the definition does not say.")]
Local = Annotated[
    bool | None, typer.Option("--local/--no-local", help="On the local cloud.", show_default="where it is already")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: one JSON object a line.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for another run that has the environment.")]
TakeOver = Annotated[bool, typer.Option("--take-over", help="Go on although another run has it: only if that is dead.")]
Parallel = Annotated[int | None, typer.Option(min=1, help="Resources at once.", show_default="64")]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="End with 5 where something differs.")]
Service = Annotated[str | None, typer.Option("--service", "-s", help="Which one.", show_default="the only one")]
Project = Annotated[
    str | None,
    typer.Option(help="The definition's name, where its file is not at hand.", show_default="as in the file"),
]
FILE = Path("evolve.yaml")


def up(
    definition: Definition = FILE,
    environment: Environment = None,
    pr: PullRequest = None,
    policy: Policy = None,
    ttl: Ttl = None,
    backend: Backend = None,
    local: Local = None,
    wait: Wait = 0,
    take_over: TakeOver = False,
    parallel: Parallel = None,
    as_json: AsJson = False,
) -> None:
    """Make an environment what its definition says, and print its URLs.

    Exit code: 0 done; 1 failed; 2 the definition or the command line is wrong; 3 another run has the environment;
    130 interrupted: what had begun was finished and recorded. A second ^C ends it at once.
    """

    def act() -> Exit:
        from evolve_pulumi.cli.environments import changing, settled, target
        from evolve_pulumi.definitions import policy as policies

        manner = changing.Manner(as_json, wait, take_over, parallel)
        meant = target.target(definition, environment, pr)
        return changing.up(meant, policies.read(policy), ttl, settled.Place(backend, local), manner)

    run(act)


def preview(
    definition: Definition = FILE,
    environment: Environment = None,
    pr: PullRequest = None,
    policy: Policy = None,
    backend: Backend = None,
    local: Local = None,
    wait: Wait = 0,
    parallel: Parallel = None,
    as_json: AsJson = False,
    exit_code: ExitCode = False,
) -> None:
    """Show what `up` would do: in place, with a restart or by replacement.

    Exit code: as `up`; with --exit-code, 5 where there is something to do.
    """

    def act() -> Exit:
        from evolve_pulumi.cli.environments import changing, settled, target
        from evolve_pulumi.definitions import policy as policies

        manner = changing.Manner(as_json, wait, parallel=parallel)
        meant = target.target(definition, environment, pr)
        return changing.preview(
            meant, policies.read(policy), settled.Place(backend, local), manner, exit_code=exit_code
        )

    run(act)


def destroy(
    definition: Definition = FILE,
    environment: Environment = None,
    pr: PullRequest = None,
    project: Project = None,
    wait: Wait = 0,
    take_over: TakeOver = False,
    parallel: Parallel = None,
    as_json: AsJson = False,
) -> None:
    """Remove an environment with all that is in it, its volumes too, and its stack. Only the definition's name matters.

    Exit code: as `up`; 0 also where there was none.
    """

    def act() -> Exit:
        from evolve_pulumi.cli.environments import changing, target

        manner = changing.Manner(as_json, wait, take_over, parallel)
        return changing.destroy(target.target(definition, environment, pr, project), manner)

    run(act)


def reconcile(
    folder: Annotated[Path, typer.Argument(help="A folder of definitions, or one of them.", exists=True)],
    repair: Annotated[bool, typer.Option("--repair", help="Undo what has changed outside, too.")] = False,
    policy: Policy = None,
    backend: Backend = None,
    local: Local = None,
    wait: Wait = 0,
    parallel: Parallel = None,
    as_json: AsJson = False,
) -> None:
    """Make environments what a folder of definitions says, once: for cron and CI.

    Each file is an environment, by the file's name. New and changed ones are brought up, those whose file is gone are
    destroyed, what has changed outside is reported. Several at a time; one that fails holds no other back.

    Exit code: as `up`; 5 where something has drifted and was not repaired.
    """

    def act() -> Exit:
        from evolve_pulumi.cli.environments import changing, reconciling, settled
        from evolve_pulumi.definitions import policy as policies

        if folder.is_dir():
            given = {"--policy": policy, "--backend": backend, "--wait": wait or None, "--parallel": parallel}
            options = [word for name, value in given.items() if value is not None for word in (name, str(value))]
            options += ["--repair"] if repair else []
            options += [] if local is None else ["--local" if local else "--no-local"]
            return reconciling.folder(folder, options, as_json=as_json)
        manner = changing.Manner(as_json, wait, parallel=parallel)
        meant = reconciling.of_file(folder)
        return reconciling.definition(
            meant, policies.read(policy), settled.Place(backend, local), manner, repair=repair
        )

    run(act)


def status(
    definition: Definition = FILE,
    environment: Environment = None,
    pr: PullRequest = None,
    project: Project = None,
    as_json: AsJson = False,
    exit_code: ExitCode = False,
) -> None:
    """Say what is there: URLs, states, age, expiry, and what is not as it was made.

    Exit code: 0; 4 where there is no such environment; with --exit-code, 5 where something has drifted.
    """

    def act() -> Exit:
        from evolve_pulumi.cli.environments import inspection, target

        meant = target.target(definition, environment, pr, project)
        return inspection.status(meant, as_json=as_json, exit_code=exit_code)

    run(act)


def logs(
    definition: Definition = FILE,
    environment: Environment = None,
    pr: PullRequest = None,
    service: Service = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
) -> None:
    """Print what a service wrote."""

    def act() -> Exit:
        from evolve_pulumi.cli.environments import inspection, target

        return inspection.logs(target.target(definition, environment, pr), service, follow=follow)

    run(act)


def open_(
    definition: Definition = FILE,
    environment: Environment = None,
    pr: PullRequest = None,
    service: Service = None,
    only_print: Annotated[bool, typer.Option("--print", help="Print the URL and open nothing.")] = False,
) -> None:
    """Open a service in the browser. One that is not public is opened with a signed URL, where the vendor has such."""

    def act() -> Exit:
        from evolve_pulumi.cli.environments import inspection, target

        url = inspection.url(target.target(definition, environment, pr), service)
        typer.echo(url)
        if not only_print:
            typer.launch(url)
        return Exit.DONE

    run(act)


def schema() -> None:
    """Print the JSON schema of definitions, for editors."""
    from evolve_pulumi.definitions import schema

    typer.echo(schema.text(), nl=False)


def add_to(app: typer.Typer) -> None:
    """Make them commands of the command."""
    verbs: dict[str, Callable[..., Any]] = {
        "up": up,
        "preview": preview,
        "destroy": destroy,
        "reconcile": reconcile,
        "status": status,
        "logs": logs,
        "open": open_,
        "schema": schema,
    }
    for name, verb in verbs.items():
        app.command(name=name)(verb)
