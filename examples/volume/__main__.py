"""Data that outlives the sandboxes that work on it: one writes, another serves."""

import pulumi

from evolve_pulumi import Sandbox, Service, Volume, VolumeMount

PORT = 3000

# Without allow_data_loss neither a replacement nor `pulumi destroy` deletes it.
data = Volume("data", allow_data_loss=True)

writer = Sandbox("writer", volumes=[VolumeMount(volume_id=data.id, mount_path="/data")])
reader = Sandbox("reader", volumes=[VolumeMount(volume_id=data.id, mount_path="/site")], public=True)

clock = Service(
    "clock",
    sandbox_id=writer.id,
    # Moved into place whole, so that nobody is served half of it.
    command="""
        (while date > /data/new; do mv /data/new /data/index.html; sleep 1; done) &
        exec python3 -m http.server 8000
    """,
    port=8000,
)
page = Service(
    "page",
    sandbox_id=reader.id,
    command=f"cd /site && exec python3 -m http.server {PORT}",
    port=PORT,
    opts=pulumi.ResourceOptions(depends_on=[clock]),
)

pulumi.export("url", reader.preview_url(PORT))
