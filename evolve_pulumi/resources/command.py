"""The command resource."""

import pulumi
from pulumi import Output
from typing_extensions import Unpack

from evolve_pulumi.dynamic.resource import Declared
from evolve_pulumi.models.command import CommandArgs


class Command(Declared, module="evolve", name="Command"):
    """A command that runs once in a sandbox, and again when an argument changed; it follows Pulumi's `command` package.

    It must end with exit code 0. Its output is shown while it runs. What it did is its own: nothing is read back, and
    only `delete` undoes anything. For what keeps running see `Service`.

    Args:
        resource_name: Its name in the program.
        opts: The engine's options.
        args: See `CommandArgs`.
    """

    stdout: Output[str]
    """What the last run wrote to its standard output: the last 64 KiB."""
    stderr: Output[str]
    """What the last run wrote to its standard error; empty where the vendor tells both streams as one."""
    exit_code: Output[int]
    """Of the last run: 0, since others are errors."""

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **args: Unpack[CommandArgs]
    ) -> None:
        super().__init__(
            "command",
            resource_name,
            args,
            # What `delete` undoes must not be what a new `create` has done already.
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(delete_before_replace=True), opts),
            outputs=("stdout", "stderr", "exit_code"),
        )
