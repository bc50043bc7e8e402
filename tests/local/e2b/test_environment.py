"""The SDK of another process finds the local cloud by its environment."""

import os
import subprocess
import sys

from tests.cloud import Cloud

PROGRAM = "from e2b import Sandbox; print(Sandbox.create().get_host(3000))"


def test_a_program_needs_nothing_but_the_environment(cloud: Cloud) -> None:
    environment = {"PATH": os.environ["PATH"], **cloud.environment}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("3000-i")
    assert done.stdout.strip().endswith(f".{cloud.e2b_domain}")
