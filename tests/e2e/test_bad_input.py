"""Bad input under the real engine: one clear line, at preview where it can be known there, and nothing made."""

import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona

from tests.cloud import Cloud
from tests.pulumi_engine import Result, Stack


def program(arguments: str) -> str:
    return f"import pulumi\nfrom evolve_pulumi import DaytonaOptions, Sandbox\n\nSandbox('web', {arguments})\n"


def assert_clear(result: Result, *words: str) -> None:
    assert result.code != 0
    assert "Traceback" not in result.output, result.output
    for word in words:
        assert word in result.output, result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("lables={}", "lables: is not an argument of a sandbox; did you mean labels?"),
        (
            "daytona=DaytonaOptions(auto_stop_minutes=-1)",
            "daytona.auto_stop_minutes: Input should be greater than or equal to 0",
        ),
        ("ports=[3000, 65536]", "ports.1: Input should be less than or equal to 65535"),
        ("labels={'team': 3}", "labels.team: Input should be a valid string"),
    ],
)
def test_is_refused_at_preview(stack: Stack, cloud: Cloud, arguments: str, words: str) -> None:
    stack.write(program(arguments))
    assert_clear(stack.preview(), "evolve:Sandbox resource 'web'", words)
    assert_clear(stack.up(), words)
    assert cloud.calls() == []


def test_a_change_for_the_worse_is_refused_and_keeps_what_is_there(stack: Stack, cloud: Cloud) -> None:
    stack.write(program("ports=[3000]"))
    stack.up().ok()
    stack.write(program("ports=[0]"))
    assert_clear(stack.up(), "ports.0")
    assert cloud.status()["sandboxes"] == 1
    stack.write(program("ports=[3000]"))
    assert stack.up().ok().changes == {"same": 2}


def test_a_snapshot_that_does_not_exist(stack: Stack, cloud: Cloud) -> None:
    stack.write(program("snapshot='nowhere'"))
    assert_clear(stack.up(), "sandbox 'web': create: Daytona answered 400", "Snapshot nowhere not found")
    assert cloud.status()["sandboxes"] == 0


def test_a_name_that_is_taken_stays_its_owners(stack: Stack, sdk: Daytona) -> None:
    other = sdk.create(CreateSandboxFromSnapshotParams(name="taken"))
    stack.write(program("name='taken'"))
    assert_clear(
        stack.up(), "sandbox 'web': create: Daytona answered 409", "already exists", "leave it out for an automatic one"
    )
    assert [item.id for item in sdk.list()] == [other.id]


def test_no_backend_at_all(stack: Stack) -> None:
    stack.config_set("evolve:local", "false")
    stack.env.pop("DAYTONA_API_KEY", None)
    stack.write(program(""))
    assert_clear(
        stack.preview(),
        "no sandbox backend is configured",
        "pulumi config set evolve:local true",
        "DAYTONA_API_KEY",
        "evolve:daytonaApiKey",
    )


def test_a_local_cloud_that_was_never_started(stack: Stack) -> None:
    stack.env["EVOLVE_LOCAL_FOLDER"] = str(stack.folder)
    stack.write(program(""))
    assert_clear(stack.preview(), "no local cloud was ever started here", "evolve-pulumi local up")


def test_a_server_that_is_not_there(stack: Stack) -> None:
    stack.config_set("evolve:local", "false")
    stack.env |= {"DAYTONA_API_KEY": "key", "DAYTONA_API_URL": "http://127.0.0.1:9/api"}
    stack.write(program(""))
    assert_clear(
        stack.up(), "sandbox 'web': create: http://127.0.0.1:9/api does not answer: Connection refused", "Check that"
    )


def test_an_unknown_backend(stack: Stack) -> None:
    stack.config_set("evolve:backend", "nimbus")
    stack.write(program(""))
    assert_clear(stack.preview(), "there is no backend 'nimbus'", "daytona")
