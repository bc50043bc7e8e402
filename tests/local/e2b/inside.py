"""A web server inside a sandbox, started by way of its agent."""

import array
import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any

import httpx
from e2b import Sandbox

from evolve_pulumi.local.guest import short_path
from tests.cloud import Cloud
from tests.waiting import until

SERVER = Path(__file__).parents[1] / "inside_server.py"
PORT = 3000


def serve(cloud: Cloud, sandbox: Sandbox) -> None:
    """Run the server inside and wait until it takes connections."""
    folder = cloud.folder / "sandboxes" / sandbox.sandbox_id
    shutil.copy(SERVER, folder / "root" / "tmp")
    argv = ["/usr/bin/python3", f"/tmp/{SERVER.name}", str(PORT)]
    request: dict[str, Any] = {"id": 1, "op": "spawn", "arguments": {"argv": argv, "env": {}, "cwd": "/"}}
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as agent,
        short_path(folder / "agent.sock") as path,
        open(os.devnull, "r+b") as nothing,
    ):
        agent.connect(path)
        fds = array.array("i", [nothing.fileno()] * 3)
        agent.sendmsg([json.dumps(request).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        assert "pid" in json.loads(agent.recv(1 << 16))
    headers = {"Authorization": f"Bearer {cloud.api_key}"}
    until(lambda: visit(cloud, sandbox, **headers).status_code == 200)


def visit(cloud: Cloud, sandbox: Sandbox, **headers: str) -> httpx.Response:
    """What the port's host answers, by name: `*.localhost` is not known to every resolver."""
    return httpx.get(f"{cloud.url}/", headers={"Host": sandbox.get_host(PORT), **headers}, timeout=20)
