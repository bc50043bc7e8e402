"""Where resources live: a stack that moves, and a key that belongs to another account."""

from pathlib import Path

from daytona import Daytona

from tests.cloud import Cloud, running_cloud
from tests.pulumi_engine import Stack

PROGRAM = """
import pulumi
from evolve_pulumi import Sandbox, Service

box = Sandbox("web")
Service("page", sandbox_id=box.id, port=3000, command="exec python3 -m http.server 3000")
pulumi.export("id", box.id)
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
