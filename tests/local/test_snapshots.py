"""Snapshots and sandboxes built from Dockerfiles, as the Daytona SDK sees it."""

import re
from pathlib import Path

import httpx
import pytest
from daytona import (
    CreateSandboxFromImageParams,
    CreateSandboxFromSnapshotParams,
    CreateSnapshotParams,
    Daytona,
    DaytonaBadRequestError,
    DaytonaConfig,
    DaytonaConflictError,
    DaytonaError,
    DaytonaForbiddenError,
    DaytonaNotFoundError,
    Image,
    Resources,
    Sandbox,
)
from daytona_api_client import ApiException

from tests.cloud import Cloud, running_cloud
from tests.waiting import until

BASE = "evolve/local:1"


def image(folder: Path, text: str) -> Image:
    """From the text of a Dockerfile, which the SDK takes from a file only."""
    (folder / "Dockerfile").write_text(text)
    return Image.from_dockerfile(folder / "Dockerfile")


def made_from(daytona: Daytona, folder: Path, text: str) -> Sandbox:
    return daytona.create(CreateSandboxFromImageParams(image=image(folder, f"FROM {BASE}\n{text}")))


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


def test_every_instruction_does_what_docker_does(daytona: Daytona, tmp_path: Path) -> None:
    sandbox = made_from(
        daytona,
        tmp_path,
        r"""
# a comment
ARG VERSION=1.2
ENV A="two words" B=$VERSION C='$VERSION'
ENV PATH=/opt/tool:$PATH
LABEL team=docs
EXPOSE 3000
WORKDIR /srv
WORKDIR app
RUN echo "$A $B $C $VERSION" > one && \
    pwd >> one
RUN ["/bin/sh", "-c", "echo exec > two"]
RUN <<EOF
echo here > three
EOF
COPY <<EOF /opt/tool/greet
#!/bin/sh
echo $A
EOF
RUN chmod +x /opt/tool/greet && greet > four
""",
    )
    assert sandbox.process.exec("cat one two three four; greet; echo ${VERSION:-none}").result == (
        "two words 1.2 $VERSION 1.2\n/srv/app\nexec\nhere\ntwo words\ntwo words\nnone\n"
    )


