"""What running sandboxes use of the machine, as its system counts it."""

from dataclasses import dataclass

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.files import TREE_SECONDS
from evolve_pulumi.local.records import Sandbox


@dataclass(frozen=True)
class Usage:
    """Cores over the last moment; bytes of memory, shared ones shared out; bytes of the sandbox's own files."""

    cores: float
    memory: int
    disk: int


async def measure(cloud: Cloud, sandbox: Sandbox) -> Usage:
    """What a sandbox uses now; raises NotRunningError."""
    guest, folder = cloud.guest(sandbox), cloud.tier.root(cloud.place(sandbox))
    used = await guest.call("usage", patience=TREE_SECONDS, folder=folder)
    return Usage(float(used["cores"]), int(used["memory"]), int(used["disk"]))
