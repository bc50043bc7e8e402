"""The definitions that the documents show are valid."""

import re
from pathlib import Path

import pytest

from evolve_pulumi.definitions import reading
from evolve_pulumi.definitions.expressions import Context

ROOT = Path(__file__).parents[2]
CONTEXT = Context(ROOT, {"PAYMENT_TEST_KEY": "x"}, {"secrets": ["PAYMENT_TEST_KEY"]}, pr=1)


@pytest.mark.parametrize("document", ["README.md", "docs/definitions.md"])
def test_a_definition_in_a_document(document: str) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL)
    definitions = [block for block in blocks if "services:" in block]
    assert definitions
    for block in definitions:
        reading.loads(block, CONTEXT, document)
