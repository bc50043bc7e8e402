"""What the command line says of pull requests."""

from pathlib import Path
from typing import Annotated

import typer

from evolve_pulumi.cli.environments.exits import Exit, run
from evolve_pulumi.cli.environments.verbs import FILE, AsJson, Backend, Definition, Local, Ttl, Wait

app = typer.Typer(help="An environment per pull request, in jobs of GitHub workflows.", no_args_is_help=True)
Rules = Annotated[Path, typer.Option("--policy", help="The policy's path in the repository; read in the base branch.")]
Allowing = Annotated[str, typer.Option("--label", help="The label with which maintainers allow a fork's.")]
Project = Annotated[
    str | None, typer.Option(help="The environment's project.", show_default="the definition's name in the base branch")
]
POLICY = Path("evolve.policy.yaml")
LABEL = "preview"
WAIT_SECONDS = 900


@app.command()
def up(
    definition: Definition = FILE,
    policy: Rules = POLICY,
    label: Allowing = LABEL,
    ttl: Ttl = None,
    backend: Backend = None,
    local: Local = None,
    wait: Wait = WAIT_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Bring the pull request's environment up, and say so in its comment, the job's summary and the step's outputs.

    A fork's gets one only when the label is put on it, for the commit that it then has.

    Exit code: as `up`; 0 also where the event changes nothing.
    """

    def act() -> Exit:
        from evolve_pulumi.cli.environments import changing, settled
        from evolve_pulumi.cli.pull_requests import acting, request

        manner, place = changing.Manner(as_json, wait), settled.Place(backend, local)
        return acting.up(request.read(definition), policy, label, ttl, place, manner)

    run(act)


@app.command()
def close(
    definition: Definition = FILE, project: Project = None, wait: Wait = WAIT_SECONDS, as_json: AsJson = False
) -> None:
    """Remove the pull request's environment with its stack, and say so in its comment.

    Exit code: as `destroy`.
    """

    def act() -> Exit:
        from evolve_pulumi.cli.environments import changing
        from evolve_pulumi.cli.pull_requests import acting, request

        return acting.close(request.read(definition), project, changing.Manner(as_json, wait))

    run(act)


@app.command()
def comment(definition: Definition = FILE) -> None:
    """Write the pull request's comment anew, from what is there. Changes nothing else."""

    def act() -> Exit:
        from evolve_pulumi.cli.pull_requests import acting, request

        return acting.comment(request.read(definition))

    run(act)
