"""`evolve-pulumi doctor` on machines that have more or less."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pulumi_engine import engine_folder


def doctor(**environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("evolve-pulumi")), "doctor"]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """A machine with nothing of ours: no engine, no cache, no local cloud, no key."""
    return {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path), "EVOLVE_LOCAL_FOLDER": str(tmp_path)}


def test_what_is_there_is_said_with_where_it_comes_from(bare: dict[str, str]) -> None:
    engine = engine_folder()
    result = doctor(**bare | {"PATH": f"{engine}:/usr/bin:/bin", "DAYTONA_API_KEY": "hunter2"})
    assert result.returncode == 0, result.stdout
    lines = {line[8:26].strip(): line[26:] for line in result.stdout.splitlines() if not line.startswith(" ")}
    assert f"from PATH, {engine}/pulumi" in lines["engine"]
    assert lines["language host"] == f"{engine}/pulumi-language-python"
    assert sys.executable in lines["interpreter"]
    assert lines["daytona"] == importlib.metadata.version("daytona")
    assert lines["local cloud"].startswith("never started here; isolation tier: ")
    assert lines["Daytona key"] == "DAYTONA_API_KEY is set"
    assert "hunter2" not in result.stdout + result.stderr


def test_what_is_missing_comes_with_its_remedy(bare: dict[str, str]) -> None:
    result = doctor(**bare | {"DAYTONA_API_KEY": ""})
    assert result.returncode == 1
    assert "missing engine            no pulumi\n" in result.stdout
    assert "→ Install the Pulumi CLI, or let `make up` in the repository get it." in result.stdout
    assert "→ Or per stack: pulumi config set --secret evolve:daytonaApiKey" in result.stdout