def test_the_entrypoint_runs_at_each_start(daytona: Daytona, tmp_path: Path) -> None:
    text = (
        'RUN mkdir /app\nWORKDIR /app\nENTRYPOINT ["sh", "-c"]\nCMD ["echo up; echo $0 >> starts; exec sleep 1000"]\n'
    )
    sandbox = made_from(daytona, tmp_path, text)
    until(lambda: sandbox.process.exec("cat /app/starts").result == "sh\n")
    assert sandbox.process.get_entrypoint_session().session_id == "entrypoint"
    assert sandbox.process.get_entrypoint_logs().output == "up\n"
    sandbox.stop()
    sandbox.start()
    until(lambda: sandbox.process.exec("cat /app/starts").result == "sh\nsh\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("FROM debian:12\n", r"Line 1: the local cloud has no registry: images begin FROM evolve/local:1: FROM debian"),
        (f"FROM {BASE}\nRUN echo no >&2; exit 3\n", r"Line 2: exit code 3: RUN echo no"),
        (f"FROM {BASE}\nHEALTHCHECK NONE\n", "Line 2: the local cloud does not know HEALTHCHECK"),
        (f"FROM {BASE}\nFROM {BASE}\n", "Line 2: the local cloud builds one stage only"),
        (f"FROM {BASE}\nRUN --mount=type=cache,target=/c true\n", "Line 2: the local cloud knows no options of RUN"),
        (f"FROM {BASE}\nRUN <<EOF\ntrue\n", "Line 2: the heredoc EOF has no end"),
        (f"FROM {BASE}\nRUN bash -c 'echo > /dev/tcp/192.0.2.1/80'\n", "Line 2: exit code 1: RUN bash"),
    ],
)
def test_a_build_that_fails_says_where_and_why(daytona: Daytona, tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(DaytonaError, match=reason):
        daytona.snapshot.create(CreateSnapshotParams(name="bad", image=image(tmp_path, text)))
    found = daytona.snapshot.get("bad")
    assert found.state == "build_failed"
    assert re.search(reason, found.error_reason or "")
    with pytest.raises(DaytonaBadRequestError, match="Snapshot bad is build_failed"):
        daytona.create(CreateSandboxFromSnapshotParams(snapshot="bad"))


def test_a_build_cannot_reach_the_hosts_files(daytona: Daytona, tmp_path: Path) -> None:
    """What is made from an image is put together by the server, which may be root."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "home").mkdir()
    tmp_path.chmod(0o777)
    escape = f"RUN mv /etc /etc.own; ln -s {tmp_path}/etc /etc; rm -rf /home; ln -s {tmp_path}/home /home; true\n"
    sandbox = made_from(daytona, tmp_path, escape)
    assert sandbox.process.exec("whoami").result == "daytona\n"
    assert list((tmp_path / "etc").iterdir()) + list((tmp_path / "home").iterdir()) == []


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
    assert daytona.create(CreateSandboxFromImageParams(image=BASE)).process.exec("echo ok").result == "ok\n"


def test_a_sandbox_whose_image_fails_stays_with_its_reason(daytona: Daytona, tmp_path: Path) -> None:
    params = CreateSandboxFromImageParams(name="bad", image=image(tmp_path, f"FROM {BASE}\nRUN false\n"))
    with pytest.raises(DaytonaError, match="exit code 1"):
        daytona.create(params)
    found = daytona.get("bad")
    assert (found.state, found.error_reason) == ("build_failed", "Line 2: exit code 1: RUN false")
    found.delete(wait=True)
    assert list(daytona.list()) == []


def test_the_same_is_built_once(cloud: Cloud, daytona: Daytona) -> None:
    recipe = Image.base(BASE).run_commands("date +%s%N > /tmp/built")
    for name in ("one", "two"):
        daytona.snapshot.create(CreateSnapshotParams(name=name, image=recipe))
    boxes = [daytona.create(CreateSandboxFromSnapshotParams(snapshot=name)) for name in ("one", "two")]
    first, second = (box.fs.download_file("/tmp/built") for box in boxes)
    assert first == second
    for name in ("one", "two"):
        daytona.snapshot.delete(name)
    for box in boxes:
        box.delete(wait=True)
    assert list((cloud.folder / "images").iterdir()) == []


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


def test_a_build_that_was_interrupted_is_made_again() -> None:
    with running_cloud() as (process, cloud):
        text = f"FROM {BASE}\nRUN echo begun; sleep 2; echo $(date) > /tmp/built\n"
        headers = {"Authorization": f"Bearer {cloud.api_key}"}
        body = {"name": "slow", "buildInfo": {"dockerfileContent": text}}
        made = httpx.post(f"{cloud.daytona_api_url}/snapshots", json=body, headers=headers).json()
        assert made["state"] == "building"
        until(lambda: "begun" in httpx.get(_log_url(cloud, headers, made["id"]), headers=headers).text)
        process.kill()
        again = process.start()
        sdk = Daytona(DaytonaConfig(api_key=again.api_key, api_url=again.daytona_api_url))
        until(lambda: sdk.snapshot.get("slow").state == "active")
        assert sdk.create(CreateSandboxFromSnapshotParams(snapshot="slow")).fs.download_file("/tmp/built")


def _log_url(cloud: Cloud, headers: dict[str, str], id: str) -> str:
    return httpx.get(f"{cloud.daytona_api_url}/snapshots/{id}/build-logs-url", headers=headers).json()["url"]


def test_without_isolation_nothing_is_built(tmp_path: Path) -> None:
    with running_cloud("--tier", "process") as (_, cloud):
        sdk = Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url))
        with pytest.raises(DaytonaError, match="only where sandboxes are isolated; install bubblewrap"):
            sdk.snapshot.create(CreateSnapshotParams(name="x", image=image(tmp_path, f"FROM {BASE}\nRUN true\n")))
