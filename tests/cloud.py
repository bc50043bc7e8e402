"""A handle on a real local cloud for tests, and the process behind it."""

import json
import os
import select
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from evolve_pulumi.local_address import LocalAddress, read_address

UP_SECONDS = 30
DOWN_SECONDS = 30


@dataclass(frozen=True)
class Cloud:
    """A local cloud that is up."""

    folder: Path
    address: LocalAddress

    @property
    def url(self) -> str:
        return self.address.url

    @property
    def api_key(self) -> str:
        return self.address.api_key

    @property
    def daytona_api_url(self) -> str:
        return self.address.daytona_api_url

    @property
    def e2b_api_url(self) -> str:
        return self.address.e2b_api_url

    @property
    def e2b_sandbox_url(self) -> str:
        return self.address.e2b_sandbox_url

    @property
    def e2b_volume_url(self) -> str:
        return self.address.e2b_volume_url

    @property
    def e2b_domain(self) -> str:
        return self.address.e2b_domain

    @property
    def environment(self) -> dict[str, str]:
        """What points the vendors' SDKs of a process at this cloud."""
        return self.address.environment

    def status(self) -> dict[str, Any]:
        return self._control("GET", "status")

    def calls(self) -> list[dict[str, Any]]:
        """The calls of the vendors' APIs since the test began: method, path, status (0: dropped)."""
        return self._control("GET", "calls")["calls"]

    def peak_concurrent(self) -> int:
        """The largest number of calls at the same time since the test began."""
        return self._control("GET", "calls")["peak_concurrent"]

    def forget_calls(self) -> None:
        self._control("DELETE", "calls")

    def inject(self, path: str, method: str = "*", **fault: Any) -> None:
        """Disturb calls: delay_seconds; status with body and headers; drop "before" or "after"; times."""
        self._control("POST", "faults", {"path": path, "method": method, **fault})

    def heal(self) -> None:
        self._control("DELETE", "faults")

    def advance(self, *, minutes: float) -> None:
        """Move the cloud's clock forward; what becomes due is done."""
        self._control("POST", "clock", {"advance_seconds": minutes * 60})

    def limit(self, **limits: Any) -> None:
        """Set quotas, `total` and `sandbox`, and `rates`; without any, remove them."""
        self._control("PUT", "limits", limits)

    def reset(self) -> None:
        """Destroy all sandboxes and forget faults, limits and calls."""
        self._control("POST", "reset")

    def stop(self) -> None:
        """Ask the server to shut down."""
        self._control("POST", "stop")

    def _control(self, method: str, name: str, body: Any = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/local/{name}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.api_key}"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)


class CloudProcess:
    """A server process on a folder, which a test may kill and start again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def start(self) -> Cloud:
        """Start the server and wait until it serves."""
        command = [sys.executable, "-m", "evolve_pulumi.local", "--folder", str(self.folder), "--port", "0"]
        self.folder.mkdir(exist_ok=True)
        serving = self.log.count("Serving at") if (self.folder / "server.log").exists() else 0
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen([*command, *self._options], stdout=log, stderr=log)
        deadline = time.monotonic() + UP_SECONDS
        while self.log.count("Serving at") == serving:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The local cloud did not come up:\n{self.log}")
            time.sleep(0.02)
        address = read_address(self.folder)
        assert address
        return Cloud(self.folder, address)

    def wait(self) -> int:
        """Wait for the server to end; its exit code."""
        assert self._process
        return self._process.wait(DOWN_SECONDS)

    def kill(self) -> None:
        """End the server as a crash would."""
        assert self._process
        self._process.kill()
        self._process.wait(DOWN_SECONDS)

    def stop(self) -> int:
        """End the server in order; its exit code."""
        assert self._process
        self._process.terminate()
        return self.wait()


@contextmanager
def cloud_folder() -> Generator[Path]:
    """A folder that sandboxes of a root user can reach, which pytest's own cannot be."""
    with TemporaryDirectory(prefix="evolve-local-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@contextmanager
def running_cloud(*options: str) -> Generator[tuple[CloudProcess, Cloud]]:
    """A server of its own, for tests that need options or restarts."""
    with cloud_folder() as folder:
        process = CloudProcess(folder, *options)
        cloud = process.start()
        try:
            yield process, cloud
        finally:
            process.stop()


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether a process ends within a time; one that nobody has collected yet has ended."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def host_processes(cloud: Cloud) -> list[int]:
    """Processes of the host that run a sandbox of a cloud: what was started with a path below its folder."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if bytes(cloud.folder / "sandboxes") in command:
            found.append(int(process.name))
    return found
