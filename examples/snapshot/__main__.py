"""A snapshot that is built from a Dockerfile, and a page served from it.

Another text builds another snapshot, the sandbox moves to it, and the first one goes. The same text builds nothing.
"""

import pulumi

from evolve_pulumi import Dockerfile, Sandbox, Service, Snapshot

PORT = 3000
# The one image that the local cloud has. At Daytona, any registry's: pulumi config set base python:3.12-slim
BASE = pulumi.Config().get("base") or "evolve/local:1"

site = Snapshot(
    "site",
    dockerfile=Dockerfile.from_image(BASE).run("mkdir -p /site && echo 'Built once' > /site/index.html"),
    cpu=2,
    memory_gb=2,
)

sandbox = Sandbox("web", snapshot=site.name, public=True)

page = Service(
    "page",
    sandbox_id=sandbox.id,
    command=f"cd /site && exec python3 -m http.server {PORT}",
    port=PORT,
    health={"path": "/"},
)

pulumi.export("url", sandbox.preview_url(PORT))
