"""`tools/stack`, which is behind `make up` and `make down`, in a checkout of its own."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pulumi_engine import TOOLS

PROGRAM = """
import pulumi
config = pulumi.Config()
pulumi.export("region", config.get("region"))
pulumi.export("password", pulumi.Output.secret("hunter2"))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with a project, the tools and this environment."""
    folder = tmp_path / "checkout"
    shutil.copytree(TOOLS, folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / ".gitignore").write_text(".venv\n.pulumi/\n__pycache__/\n")
    (folder / "Pulumi.yaml").write_text("name: front-door\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  front-door:region: eu\n")
    (folder / "__main__.py").write_text(PROGRAM)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git in the checkout."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def run(folder: Path, *arguments: str) -> str:
    """Run a command on the checkout's stack, with nothing prepared and nobody to ask."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    answer = subprocess.run(
        [folder / "tools" / "stack", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_up_shows_the_outputs_again_and_again_and_writes_no_tracked_file(checkout: Path) -> None:
    for _ in range(2):
        assert 'region  : "eu"' in run(checkout, "up")
        assert git(checkout, "diff", "--name-only") == ""
        assert git(checkout, "ls-files", "--others", "--exclude-standard") == ""
    assert run(checkout, "stack", "output", "password", "--show-secrets") == "hunter2\n"
    assert "1 deleted" in run(checkout, "destroy")


def test_the_passphrase_is_random_and_the_users_alone(checkout: Path) -> None:
    run(checkout, "up")
    passphrase = checkout / ".pulumi" / "passphrase"
    assert stat.S_IMODE(passphrase.stat().st_mode) == 0o600
    assert len(passphrase.read_text()) > 40
