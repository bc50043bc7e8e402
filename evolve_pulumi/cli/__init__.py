"""The command `evolve-pulumi`: one module per group of verbs.

The local cloud is launched as a process, not imported.
"""

import typer

from evolve_pulumi.cli import doctor, local, sweep
from evolve_pulumi.cli.environments import verbs
from evolve_pulumi.cli.pull_requests import verbs as pull_requests

app = typer.Typer(
    help="Cloud sandboxes with Pulumi: environments from definitions, the local cloud, and what was left behind.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
verbs.add_to(app)
app.add_typer(pull_requests.app, name="pr")
app.add_typer(local.app, name="local")
app.command(name="doctor")(doctor.doctor)
app.command(name="sweep")(sweep.sweep)


def main() -> None:
    """The console script."""
    app()
