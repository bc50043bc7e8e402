"""The official CLI, fetched by Pulumi's own installer where its download site is reachable."""

import importlib.metadata
import os
import signal
import subprocess
import sys
import tempfile

import cache
from errors import UnavailableError
from progress import progress

VERSION = importlib.metadata.version("pulumi")
"""The CLI is released with the SDK, under the same version."""

PROBE_SECONDS = 5
INSTALL_SECONDS = 300

PROBE = """
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen("https://get.pulumi.com/install.sh", timeout=4).close()
except urllib.error.URLError as error:
    sys.exit(str(error.reason))
"""
INSTALL = """
import pulumi.automation, sys
pulumi.automation.PulumiCommand.install(root=sys.argv[1])
"""


def install() -> None:
    """Install the official CLI into the cache, under its lock; give up soon where there is no way to it."""
    run(PROBE, seconds=PROBE_SECONDS)
    with cache.filling(VERSION) as folder, progress(f"installing the Pulumi CLI {VERSION}"):
        run(INSTALL, str(folder), seconds=INSTALL_SECONDS)


def run(code: str, *arguments: str, seconds: float) -> None:
    """Run Python code in a process of its own: name resolution and downloads know no time limit."""
    with tempfile.TemporaryFile("w+") as said:
        command = [sys.executable, "-c", code, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True)
        try:
            failed = process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise UnavailableError(f"no answer within {seconds:.0f} seconds") from None
        said.seek(0)
        if failed:
            raise UnavailableError(said.read().strip().rpartition("\n")[2])
