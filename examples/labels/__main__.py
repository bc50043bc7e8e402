"""Labels on a sandbox that is owned elsewhere. They go with this stack; the sandbox and its other labels stay."""

import pulumi

from evolve_pulumi import Labels, Sandbox

# Here one is made to try it with; its id usually comes from another stack, by pulumi.StackReference, or a look-up.
sandbox = Sandbox("shared", labels={"team": "platform"})

Labels("accounting", sandbox_id=sandbox.id, labels={"cost-center": "4711", "reviewed": "2026-11"})

pulumi.export("sandbox", sandbox.id)
