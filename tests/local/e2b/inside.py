"""What is put inside a sandbox: files, and a web server that is looked at."""

from pathlib import Path

import httpx
from e2b import Sandbox

from tests.cloud import Cloud
from tests.waiting import until

SERVER = Path(__file__).parents[1] / "inside_server.py"
PORT = 3000


def serve(cloud: Cloud, sandbox: Sandbox) -> None:
    """Run the server inside and wait until it takes connections."""
    write(sandbox, "/tmp/server.py", SERVER.read_text())
    sandbox.commands.run(f"python3 /tmp/server.py {PORT}", background=True).disconnect()
    headers = {"Authorization": f"Bearer {cloud.api_key}"}
    until(lambda: visit(cloud, sandbox, **headers).status_code == 200)


def write(sandbox: Sandbox, path: str, text: str) -> None:
    sandbox.files.write(path, text)  # pyright: ignore[reportUnknownMemberType]


def visit(cloud: Cloud, sandbox: Sandbox, **headers: str) -> httpx.Response:
    """What the port's host answers, by name: `*.localhost` is not known to every resolver."""
    return httpx.get(f"{cloud.url}/", headers={"Host": sandbox.get_host(PORT), **headers}, timeout=20)
