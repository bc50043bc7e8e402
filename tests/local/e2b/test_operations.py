"""The table of E2B's operations says neither too little nor too much."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import httpx
import pytest
from e2b.api.client.models import NewSandboxV2

from evolve_pulumi.local.e2b.app import OPERATIONS
from evolve_pulumi.local.e2b.bodies import CREATE_FIELDS, CreateBody
from evolve_pulumi.local.e2b.envd.files import FileTransfer
from evolve_pulumi.local.e2b.envd.filesystem import FilesystemService
from evolve_pulumi.local.e2b.envd.processes import ProcessService
from evolve_pulumi.local.e2b.sandboxes import Sandboxes
from evolve_pulumi.local.e2b.snapshots import Snapshots
from evolve_pulumi.local.e2b.template_builds import TemplateBuilds
from evolve_pulumi.local.e2b.templates import Templates
from evolve_pulumi.local.e2b.volume_content import VolumeContent
from evolve_pulumi.local.e2b.volumes import Volumes
from evolve_pulumi.local.operations import Operation, Status, operations
from tests.cloud import Cloud

Row = tuple[str, str, str, str]

WITHOUT_CLIENT: set[Row] = {
    ("envd", "get_health", "GET", "/health"),
    ("envd", "get_files", "GET", "/files"),
    ("envd", "post_files", "POST", "/files"),
    ("envd", "post_files_compose", "POST", "/files/compose"),
    ("envd", "get_metrics", "GET", "/metrics"),
    ("envd", "get_envs", "GET", "/envs"),
}
"""What envd serves beside its services, for which there is no generated client."""


def sources(package: str) -> Iterator[tuple[str, str]]:
    """The modules of a package, by name, with their source."""
    for module in walk_packages(import_module(package).__path__, f"{package}."):
        if not module.ispkg:
            yield module.name.rpartition(".")[2], inspect.getsource(import_module(module.name))


def of_client(api: str, package: str) -> set[Row]:
    """Every operation of a generated HTTP client, from its source."""
    route = re.compile(r'"method": "(\w+)",\s+"url": f?"([^"]+)"')
    return {
        (api, name, found[1].upper(), found[2]) for name, text in sources(package) for found in route.finditer(text)
    }


def of_services() -> set[Row]:
    """Every method of envd's two services, from the source of their generated clients."""
    return {
        ("envd", f"{service.lower()}_{_snake(method)}", "POST", f"/{package}.{service}/{method}")
        for _, text in sources("e2b.envd")
        for package, service, method in re.findall(r'"/(\w+)\.(\w+)/(\w+)"', text)
    }


def test_the_table_is_whole() -> None:
    known = of_client("control", "e2b.api.client.api") | of_client("volumes", "e2b.volume.client.api") | of_services()
    listed = [(row.api, row.operation, row.method, row.path) for row in operations(OPERATIONS)]
    assert len(listed) == len(set(listed))
    assert set(listed) == known | WITHOUT_CLIENT


@pytest.mark.parametrize(
    ("api", "handlers"),
    [
        ("control", [Sandboxes, Snapshots, Templates, TemplateBuilds, Volumes]),
        ("envd", [ProcessService, FilesystemService, FileTransfer]),
        ("volumes", [VolumeContent]),
    ],
)
def test_what_has_a_handler_is_what_the_table_promises(api: str, handlers: list[type]) -> None:
    present = {row.operation for row in operations(OPERATIONS) if row.api == api and row.status != Status.ABSENT}
    methods = {name for each in handlers for name, _ in inspect.getmembers(each, inspect.iscoroutinefunction)}
    assert {name for name in methods if not name.startswith("_")} == present


def test_what_is_not_there_answers_501_with_its_name(cloud: Cloud) -> None:
    absent = [row for row in operations(OPERATIONS) if row.status == Status.ABSENT]
    with httpx.Client(headers={"X-API-KEY": cloud.api_key}) as client:
        for row in absent:
            answer = client.request(row.method, _url(cloud, row))
            assert answer.status_code == 501, row
            assert answer.json()["message"] == f"The local cloud does not implement {row.operation}"


def test_every_field_of_a_new_sandbox_is_judged() -> None:
    wire = set(re.findall(r'd\.pop\("(\w+)"', inspect.getsource(NewSandboxV2.from_dict)))
    assert {field for field in CREATE_FIELDS if "." not in field} == wire
    understood = {field.alias or name for name, field in CreateBody.model_fields.items()}
    assert understood == wire


def _url(cloud: Cloud, row: Operation) -> str:
    base = {"control": cloud.e2b_api_url, "envd": cloud.e2b_sandbox_url, "volumes": cloud.e2b_volume_url}[row.api]
    return base + re.sub(r"\{\w+\}", "1", row.path)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
