"""A sandbox that serves a page, and the URL at which it answers; or what a definition says, where one is configured."""

import pulumi

from evolve_pulumi import DaytonaOptions, E2BOptions, PreviewEnvironment, Sandbox, Service

PORT = 3000

if pulumi.Config("evolve").get("definition"):
    environment = PreviewEnvironment.of_config()
    pulumi.export("urls", environment.urls)
else:
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
