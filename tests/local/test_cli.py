"""`evolve-pulumi local`, as a user runs it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from evolve_pulumi.local_address import FOLDER_VARIABLE, read_address
from tests.cloud import cloud_folder, gone

RUN = "from evolve_pulumi.cli.local import app; app()"


@dataclass
class Shell:
    """Runs verbs of the command on a folder and a port of its own."""

    folder: Path
    port: int

    def __call__(self, *words: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, FOLDER_VARIABLE: str(self.folder), "http_proxy": "http://127.0.0.1:1"}
        command = [sys.executable, "-c", RUN, *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def evolve() -> Iterator[Shell]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with cloud_folder() as folder:
        shell = Shell(folder / "state", port)
        try:
            yield shell
        finally:
            shell("down")


def test_up_status_down(evolve: Shell) -> None:
    assert json.loads(evolve("status", "--json").stdout) == {"running": False, "sandboxes": 0}
    up = evolve("up", "--port", str(evolve.port))
    assert up.returncode == 0, up.stderr
    address = read_address(evolve.folder)
    assert address is not None
    assert f"running at http://127.0.0.1:{evolve.port}" in up.stdout
    assert address.api_key not in up.stdout, "what `up` prints ends up in the logs of CI"
    exports = evolve("env").stdout.splitlines()
    assert f"export DAYTONA_API_URL={address.url}/daytona/api" in exports
    assert f"export DAYTONA_API_KEY={address.api_key}" in exports
    assert f"export E2B_SANDBOX_URL={address.url}/e2b/envd" in exports
    assert f"export E2B_DOMAIN=localhost:{evolve.port}" in exports
    status = json.loads(evolve("status", "--json").stdout)
    assert (status["running"], status["sandboxes"], status["organization"]) == (True, 0, "local")
    assert f"tier {status['tier']}" in evolve("status").stdout
    assert json.loads(evolve("status", "--json").stdout)["pid"] == status["pid"]
    assert evolve("up", "--port", str(evolve.port)).stdout == up.stdout, "up is the same when it is running"
    assert "Serving at" in evolve("logs").stdout
    assert evolve("down").stdout == "The local cloud is stopped.\n"
    assert gone(status["pid"], seconds=0)
    assert evolve("down").stdout == "The local cloud is not running.\n"
    assert "is not running; 0 sandboxes are kept" in evolve("status").stdout


def test_the_key_stays_and_is_nobody_elses_business(evolve: Shell) -> None:
    evolve("up", "--port", str(evolve.port))
    status = json.loads(evolve("status", "--json").stdout)
    address = read_address(evolve.folder)
    assert address
    assert address.api_key.encode() not in Path(f"/proc/{status['pid']}/cmdline").read_bytes()
    assert address.api_key not in evolve("logs").stdout
    assert (evolve.folder / "server.log").stat().st_mode & 0o077 == 0
    evolve("down")
    evolve("up", "--port", str(evolve.port))
    assert read_address(evolve.folder) == address


def test_a_taken_port_is_named_with_the_remedy(evolve: Shell) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        up = evolve("up", "--port", str(port))
    assert up.returncode == 1
    assert up.stderr.startswith(f"error: Port {port} is taken")
    assert "--port" in up.stderr
    assert len(up.stderr.splitlines()) == 1


def test_what_was_never_started_says_so(evolve: Shell) -> None:
    logs = evolve("logs")
    assert (logs.returncode, logs.stderr.count("\n")) == (1, 1)
    assert "evolve-pulumi local up" in logs.stderr


def test_the_command_does_not_load_the_cloud() -> None:
    script = f"import sys, {RUN.split(';')[0].split()[1]}; print([m for m in sys.modules if 'aiohttp' in m])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"
