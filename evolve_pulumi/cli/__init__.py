"""The command `evolve-pulumi`: one module per group of verbs.

The local cloud is launched as a process, not imported.
"""

import typer

from evolve_pulumi.cli import doctor, local

app = typer.Typer(
    help="Cloud sandboxes with Pulumi: the local cloud, and what is on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(local.app, name="local")
app.command(name="doctor")(doctor.doctor)


def main() -> None:
    """The console script."""
    app()
