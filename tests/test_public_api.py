"""What is promised: names, arguments, and what an import costs."""

import inspect
import subprocess
import sys
from typing import Any

import evolve_pulumi
import pytest
from evolve_pulumi import Sandbox, Service
from evolve_pulumi.lifecycle.kinds import KINDS
from typing_extensions import get_type_hints

MANAGED = {"connection", "owner", "default_labels", "running"}


def test_all_is_sorted_and_complete() -> None:
    public = {name for name in vars(evolve_pulumi) if not name.startswith("_") and not inspect.ismodule(vars(evolve_pulumi)[name])}
    assert evolve_pulumi.__all__ == sorted(public)


@pytest.mark.parametrize(("resource", "kind"), [(Sandbox, "sandbox"), (Service, "service")])
def test_a_resource_takes_what_its_table_has(resource: Any, kind: str) -> None:
    """The constructor's type is the table itself, with the vendors' options beside it."""
    (arguments,) = get_type_hints(resource.__init__)["args"].__args__
    taken = set(get_type_hints(arguments)) - KINDS[kind].option_groups()
    declared = {entry.name for entry in KINDS[kind].table("daytona").entries if len(entry.path) == 1}
    assert taken == declared - MANAGED


def test_importing_the_package_imports_no_vendor() -> None:
    code = "import sys, evolve_pulumi; print([name for name in ('daytona', 'e2b') if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
