"""Stacks that older releases made are updated and destroyed by this one."""

import json
from pathlib import Path

import pytest

from tests.cloud import Cloud
from tests.pulumi_engine import Stack
from tests.stored_states import EDITS, FOLDER, export, own_values, replaced


@pytest.mark.parametrize("stored", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_stored_state_lives_on(stack: Stack, cloud: Cloud, stored: Path) -> None:
    """The same program is brought up for its objects; then the stack gets the state that the older release wrote."""
    older = json.loads(stored.read_text())
    stack.write(older["program"])
    stack.up().ok()
    now = export(stack)
    pairs = ((word, value) for value, word in own_values(now["deployment"]))
    now["deployment"]["resources"] = json.loads(replaced(json.dumps(older["resources"]), pairs))
    stack.run("stack", "import", stdin=json.dumps(now)).ok()

    ids = stack.outputs()["ids"]
    assert stack.up("--refresh", "--expect-no-changes").ok()
    program, edits = older["program"], [edit for edit in EDITS if edit[0] in older["program"]]
    for before, after in edits:
        program = program.replace(before, after)
    stack.write(program)
    assert stack.up().ok().changes == {"updated": len(edits), "same": len(ids) + 1 - len(edits)}
    assert stack.outputs()["ids"] == ids
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.destroy().ok()
    left = cloud.status()
    assert (left["sandboxes"], left["volumes"], left["snapshots"]) == (0, 0, 2)
