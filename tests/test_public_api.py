"""What is promised: names, arguments, and what an import costs."""

import subprocess
import sys
from typing import Any

import pytest
from typing_extensions import get_type_hints

import evolve_pulumi
from evolve_pulumi import Command, Files, GitRepository, Labels, Sandbox, Service, Snapshot, Volume
from evolve_pulumi.lifecycle.kinds import KINDS

MANAGED = {"connection", "owner", "default_labels", "active", "errored", "running"} | {
    *("drifted", "source_files", "source_folder", "commit", "clean"),
}


def test_all_is_sorted_and_everything_in_it_is_there() -> None:
    assert evolve_pulumi.__all__ == sorted(evolve_pulumi.__all__)
    assert [getattr(evolve_pulumi, name).__name__ for name in evolve_pulumi.__all__] == evolve_pulumi.__all__
    with pytest.raises(AttributeError, match="no attribute 'Sandpit'"):
        evolve_pulumi.Sandpit  # noqa: B018  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        (Command, "command"),
        (Files, "files"),
        (GitRepository, "git_repository"),
        (Labels, "labels"),
        (Sandbox, "sandbox"),
        (Service, "service"),
        (Snapshot, "snapshot"),
        (Volume, "volume"),
    ],
)
def test_a_resource_takes_what_its_table_has(resource: Any, kind: str) -> None:
    """The constructor's type is the table itself, with the vendors' options beside it."""
    (arguments,) = get_type_hints(resource.__init__)["args"].__args__
    taken = set(get_type_hints(arguments)) - KINDS[kind].option_groups()
    declared = {entry.name for entry in KINDS[kind].table("daytona").entries if len(entry.path) == 1}
    assert taken == declared - MANAGED


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import evolve_pulumi", ("pulumi", "pydantic", "daytona", "e2b")),
        ("from evolve_pulumi import Sandbox", ("daytona", "e2b")),
        ("from evolve_pulumi import SandboxInstance, sandbox_provider", ("pulumi", "daytona", "e2b")),
        ("import evolve_pulumi.cli", ("pulumi", "pydantic", "daytona", "e2b", "aiohttp")),
    ],
)
def test_an_import_costs_no_more_than_it_needs(statement: str, absent: tuple[str, ...]) -> None:
    code = f"import sys; {statement}; print(sorted(set({absent!r}) & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
