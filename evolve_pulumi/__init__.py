"""A Pulumi provider for cloud sandboxes.

Only the names listed here are promised; every other module may change.
"""

from evolve_pulumi.models.managed import Timeouts
from evolve_pulumi.models.service import Health
from evolve_pulumi.resources.sandbox import Sandbox
from evolve_pulumi.resources.service import Service
from evolve_pulumi.vendors.daytona.options import DaytonaOptions

__all__ = ["DaytonaOptions", "Health", "Sandbox", "Service", "Timeouts"]
