"""Snapshots and sandboxes from images, as the Daytona SDK sees it."""

import httpx
import pytest
from daytona import (
    CreateSandboxFromImageParams,
    CreateSandboxFromSnapshotParams,
    CreateSnapshotParams,
    Daytona,
    DaytonaBadRequestError,
    DaytonaConflictError,
    DaytonaError,
    DaytonaForbiddenError,
    DaytonaNotFoundError,
    GpuType,
    Image,
    Resources,
)
from daytona_api_client import ApiException

from tests.cloud import Cloud
from tests.local.images import BASE, image
from tests.waiting import until


def test_a_snapshot_is_built_and_its_sandboxes_have_what_it_made(daytona: Daytona) -> None:
    recipe = (
        Image.base(BASE)
        .run_commands("mkdir /app && echo built > /app/file", "id -un > /app/who")
        .env({"GREETING": "hello there"})
        .workdir("/app")
    )
    log: list[str] = []
    made = daytona.snapshot.create(
        CreateSnapshotParams(name="mine", image=recipe, resources=Resources(cpu=2, memory=4, disk=5)),
        on_logs=log.append,
    )
    assert (made.state, made.cpu, made.mem, made.disk, made.general) == ("active", 2, 4, 5, False)
    text = "\n".join(log)
    assert "Step 2/5 : RUN mkdir /app" in text
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(snapshot="mine"))
    assert (sandbox.snapshot, sandbox.cpu, sandbox.memory, sandbox.disk) == ("mine", 2, 4, 5)
    assert sandbox.process.exec("pwd; cat file who; echo $GREETING").result == "/app\nbuilt\ndaytona\nhello there\n"
    assert sandbox.get_work_dir() == "/app"
    sandbox.process.exec("echo changed > file")
    other = daytona.create(CreateSandboxFromSnapshotParams(snapshot=made.id, env_vars={"GREETING": "own"}))
    assert other.process.exec("cat file; echo $GREETING").result == "built\nown\n"


def test_sandboxes_have_the_gpu_and_the_region_of_their_snapshot(daytona: Daytona) -> None:
    resources = Resources(gpu=1, gpu_type=[GpuType.H100])
    made = daytona.snapshot.create(CreateSnapshotParams(name="g", image=BASE, region_id="eu", resources=resources))
    assert (made.gpu, made.gpu_type, made.region_ids) == (1, GpuType.H100, ["eu"])
    with pytest.raises(DaytonaBadRequestError, match="must have an auto-delete interval of 0"):
        daytona.create(CreateSandboxFromSnapshotParams(snapshot="g"))
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(snapshot="g", ephemeral=True))
    assert (sandbox.gpu, sandbox.gpu_type, sandbox.target) == (1, GpuType.H100, "eu")


def test_a_sandbox_from_an_image_is_built_first(daytona: Daytona) -> None:
    log: list[str] = []
    params = CreateSandboxFromImageParams(
        name="own", image=Image.base(BASE).run_commands("echo hi | tee /tmp/x"), resources=Resources(cpu=2, disk=4)
    )
    sandbox = daytona.create(params, on_snapshot_create_logs=log.append)
    assert "hi" in "\n".join(log)
    assert (sandbox.cpu, sandbox.memory, sandbox.disk, sandbox.snapshot) == (2, 1, 4, None)
    assert sandbox.build_info
    assert "RUN echo hi" in (sandbox.build_info.dockerfile_content or "")
    assert sandbox.fs.download_file("/tmp/x") == b"hi\n"
    for name in (BASE, "daytona-small"):
        assert daytona.create(CreateSandboxFromImageParams(image=name)).process.exec("echo ok").result == "ok\n"


def test_a_sandbox_whose_image_fails_stays_with_its_reason(daytona: Daytona) -> None:
    params = CreateSandboxFromImageParams(name="bad", image=image(f"FROM {BASE}\nRUN false\n"))
    with pytest.raises(DaytonaError, match="exit code 1"):
        daytona.create(params)
    found = daytona.get("bad")
    assert (found.state, found.error_reason) == ("build_failed", "Line 2: exit code 1: RUN false")
    found.delete(wait=True)
    assert list(daytona.list()) == []


def test_snapshots_are_found_put_aside_and_removed(daytona: Daytona, cloud: Cloud) -> None:
    made = daytona.snapshot.create(CreateSnapshotParams(name="mine", image=BASE, entrypoint=["sleep", "1"]))
    assert (made.state, made.image_name, made.entrypoint) == ("active", BASE, ["sleep", "1"])
    assert [each.name for each in daytona.snapshot.list().items] == ["daytona-small", "daytona-vm-small", "mine"]
    page = daytona.snapshot.list(page=2, limit=2)
    assert ([each.name for each in page.items], page.total, page.total_pages) == (["mine"], 3, 2)
    with pytest.raises(DaytonaConflictError, match='Snapshot with name "mine" already exists'):
        daytona.snapshot.create(CreateSnapshotParams(name="mine", image=BASE))
    # The SDK lets its generated client's error through here.
    with pytest.raises(ApiException, match="is active, not inactive"):
        daytona.snapshot.activate("mine")
    answer = httpx.post(
        f"{cloud.daytona_api_url}/snapshots/{made.id}/deactivate", headers={"Authorization": f"Bearer {cloud.api_key}"}
    )
    assert answer.status_code == 204
    with pytest.raises(DaytonaBadRequestError, match="Snapshot mine is inactive"):
        daytona.create(CreateSandboxFromSnapshotParams(snapshot="mine"))
    daytona.snapshot.activate("mine")
    until(lambda: daytona.snapshot.get("mine").state == "active")
    daytona.snapshot.delete("mine")
    assert daytona.snapshot.get("mine").state == "removing"
    until(lambda: _gone(daytona, "mine"))
    with pytest.raises(DaytonaForbiddenError):
        daytona.snapshot.delete("daytona-small")


def _gone(daytona: Daytona, name: str) -> bool:
    try:
        daytona.snapshot.get(name)
    except DaytonaNotFoundError:
        return True
    return False


@pytest.mark.parametrize(
    ("name", "words"),
    [("debian", "must include a tag"), ("debian:latest", "must include a tag"), ("debian:12", "no registry")],
)
def test_a_registrys_image_cannot_be_had(daytona: Daytona, name: str, words: str) -> None:
    with pytest.raises(DaytonaError, match=words):
        daytona.snapshot.create(CreateSnapshotParams(name="x", image=name))


def test_there_are_only_so_many_snapshots(cloud: Cloud, daytona: Daytona) -> None:
    cloud.limit(total={"snapshots": 1})
    daytona.snapshot.create(CreateSnapshotParams(name="one", image=BASE))
    with pytest.raises(DaytonaBadRequestError, match=r"Snapshot quota exceeded\. Maximum allowed: 1"):
        daytona.snapshot.create(CreateSnapshotParams(name="two", image=BASE))
