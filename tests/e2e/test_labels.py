"""Labels on a sandbox that is owned elsewhere."""

from typing import Any

import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, Sandbox

from tests.cloud import Cloud
from tests.pulumi_engine import Stack

LANGUAGE = {"code-toolbox-language": "python"}


def program(id: str, **labels: dict[str, str]) -> str:
    declared = "\n".join(f"Labels({name!r}, sandbox_id={id!r}, labels={value!r})" for name, value in labels.items())
    return f"from evolve_pulumi import Labels\n\n{declared}\n"


@pytest.fixture
def theirs(sdk: Daytona) -> Sandbox:
    return sdk.create(CreateSandboxFromSnapshotParams(labels={"team": "docs"}))


def labels(sdk: Daytona, sandbox: Sandbox) -> dict[str, Any]:
    return sdk.get(sandbox.id).labels


def test_its_own_come_change_and_go_and_others_stay(stack: Stack, sdk: Daytona, theirs: Sandbox) -> None:
    others = {"team": "docs", **LANGUAGE}
    stack.write(program(theirs.id, mine={"a": "1", "b": "2"}))
    assert stack.up().ok().changes == {"created": 2}
    assert labels(sdk, theirs) == {**others, "a": "1", "b": "2"}
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.write(program(theirs.id, mine={"a": "3", "c": "4"}))
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    assert labels(sdk, theirs) == {**others, "a": "3", "c": "4"}

    theirs.set_labels({**others, "c": "changed", "by": "hand"})
    assert stack.up("--refresh").ok().changes == {"updated": 1, "same": 1}
    assert labels(sdk, theirs) == {**others, "a": "3", "c": "4", "by": "hand"}

    another = sdk.create()
    stack.write(program(another.id, mine={"a": "3"}))
    assert stack.up().ok().changes == {"replaced": 1, "same": 1}
    assert (labels(sdk, theirs), labels(sdk, another)) == ({**others, "by": "hand"}, {**LANGUAGE, "a": "3"})
    stack.destroy().ok()
    assert labels(sdk, another) == LANGUAGE


def test_one_that_somebody_else_set_is_left_alone(stack: Stack, sdk: Daytona, theirs: Sandbox) -> None:
    stack.write(program(theirs.id, mine={"team": "web", "a": "1"}))
    refused = stack.up()
    assert refused.code != 0
    assert "labels 'mine': create: team: is already set on the sandbox, to another value" in refused.output
    stack.write(program(theirs.id, mine={"a": "1"}))
    stack.up().ok()
    stack.write(program(theirs.id, mine={"a": "1", "team": "web"}))
    assert "labels 'mine': update: team: is already set" in stack.up().output
    assert labels(sdk, theirs) == {"team": "docs", "a": "1", **LANGUAGE}


def test_changes_at_the_same_time_lose_nothing(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    """Daytona replaces all labels at once; a delay before each replacement lets every one of them read first."""
    text = """
from evolve_pulumi import Labels, Sandbox

box = Sandbox("web", labels={{"own": "{value}"}})
for number in range(4):
    Labels(f"more-{{number}}", sandbox_id=box.id, labels={{f"key-{{number}}": "{value}"}})
"""
    stack.write(text.format(value="1"))
    stack.up().ok()
    cloud.inject(method="PUT", path="/labels$", delay_seconds=0.5)
    stack.write(text.format(value="2"))
    assert stack.up().ok().changes == {"updated": 5, "same": 1}
    (box,) = sdk.list()
    assert {name: value for name, value in box.labels.items() if "-" not in name or name.startswith("key-")} == {
        "own": "2",
        **{f"key-{number}": "2" for number in range(4)},
    }
    stack.destroy().ok()


def test_they_end_with_their_sandbox(stack: Stack, sdk: Daytona, theirs: Sandbox) -> None:
    stack.write(program(theirs.id, mine={"a": "1"}))
    stack.up().ok()
    theirs.delete(wait=True)
    stack.destroy().ok()
    stack.write(program(theirs.id, mine={"a": "1"}))
    missing = stack.up()
    assert missing.code != 0
    assert f"labels 'mine': create: there is no sandbox {theirs.id} in this account" in missing.output
    assert list(sdk.list()) == []
