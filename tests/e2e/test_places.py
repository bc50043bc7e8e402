"""Where resources live: a stack that moves, and a key that belongs to another account."""

from pathlib import Path

from daytona import Daytona

from tests.cloud import Cloud, running_cloud
from tests.e2e.sides import SIDES
from tests.preview import get
from tests.pulumi_engine import Stack

PROGRAM = """
import pulumi
from evolve_pulumi import Sandbox, Service

box = Sandbox("web")
Service("page", sandbox_id=box.id, port=3000, command="exec python3 -m http.server 3000")
pulumi.export("id", box.id)
"""


BOTH = """
import pulumi
from evolve_pulumi import E2BOptions, Sandbox, Service, Volume, VolumeMount

for backend in ("daytona", "e2b"):
    data = Volume(f"data-{backend}", backend=backend, allow_data_loss=True)
    box = Sandbox(
        f"web-{backend}",
        backend=backend,
        public=True,
        ports=[3000],
        volumes=[VolumeMount(volume_id=data.id, mount_path="/data")],
        e2b=E2BOptions(timeout_minutes=30),
    )
    Service(
        f"page-{backend}",
        backend=backend,
        sandbox_id=box.id,
        port=3000,
        command=f"echo {backend} > index.html; exec python3 -m http.server 3000",
    )
    pulumi.export(backend, box.preview_urls["3000"])
"""


def move_to(stack: Stack, other: Cloud) -> None:
    stack.config_set("evolve:local", "false")
    stack.env |= {"DAYTONA_API_URL": other.daytona_api_url, "DAYTONA_API_KEY": other.api_key}


def test_moving_to_another_endpoint_replaces_and_leaves_nothing_behind(stack: Stack, cloud: Cloud) -> None:
    with running_cloud() as (_, other):
        stack.write(PROGRAM)
        stack.up().ok()
        move_to(stack, other)
        assert stack.up().ok().changes == {"replaced": 2, "same": 1}
        assert (cloud.status()["sandboxes"], other.status()["sandboxes"]) == (0, 1)
        assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 3}
        stack.destroy().ok()
        assert other.status()["sandboxes"] == 0


def test_without_the_old_key_nothing_is_forgotten(stack: Stack, cloud: Cloud, sdk: Daytona, tmp_path: Path) -> None:
    with running_cloud() as (_, other):
        stack.write(PROGRAM)
        stack.up().ok()
        id = stack.outputs()["id"]
        move_to(stack, other)
        stack.env["EVOLVE_LOCAL_FOLDER"] = str(tmp_path)
        refused = stack.up()
        assert refused.code != 0
        assert f"there is no key for {cloud.daytona_api_url}, where this resource lives" in refused.output
        assert sdk.get(id).state == "started"
        assert id in str(stack.export())

        stack.run(
            *("config", "set", "--secret", "--path", f'evolve:daytonaApiKeys["{cloud.daytona_api_url}"]'),
            stdin=cloud.api_key,
        ).ok()
        stack.up().ok()
        assert (cloud.status()["sandboxes"], other.status()["sandboxes"]) == (0, 1)


def test_a_404_from_another_account_erases_nothing(stack: Stack) -> None:
    """Another organization answers at the same endpoint."""
    stack.write(PROGRAM)
    with running_cloud() as (_, mine):
        stack.env["EVOLVE_LOCAL_FOLDER"] = str(mine.folder)
        stack.up().ok()
    id, port = stack.outputs()["id"], mine.url.rsplit(":", 1)[1]
    with running_cloud("--port", port, "--organization", "other") as (_, theirs):
        stack.env["EVOLVE_LOCAL_FOLDER"] = str(theirs.folder)
        for refused in (stack.refresh(), stack.destroy()):
            assert refused.code != 0
            assert "it belongs to the account local, and the key is for other" in refused.output
        assert id in str(stack.export())


def test_both_vendors_in_one_stack(stack: Stack, cloud: Cloud) -> None:
    stack.write(BOTH)
    assert stack.up().ok().changes == {"created": 7}
    assert {backend: get(url).text for backend, url in stack.outputs().items()} == {
        "daytona": "daytona\n",
        "e2b": "e2b\n",
    }
    assert cloud.status()["sandboxes"] == 2
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 7}
    assert stack.destroy().ok().changes == {"deleted": 7}
    left = cloud.status()
    assert (left["sandboxes"], left["volumes"]) == (0, 0)


def test_a_stack_moves_from_one_vendor_to_the_other_and_back_by_config(stack: Stack, cloud: Cloud) -> None:
    sides = {backend: side(cloud) for backend, side in SIDES.items()}
    stack.write(PROGRAM)
    stack.up().ok()
    for backend, other in (("e2b", "daytona"), ("daytona", "e2b")):
        stack.config_set("evolve:backend", backend)
        assert stack.preview().ok().changes == {"replaced": 2, "same": 1}
        assert stack.up().ok().changes == {"replaced": 2, "same": 1}
        assert (sides[backend].ids(), sides[other].ids()) == ([stack.outputs()["id"]], [])
        assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 3}
    stack.destroy().ok()
    assert cloud.status()["sandboxes"] == 0


def test_what_another_key_does_not_find_is_not_believed_to_be_gone(stack: Stack, cloud: Cloud) -> None:
    """E2B does not tell which team a key belongs to."""
    stack.config_set("evolve:backend", "e2b")
    stack.write(PROGRAM)
    with running_cloud() as (_, mine):
        stack.env["EVOLVE_LOCAL_FOLDER"] = str(mine.folder)
        stack.up().ok()
    id, port = stack.outputs()["id"], mine.url.rsplit(":", 1)[1]
    with running_cloud("--port", port) as (_, theirs):
        stack.env["EVOLVE_LOCAL_FOLDER"] = str(theirs.folder)
        for refused in (stack.refresh(), stack.destroy()):
            assert refused.code != 0
            assert "it belongs to the account key-" in refused.output
        assert id in str(stack.export())
    assert cloud.status()["sandboxes"] == 0
