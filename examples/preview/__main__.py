"""A sandbox that serves a page, and the URL at which it answers."""

import pulumi

from evolve_pulumi import DaytonaOptions, E2BOptions, Sandbox, Service

PORT = 3000

sandbox = Sandbox(
    "web",
    labels={"team": "docs", "purpose": "preview"},
    env={"GREETING": "Hello from a sandbox"},
    ports=[PORT],
    public=True,
    daytona=DaytonaOptions(auto_stop_minutes=0, ttl_minutes=24 * 60),
    e2b=E2BOptions(timeout_minutes=60),
)

page = Service(
    "page",
    sandbox_id=sandbox.id,
    command=f'echo "<h1>$GREETING</h1>" > index.html && exec python3 -m http.server {PORT}',
    port=PORT,
    health={"path": "/"},
)

pulumi.export("url", sandbox.preview_url(PORT))
