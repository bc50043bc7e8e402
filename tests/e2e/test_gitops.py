"""What the document on environments from Git shows works, as far as it can without a cluster."""

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.cloud import Cloud
from tests.preview import get
from tests.pulumi_engine import Stack

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "environment"
SPEC = """
backend branch commit config continueResyncOnCommitMatch destroyOnFinalize envRefs expectNoRefreshChanges fluxSource
gitAuth prerequisites programRef projectRepo refresh repoDir resyncFrequencySeconds retryOnUpdateConflict
secretsProvider secretsRef serviceAccountName shallow stack targetDependents targets useLocalStackOnly
workspaceReclaimPolicy workspaceTemplate
"""
"""The keys of version 2, without what is deprecated."""


def shown() -> Any:
    """The `Stack` of the document."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "docs" / "gitops.md").read_text(), re.MULTILINE | re.DOTALL)
    (stack,) = (found for found in map(yaml.safe_load, blocks) if found["kind"] == "Stack")
    return stack


def test_the_stack_is_of_the_form_that_the_operator_reads() -> None:
    stack = shown()
    assert stack["apiVersion"] == "pulumi.com/v1"
    assert len(stack["metadata"]["name"]) <= 42
    assert stack["spec"].keys() <= set(SPEC.split())
    assert all(isinstance(value, str) for value in stack["spec"]["config"].values())
    for reference in stack["spec"]["envRefs"].values():
        assert (reference["type"], set(reference["secret"])) == ("Secret", {"name", "key"})


def test_its_configuration_brings_the_environment_up(tmp_path: Path, cloud: Cloud) -> None:
    """The program is beside the definition, as the document says, and is told of it by the configuration alone."""
    spec = shown()["spec"]
    project, program = (EXAMPLE / "Pulumi.yaml").read_text(), (EXAMPLE / "__main__.py").read_text()
    stack = Stack(
        tmp_path, program, project=project, name=spec["stack"], env={"EVOLVE_LOCAL_FOLDER": str(cloud.folder)}
    )
    shutil.copy(EXAMPLE / "evolve.yaml", tmp_path)
    (tmp_path / "policy.yaml").write_text("env: []\n")
    for key, value in {**spec["config"], "evolve:local": "true"}.items():
        stack.config_set(key, value)
    stack.up("--refresh").ok()
    assert get(stack.outputs()["url"]).text == "<h1>Guestbook</h1>\n"
    assert stack.up("--refresh", "--skip-preview").ok().changes.keys() == {"same"}
    stack.destroy().ok()
    assert (cloud.status()["sandboxes"], cloud.status()["volumes"]) == (0, 0)
