"""The environment of the definition that the stack's configuration names."""

import pulumi

from evolve_pulumi import PreviewEnvironment

environment = PreviewEnvironment.of_config()

pulumi.export("url", environment.urls["web"])
pulumi.export("urls", environment.urls)
pulumi.export("expires_at", environment.expires_at)
pulumi.export("summary", environment.summary)
