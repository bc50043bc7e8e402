"""Stacks that older releases made are updated and destroyed by this one."""

import json
from pathlib import Path

import pytest

from tests.cloud import Cloud
from tests.pulumi_engine import Stack
from tests.stored_states import FOLDER, export, own_values, replaced

BUILT_IN_SNAPSHOTS = 3


CHANGES = {
    "daytona": [
        ('"team": "docs"', '"team": "web"'),
        ("http.server 3000", "http.server  3000"),
        ('"reviewed": "yes"', '"reviewed": "no"'),
    ],
    "e2b": [
        ("timeout_minutes=30", "timeout_minutes=20"),
        ("http.server 3000", "http.server  3000"),
        ('tags=["stable"]', 'tags=["next"]'),
    ],
}
"""Each of them changes one resource in place."""


@pytest.mark.parametrize("stored", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_stored_state_lives_on(stack: Stack, cloud: Cloud, stored: Path) -> None:
    """The same program is brought up for its objects; then the stack gets the state that the older release wrote."""
    older = json.loads(stored.read_text())
    backend = older.get("backend", "daytona")
    stack.config_set("evolve:backend", backend)
    stack.write(older["program"])
    stack.up().ok()
    now = export(stack)
    pairs = ((word, value) for value, word in own_values(now["deployment"]))
    now["deployment"]["resources"] = json.loads(replaced(json.dumps(older["resources"]), pairs))
    stack.run("stack", "import", stdin=json.dumps(now)).ok()

    ids = stack.outputs()["ids"]
    assert stack.up("--refresh", "--expect-no-changes").ok()
    changed = older["program"]
    for before, after in CHANGES[backend]:
        assert before in changed
        changed = changed.replace(before, after)
    stack.write(changed)
    assert stack.up().ok().changes == {"updated": 3, "same": len(ids) - 2}
    assert stack.outputs()["ids"] == ids
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.destroy().ok()
    left = cloud.status()
    assert (left["sandboxes"], left["volumes"], left["templates"], left["snapshots"]) == (0, 0, 0, BUILT_IN_SNAPSHOTS)
