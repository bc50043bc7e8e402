"""The sandbox resource."""

from collections.abc import Mapping

import pulumi
from pulumi import Output
from typing_extensions import Unpack

from evolve_pulumi.dynamic.resource import Declared
from evolve_pulumi.models.sandbox import SandboxArgs
from evolve_pulumi.schema import Input
from evolve_pulumi.vendors.daytona.options import DaytonaOptions
from evolve_pulumi.vendors.e2b.options import E2BOptions


class AllSandboxArgs(SandboxArgs, total=False):
    """The portable arguments, and each vendor's own."""

    daytona: Input[DaytonaOptions]
    """What only Daytona has; ignored elsewhere."""
    e2b: Input[E2BOptions]
    """What only E2B has; ignored elsewhere."""


class Sandbox(Declared, module="evolve", name="Sandbox"):
    """A sandbox that runs as long as the stack declares it.

    What the vendor can change is changed in place: at Daytona labels, visibility, sizes, network and timers, at E2B
    the network on its way out and the time-out. Everything else it was made with is fixed, and a change replaces it:
    the new one is created first, unless it has an explicit name. `pulumi up` after a refresh recovers one that has
    failed, where the vendor can.

    Args:
        resource_name: Its name in the program.
        opts: The engine's options.
        args: See `SandboxArgs`, `DaytonaOptions` and `E2BOptions`.
    """

    name: Output[str]
    """Its name at the vendor."""
    resources: Output[Mapping[str, float]]
    """What it has: `cpu`, `memory_gb`, and where the vendor tells `disk_gb` and `gpu`."""
    preview_urls: Output[Mapping[str, str]]
    """A URL for each of `ports`, by port: `{"3000": "https://3000-….example"}`."""
    preview_url_template: Output[str]
    """The URL of any port: put it in the place of `{port}`."""
    preview_token: Output[str]
    """Secret. What a preview URL asks for unless the sandbox is `public`: at Daytona in the header
    `x-daytona-preview-token`, a new one after each start; at E2B in `e2b-traffic-access-token`."""

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **args: Unpack[AllSandboxArgs]
    ) -> None:
        super().__init__(
            "sandbox",
            resource_name,
            args,
            pulumi.ResourceOptions.merge(
                pulumi.ResourceOptions(delete_before_replace=True if "name" in args else None), opts
            ),
            outputs=("name", "preview_urls", "preview_url_template", "preview_token", "resources"),
            secret=("preview_token",),
            managed={"errored": False},
        )

    def preview_url(self, port: int) -> Output[str]:
        """The URL at which a port of the sandbox answers, whether or not it is among `ports`."""
        return self.preview_url_template.apply(lambda template: template.replace("{port}", str(port), 1))
