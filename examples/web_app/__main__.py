"""A web app from a Git repository, behind a preview URL: commit, run `pulumi up`, and it shows the new commit."""

import pulumi

from evolve_pulumi import Command, GitRepository, Sandbox, Service

PORT = 3000
config = pulumi.Config()

sandbox = Sandbox("web", public=True, ports=[PORT])

# A clone on this machine, here the one of this example, or a URL. What is committed there is sent; no credential is.
code = GitRepository(
    "code",
    sandbox_id=sandbox.id,
    path="code",
    source=config.get("repository") or "../..",
    ref=config.get("ref") or "HEAD",
)
build = Command(
    "build",
    sandbox_id=sandbox.id,
    create="mkdir -p ~/site && (echo '<pre>' && git log --max-count=20 --format='%h %s') > ~/site/index.html",
    working_directory="code",
    triggers=[code.commit],
)
app = Service(
    "app",
    sandbox_id=sandbox.id,
    command=f"exec python3 -m http.server {PORT} --directory site",
    port=PORT,
    health={"path": "/"},
    opts=pulumi.ResourceOptions(depends_on=[build]),
)

pulumi.export("url", sandbox.preview_url(PORT))
