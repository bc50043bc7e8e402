"""A place for an agent to work in: its files, a secret, and a cache that outlives it."""

import pulumi

from evolve_pulumi import Command, Files, InlineFile, Sandbox, Volume, VolumeMount

# pulumi config set --secret token ...
token = pulumi.Config().get_secret("token") or pulumi.Output.secret("none yet")

cache = Volume("cache", allow_data_loss=True)
sandbox = Sandbox(
    "agent",
    env={"PIP_CACHE_DIR": "/cache/pip"},
    volumes=[VolumeMount(volume_id=cache.id, mount_path="/cache")],
)
files = Files(
    "files",
    sandbox_id=sandbox.id,
    path="workspace",
    source="tools",
    files={
        "TASK.md": "Count the lines of everything in this folder.\n",
        ".env": InlineFile(content=token.apply(lambda value: f"TOKEN={value}\n"), mode="600"),
    },
)
ready = Command(
    "ready",
    sandbox_id=sandbox.id,
    create="./count.sh | tee -a /cache/counts",
    working_directory="workspace",
    opts=pulumi.ResourceOptions(depends_on=[files]),
)

pulumi.export("sandbox", sandbox.id)
pulumi.export("counted", ready.stdout)
