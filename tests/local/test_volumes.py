"""Volumes, through Daytona's SDK."""

from pathlib import Path

import pytest
from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaConfig,
    DaytonaError,
    DaytonaNotFoundError,
    Sandbox,
    VolumeMount,
)
from daytona.common.volume import Volume

from tests.cloud import Cloud, running_cloud
from tests.waiting import until


def ready(client: Daytona, name: str) -> Volume:
    client.volume.create(name)
    until(lambda: client.volume.get(name).state == "ready")
    return client.volume.get(name)


def mounting(client: Daytona, volume: str, subpath: str | None = None) -> Sandbox:
    mount = VolumeMount(volume_id=volume, mount_path="/data", subpath=subpath)
    return client.create(CreateSandboxFromSnapshotParams(volumes=[mount]))


def connected(cloud: Cloud) -> Daytona:
    return Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url))


def test_one_is_ready_a_little_after_it_is_made_and_gone_a_little_after_it_is_deleted(daytona: Daytona) -> None:
    assert daytona.volume.create("data").state == "pending_create"
    until(lambda: daytona.volume.get("data").state == "ready")
    volume = daytona.volume.get("data")
    assert [each.id for each in daytona.volume.list()] == [volume.id]
    daytona.volume.delete(volume)
    assert daytona.volume.get("data").state == "pending_delete"
    until(lambda: daytona.volume.list() == [])
    with pytest.raises(DaytonaNotFoundError, match="Volume data not found"):
        daytona.volume.get("data")
    with pytest.raises(DaytonaNotFoundError):
        daytona.volume.delete(volume)


def test_a_name_is_given_once(daytona: Daytona) -> None:
    ready(daytona, "data")
    with pytest.raises(DaytonaError, match="Volume with name data already exists") as refused:
        daytona.volume.create("data")
    assert refused.value.status_code == 400


def test_sandboxes_share_what_is_in_it_and_it_outlives_them(daytona: Daytona) -> None:
    volume = ready(daytona, "data")
    one, two = mounting(daytona, volume.id), mounting(daytona, "data")
    assert one.volumes is not None
    assert [(each.volume_id, each.mount_path) for each in one.volumes] == [(volume.id, "/data")]
    assert one.process.exec("echo shared > /data/file").exit_code == 0
    assert two.process.exec("cat /data/file").result == "shared\n"
    one.stop()
    one.start()
    assert one.process.exec("cat /data/file").result == "shared\n"
    one.delete(wait=True)
    two.delete(wait=True)
    assert mounting(daytona, volume.id).process.exec("cat /data/file").result == "shared\n"


def test_a_folder_of_it_can_be_mounted_alone(daytona: Daytona) -> None:
    volume = ready(daytona, "data")
    part = mounting(daytona, volume.id, subpath="a/b")
    part.process.exec("echo deep > /data/file")
    assert mounting(daytona, volume.id).process.exec("cat /data/a/b/file").result == "deep\n"
    with pytest.raises(DaytonaError, match="must stay inside the volume"):
        mounting(daytona, volume.id, subpath="a/../../..")


def test_one_that_is_mounted_stays(daytona: Daytona) -> None:
    volume = ready(daytona, "data")
    box = mounting(daytona, volume.id)
    with pytest.raises(DaytonaError, match="in use by one or more sandboxes") as refused:
        daytona.volume.delete(volume)
    assert refused.value.status_code == 409
    box.delete(wait=True)
    daytona.volume.delete(volume)
    until(lambda: daytona.volume.list() == [])


def test_what_cannot_be_mounted_is_said(daytona: Daytona) -> None:
    with pytest.raises(DaytonaNotFoundError, match="Volume 'nowhere' not found"):
        mounting(daytona, "nowhere")
    young = daytona.volume.create("young")
    with pytest.raises(DaytonaError, match="not in a ready state") as refused:
        mounting(daytona, young.id)
    assert refused.value.status_code == 400
    assert list(daytona.list()) == []


def test_it_is_there_after_a_restart() -> None:
    with running_cloud() as (process, cloud):
        before = connected(cloud)
        volume = ready(before, "data")
        mounting(before, volume.id).process.exec("echo kept > /data/file")
        process.stop()
        after = connected(process.start())
        (box,) = after.list()
        assert after.get(box.id).process.exec("cat /data/file").result == "kept\n"
        assert after.volume.get("data").id == volume.id


def test_no_link_in_a_volume_leads_a_mount_out_of_it(daytona: Daytona, tmp_path: Path) -> None:
    """The server, which may be root, makes the folder that is missing."""
    (tmp_path / "secret").write_text("secret")
    tmp_path.chmod(0o777)
    volume = ready(daytona, "data")
    mounting(daytona, volume.id).process.exec(f"ln -s {tmp_path} /data/out; mkdir /data/v1; ln -s v1 /data/now")
    inside = mounting(daytona, volume.id, subpath="now/new")
    assert inside.process.exec("echo in > /data/file").exit_code == 0
    assert mounting(daytona, volume.id).process.exec("cat /data/v1/new/file").result == "in\n"
    for subpath in ("out", "out/new"):
        with pytest.raises(DaytonaError):
            mounting(daytona, volume.id, subpath=subpath)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
