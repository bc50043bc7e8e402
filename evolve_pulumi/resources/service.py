"""The service resource."""

import pulumi
from typing_extensions import Unpack

from evolve_pulumi.dynamic.resource import Declared
from evolve_pulumi.models.service import ServiceArgs


class Service(Declared, module="evolve", name="Service"):
    """A command that keeps running in a sandbox, ready when its port answers.

    A change of its arguments starts it again. So does `pulumi up` after a refresh found that it had ended.

    Args:
        resource_name: Its name in the program.
        opts: The engine's options.
        args: See `ServiceArgs`.
    """

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **args: Unpack[ServiceArgs]
    ) -> None:
        super().__init__(
            "service",
            resource_name,
            args,
            # Two of it cannot listen on one port.
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(delete_before_replace=True), opts),
            managed={"running": True},
        )
