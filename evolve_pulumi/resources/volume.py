"""The volume resource."""

import pulumi
from pulumi import Output
from typing_extensions import Unpack

from evolve_pulumi.dynamic.resource import Declared
from evolve_pulumi.models.volume import VolumeArgs


class Volume(Declared, module="evolve", name="Volume"):
    """Storage that outlives the sandboxes that mount it; see `Sandbox`'s `volumes`.

    It is deleted, also by a replacement or by `pulumi destroy`, only with `allow_data_loss=True`.

    Args:
        resource_name: Its name in the program.
        opts: The engine's options.
        args: See `VolumeArgs`.
    """

    name: Output[str]
    """Its name at the vendor."""

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **args: Unpack[VolumeArgs]
    ) -> None:
        super().__init__(
            "volume",
            resource_name,
            args,
            pulumi.ResourceOptions.merge(
                pulumi.ResourceOptions(delete_before_replace=True if "name" in args else None), opts
            ),
            outputs=("name",),
        )
