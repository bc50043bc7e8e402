"""The table of Daytona's operations says neither too little nor too much."""

import inspect
import re
from types import ModuleType

import daytona_api_client.api
import daytona_toolbox_api_client.api
import httpx
import pytest
from daytona_api_client import CreateSandbox

from evolve_pulumi.local.daytona.app import OPERATIONS
from evolve_pulumi.local.daytona.bodies import CREATE_FIELDS, CreateBody
from evolve_pulumi.local.daytona.code import Code
from evolve_pulumi.local.daytona.control import ControlPlane
from evolve_pulumi.local.daytona.git import Repositories
from evolve_pulumi.local.daytona.pty import Terminals
from evolve_pulumi.local.daytona.snapshots import Snapshots
from evolve_pulumi.local.daytona.system import System
from evolve_pulumi.local.daytona.toolbox import Toolbox
from evolve_pulumi.local.daytona.toolbox_files import ToolboxFiles
from evolve_pulumi.local.operations import Operation, Status, operations
from tests.cloud import Cloud

ONLY_IN_THE_SDK = {("toolbox", "create_connect_pty_session", "GET", "/process/pty/create-connect")}
"""What the SDK calls without its generated client."""


def of_client(api: str, package: ModuleType) -> set[tuple[str, str, str, str]]:
    """Every operation of a generated client, from its source."""
    found: set[tuple[str, str, str, str]] = set()
    for _, client in inspect.getmembers(package, inspect.isclass):
        for name, method in inspect.getmembers(client, inspect.isfunction):
            if re.fullmatch(r"_\w+_serialize", name):
                route = re.search(r"method='(\w+)',\s+resource_path='([^']+)'", inspect.getsource(method))
                assert route
                operation = name.removeprefix("_").removesuffix("_serialize")
                found.add((api, operation, route[1], route[2]))
    return found


def test_the_table_is_whole() -> None:
    known = of_client("control", daytona_api_client.api) | of_client("toolbox", daytona_toolbox_api_client.api)
    listed = [(row.api, row.operation, row.method, row.path) for row in operations(OPERATIONS)]
    assert len(listed) == len(set(listed))
    assert set(listed) == known | ONLY_IN_THE_SDK


@pytest.mark.parametrize(
    ("api", "handlers"),
    [
        ("control", [ControlPlane, Snapshots]),
        ("toolbox", [Toolbox, ToolboxFiles, Code, Repositories, System, Terminals]),
    ],
)
def test_what_has_a_handler_is_what_the_table_promises(api: str, handlers: list[type]) -> None:
    present = {row.operation for row in operations(OPERATIONS) if row.api == api and row.status != Status.ABSENT}
    methods = {name for each in handlers for name, _ in inspect.getmembers(each, inspect.iscoroutinefunction)}
    assert {name for name in methods if not name.startswith("_")} == present


def test_what_is_not_there_answers_501_with_its_name(cloud: Cloud) -> None:
    absent = [row for row in operations(OPERATIONS) if row.status == Status.ABSENT]
    with httpx.Client(headers={"Authorization": f"Bearer {cloud.api_key}"}) as client:
        for row in absent:
            answer = client.request(row.method, cloud.url + _url(row))
            assert answer.status_code == 501, row
            assert answer.json()["message"] == f"The local cloud does not implement {row.operation}"


def _url(row: Operation) -> str:
    prefix = {"control": "/daytona/api", "toolbox": "/daytona/toolbox/any"}[row.api]
    return prefix + re.sub(r"\{\w+\}", "1", row.path)


def test_every_field_of_a_new_sandbox_is_judged() -> None:
    wire = {field.serialization_alias or name for name, field in CreateSandbox.model_fields.items()}
    assert set(CREATE_FIELDS) == wire - {"additional_properties"}
    understood = {field.alias or name for name, field in CreateBody.model_fields.items()}
    works = {field for field, status in CREATE_FIELDS.items() if status == Status.WORKS}
    assert works <= understood
    assert all(CREATE_FIELDS[field] != Status.ABSENT for field in understood)
