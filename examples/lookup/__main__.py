"""Looking up what is there already: a sandbox with twice the cores of the snapshot that it is made from."""

import pulumi

from evolve_pulumi import DaytonaOptions, Sandbox, get_snapshot, list_sandboxes

small = get_snapshot("daytona-small")

sandbox = Sandbox("double", snapshot=small.name, daytona=DaytonaOptions(cpu=2 * small.cpu))

pulumi.export("cores", sandbox.resources["cpu"])
pulumi.export("others", [other.name for other in list_sandboxes(labels={"team": "docs"})])
