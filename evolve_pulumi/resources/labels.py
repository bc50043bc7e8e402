"""The labels resource."""

import pulumi
from typing_extensions import Unpack

from evolve_pulumi.dynamic.resource import Declared
from evolve_pulumi.models.labels import LabelsArgs


class Labels(Declared, module="evolve", name="Labels"):
    """Labels on a sandbox that another stack, or nobody, owns.

    Its own are set, changed in place, and taken off when it is destroyed; the sandbox's other labels stay as they are.
    A sandbox of this stack has `labels` of its own.

    Args:
        resource_name: Its name in the program.
        opts: The engine's options.
        args: See `LabelsArgs`.
    """

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **args: Unpack[LabelsArgs]
    ) -> None:
        super().__init__(
            "labels",
            resource_name,
            args,
            # The new one would find the old one's labels in its way.
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(delete_before_replace=True), opts),
        )
