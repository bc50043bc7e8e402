"""A sandbox whose sizes are changed while it lives: pulumi config set cpu 4

More cores and memory are added while it runs. For fewer, and for a larger disk, it is stopped and started again, which
`allow_restart` permits.
"""

import pulumi

from evolve_pulumi import DaytonaOptions, Sandbox

config = pulumi.Config()

sandbox = Sandbox(
    "worker",
    allow_restart=True,
    daytona=DaytonaOptions(
        cpu=config.get_int("cpu") or 2,
        memory_gb=config.get_int("memoryGb") or 2,
        disk_gb=config.get_int("diskGb") or 5,
    ),
)

pulumi.export("resources", sandbox.resources)
