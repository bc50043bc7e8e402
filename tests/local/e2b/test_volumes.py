"""Volumes, through E2B's SDK."""

import uuid
from typing import Any

import httpx
import pytest
from e2b import E2B, SandboxException, VolumeException, VolumeNotFoundException

from tests.cloud import Cloud, running_cloud
from tests.local.e2b.client import client_of


def volumes_of(cloud: Cloud) -> Any:
    """The SDK's class, most of whose methods have no types."""
    return client_of(cloud).Volume


@pytest.fixture
def volumes(cloud: Cloud) -> Any:
    """The same for an empty cloud."""
    return volumes_of(cloud)


def test_one_is_there_at_once_and_gone_at_once(volumes: Any) -> None:
    made = volumes.create("data")
    found = volumes.get_info(made.volume_id)
    assert (found.volume_id, found.name, found.token) == (made.volume_id, "data", made.token)
    assert [(each.volume_id, each.name) for each in volumes.list()] == [(made.volume_id, "data")]
    assert volumes.connect(made.volume_id).token == made.token
    assert volumes.destroy(made.volume_id)
    assert not volumes.destroy(made.volume_id)
    assert volumes.list() == []
    with pytest.raises(VolumeNotFoundException):
        volumes.get_info(made.volume_id)
    assert volumes.create("data").volume_id != made.volume_id


def test_a_name_is_given_once_and_has_rules(volumes: Any) -> None:
    volumes.create("data")
    with pytest.raises(VolumeException, match="400: Volume with name 'data' already exists"):
        volumes.create("data")
    with pytest.raises(VolumeException, match="400: Volume name 'a/b' must match"):
        volumes.create("a/b")
    with pytest.raises(VolumeException, match="400: Invalid volume ID"):
        volumes.destroy("data")


def test_sandboxes_share_what_is_in_it_and_it_outlives_them(e2b: E2B, volumes: Any) -> None:
    volume = volumes.create("data")
    one, two = (e2b.Sandbox.create(volume_mounts={"/data": mounted}) for mounted in (volume, "data"))
    assert one.get_info().volume_mounts == [{"name": "data", "path": "/data"}]
    one.commands.run("echo shared > /data/file")
    assert two.files.read("/data/file") == "shared\n"
    one.kill()
    two.kill()
    assert e2b.Sandbox.create(volume_mounts={"/data": "data"}).files.read("/data/file") == "shared\n"
    with pytest.raises(SandboxException, match="'none' not found"):
        e2b.Sandbox.create(volume_mounts={"/data": "none"})


def test_one_that_is_mounted_goes_too(e2b: E2B, volumes: Any) -> None:
    volume = volumes.create("data")
    sandbox = e2b.Sandbox.create(volume_mounts={"/data": volume})
    sandbox.commands.run("echo gone > /data/file")
    assert volumes.destroy(volume.volume_id)
    assert sandbox.commands.run("ls /data").stdout == ""


def test_volumes_outlive_the_server() -> None:
    with running_cloud() as (process, cloud):
        volume = volumes_of(cloud).create("data")
        volume.write_file("/file", "kept", api_url=cloud.e2b_volume_url)
        process.kill()
        again = process.start()
        assert volumes_of(again).connect(volume.volume_id).token == volume.token
        assert volume.read_file("/file", api_url=again.e2b_volume_url) == "kept"


def test_a_token_opens_one_volume(cloud: Cloud, volumes: Any) -> None:
    one, other = volumes.create("one"), volumes.create("other")
    url = f"{cloud.e2b_volume_url}/volumecontent/{one.volume_id}/dir"
    for token in (other.token, cloud.api_key, "none"):
        answer = httpx.get(url, params={"path": "/"}, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    assert httpx.get(url, params={"path": "/"}, headers={"Authorization": f"Bearer {one.token}"}).json() == []
    unknown = f"{cloud.e2b_volume_url}/volumecontent/{uuid.uuid4()}/dir"
    assert httpx.get(unknown, params={"path": "/"}).status_code == 401
