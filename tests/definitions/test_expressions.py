"""What expressions become, and who may use which."""

import subprocess
from pathlib import Path

import pytest

from evolve_pulumi.definitions import expressions, policy, reading
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.errors import ConfigurationError


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    return subprocess.check_output(["git", "-C", str(folder), *who, *arguments], text=True).strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch", "feature/x")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "one")
    return tmp_path


def test_facts_are_put_in(repository: Path) -> None:
    context = Context(repository, {"PORT": "3000"}, {"env": ["PORT"]}, pr=42)
    text = """
labels: {pr: "${{ pr.number }}", at: "${{git.branch}} ${{ git.sha }}"}
services:
  web: {command: serve, port: "${{ env.PORT }}"}
"""
    sha = git(repository, "rev-parse", "HEAD")
    assert reading.loads(text, context) == {
        "labels": {"pr": "42", "at": f"feature/x {sha}"},
        "services": {"web": {"command": "serve", "port": 3000}},
    }


def test_a_value_is_data_and_no_expression(tmp_path: Path) -> None:
    context = Context(tmp_path, {"A": "${{ secrets.B }}", "B": "hunter2"}, {"env": ["A"]})
    with pytest.raises(ConfigurationError, match="environment variable"):
        reading.loads('env: {"${{ env.A }}": x}', context)
    definition = reading.loads('labels: {a: "${{ env.A }}"}', context)
    assert definition.get("labels") == {"a": "${{ secrets.B }}"}


def test_secrets_are_put_in_late() -> None:
    context = Context(environ={"TOKEN": "hunter2"}, policy={"secrets": ["TOKEN", "ABSENT"]})
    assert context.secrets == {"TOKEN": "hunter2"}
    assert expressions.reveal("Bearer ${{ secrets.TOKEN }}", context.secrets) == "Bearer hunter2"
    assert expressions.reveal("nothing secret", context.secrets) is None


def test_a_policy_cannot_give_away_keys(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("env: [HOME]\nsecrets: [TOKEN, DAYTONA_API_KEY, pulumi_access_token]\n")
    with pytest.raises(ConfigurationError) as raised:
        policy.read(file)
    assert str(raised.value).splitlines() == [
        f"{file}:2:18: secrets.1: DAYTONA_API_KEY is never given to a definition",
        f"{file}:2:35: secrets.2: pulumi_access_token is never given to a definition",
    ]
    context = Context(environ={"E2B_API_KEY": "k"}, policy={"secrets": ["E2B_API_KEY"], "env": ["E2B_API_KEY"]})
    assert context.secrets == {}
    with pytest.raises(ConfigurationError, match="never given"):
        reading.loads('env: {A: "${{ env.E2B_API_KEY }}"}', context)


def test_a_policy_that_is_wrong_or_not_there_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    with pytest.raises(ConfigurationError, match="No such file"):
        policy.read(file)
    file.write_text("secret: [TOKEN]\n")
    with pytest.raises(ConfigurationError, match=r"policy.yaml:1:1: secret: is not known here; did you mean secrets\?"):
        policy.read(file)
