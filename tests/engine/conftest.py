from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pulumi_engine import PROJECT, Stack


@pytest.fixture
def stack(tmp_path: Path) -> Callable[..., Stack]:
    """Make the test's stack: of a program's text, and of a project file's where the usual one will not do."""

    def make(program: str, project: str = PROJECT) -> Stack:
        return Stack(tmp_path, program, project=project)

    return make
