"""The snapshot resource."""

import pulumi
from pulumi import Output
from typing_extensions import Unpack

from evolve_pulumi.dynamic.resource import Declared
from evolve_pulumi.models.snapshot import SnapshotArgs
from evolve_pulumi.schema import Input
from evolve_pulumi.vendors.daytona.options import DaytonaSnapshotOptions
from evolve_pulumi.vendors.e2b.options import E2BSnapshotOptions


class AllSnapshotArgs(SnapshotArgs, total=False):
    """The portable arguments, and each vendor's own."""

    daytona: Input[DaytonaSnapshotOptions]
    """What only Daytona has; ignored elsewhere."""
    e2b: Input[E2BSnapshotOptions]
    """What only E2B has; ignored elsewhere."""


class Snapshot(Declared, module="evolve", name="Snapshot"):
    """What sandboxes are made from: a registry's image, or one that is built from a Dockerfile.

    Pass its `name` to `Sandbox`. A change builds a new one, to which its sandboxes move: at Daytona another snapshot,
    before the old one is deleted; at E2B another build of the same template, under a tag of its own. The build's output
    is shown while it runs. Where the vendor has put it aside because nobody used it, `pulumi up` after a refresh
    activates it again.

    Args:
        resource_name: Its name in the program.
        opts: The engine's options.
        args: See `SnapshotArgs`, `DaytonaSnapshotOptions` and `E2BSnapshotOptions`.
    """

    name: Output[str]
    """Its name at the vendor: what a sandbox takes as its `snapshot`."""

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **args: Unpack[AllSnapshotArgs]
    ) -> None:
        super().__init__(
            "snapshot",
            resource_name,
            args,
            pulumi.ResourceOptions.merge(
                pulumi.ResourceOptions(delete_before_replace=True if "name" in args else None), opts
            ),
            outputs=("name",),
            managed={"active": True},
        )
