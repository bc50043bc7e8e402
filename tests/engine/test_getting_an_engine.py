"""Which engine is used, and what happens where there is none. A script stands in for Go where a build is made."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pulumi_engine import TOOLS, engine_folder

NEW_GO = """
case $1 in
env) echo go1.99.0 ;;
build)
    echo built >> "$LOG"
    echo compiling/this >&2
    cat "$GATE"
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$(dirname "$2")" && printf '#!/bin/sh\\necho v3.0.0\\n' > "$2" && chmod +x "$2" ;;
esac
"""

BROKEN_GO = """
case $1 in
env) echo go1.99.0 ;;
build) echo compiling/this >&2; exit 1 ;;
esac
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """No engine, no Go, no network, an empty cache."""
    (tmp_path / "bin").mkdir()
    return {
        "GATE": os.devnull,
        "HOME": str(tmp_path),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "LOG": str(tmp_path / "log"),
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


def put_on_path(env: dict[str, str], name: str, script: str) -> None:
    """Add a command to the test's PATH."""
    command = Path(env["PATH"].split(":")[0], name)
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)


def kit(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python tools/engine`."""
    return subprocess.run(command(*arguments), env=env, capture_output=True, text=True)


def command(*arguments: str) -> list[str]:
    """The command line of the kit."""
    return [sys.executable, str(TOOLS / "engine"), *arguments]


def test_the_engine_of_these_tests_is_complete() -> None:
    folder = engine_folder()
    answer = kit(dict(os.environ), "where", "--json")
    found = json.loads(answer.stdout)
    assert (found["source"] == "path") == (folder == "")
    assert all(Path(found[part]).exists() for part in ("pulumi", "language_host", "resource_launcher"))
    assert found["version"].startswith("3.")


def test_an_official_cli_on_path_is_used_as_it_is(env: dict[str, str]) -> None:
    put_on_path(env, "pulumi", "echo v3.999.0")
    put_on_path(env, "pulumi-language-python", "")
    assert kit(env, "ensure").stdout == "\n"
    found = json.loads(kit(env, "where", "--json").stdout)
    assert (found["source"], found["version"]) == ("path", "3.999.0")


def test_a_cli_without_a_language_host_is_not_used(env: dict[str, str]) -> None:
    put_on_path(env, "pulumi", "echo v3.999.0")
    put_on_path(env, "go", NEW_GO)
    answer = kit(env, "ensure")
    assert "has no pulumi-language-python beside it" in answer.stderr
    assert answer.stdout.startswith(env["XDG_CACHE_HOME"])


def test_what_is_missing_is_said_with_the_remedy(env: dict[str, str]) -> None:
    answer = kit(env, "where", "--json")
    assert answer.returncode == 1
    assert json.loads(answer.stdout) == {
        "source": None,
        "missing": "pulumi",
        "remedy": "python tools/engine ensure",
    }


@pytest.mark.parametrize(
    ("go", "reason"),
    [
        (None, "Go is not on PATH"),
        ("echo go1.20.1", "go is 1.20.1"),
        ("echo 'go.mod requires go >= 1.25' >&2; exit 1", "go.mod requires go >= 1.25"),
        (BROKEN_GO, "the Go build failed:\ncompiling/this"),
    ],
    ids=["no Go", "old Go", "old Go that reads go.mod", "a build that fails"],
)
def test_no_way_to_an_engine_names_reason_and_remedy(env: dict[str, str], go: str | None, reason: str) -> None:
    if go:
        put_on_path(env, "go", go)
    answer = kit(env, "ensure")
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert "The official Pulumi installer is not reachable" in answer.stderr
    assert reason in answer.stderr
    assert "remedy: install the Pulumi CLI" in answer.stderr
    assert kit(env, "where").returncode == 1


def test_an_engine_is_built_once_with_its_launchers(env: dict[str, str]) -> None:
    put_on_path(env, "go", NEW_GO)
    first, second = kit(env, "ensure"), kit(env, "ensure")
    assert first.stdout == second.stdout
    assert "5 to 10 minutes" in first.stderr
    assert second.stderr == ""
    assert Path(env["LOG"]).read_text() == "built\n"
    found = json.loads(kit(env, "where", "--json").stdout)
    assert os.access(found["language_host"], os.X_OK)
    assert os.access(found["resource_launcher"], os.X_OK)


def test_changed_launchers_replace_those_beside_the_engine(env: dict[str, str]) -> None:
    put_on_path(env, "go", NEW_GO)
    host = Path(kit(env, "ensure").stdout.strip(), "language_host.py")
    host.write_text("old")
    kit(env, "ensure")
    assert host.read_bytes() == (TOOLS / "engine" / "launchers" / "language_host.py").read_bytes()


@pytest.mark.timeout(60)
def test_two_at_once_build_once(env: dict[str, str], tmp_path: Path) -> None:
    put_on_path(env, "go", NEW_GO)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command("ensure"), env=env | {"GATE": str(gate)}, stdout=pipe) as builder,
        gate.open("w") as opened,
        subprocess.Popen(command("ensure"), env=env, stdout=pipe, stderr=pipe, text=True) as other,
    ):
        assert other.stderr
        assert "Another process is getting the engine" in other.stderr.readline()
        opened.close()
        assert builder.wait() == other.wait() == 0
    assert Path(env["LOG"]).read_text() == "built\n"
