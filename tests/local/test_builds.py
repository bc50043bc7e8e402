"""Dockerfiles that are built for real, as the Daytona SDK sees it."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from daytona import (
    CreateSandboxFromSnapshotParams,
    CreateSnapshotParams,
    Daytona,
    DaytonaBadRequestError,
    DaytonaConfig,
    DaytonaError,
    DaytonaNotFoundError,
    Image,
)

from tests.cloud import Cloud, gone, running_cloud
from tests.local.images import BASE, image, made_from
from tests.waiting import until

SLOW = f"FROM {BASE}\nRUN echo begun; sleep 1000\n"


def test_every_instruction_does_what_docker_does(daytona: Daytona) -> None:
    sandbox = made_from(
        daytona,
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
USER root
RUN cat > five <<END
fed in
END
""",
    )
    assert sandbox.process.exec("cat one two three four five; greet; echo ${VERSION:-none}").result == (
        "two words 1.2 $VERSION 1.2\n/srv/app\nexec\nhere\ntwo words\nfed in\ntwo words\nnone\n"
    )


def test_the_entrypoint_runs_at_each_start(daytona: Daytona) -> None:
    text = (
        'RUN mkdir /app\nWORKDIR /app\nCMD ["echo up; echo $0 >> starts; exec sleep 1000"]\nENTRYPOINT ["sh", "-c"]\n'
    )
    sandbox = made_from(daytona, text)
    until(lambda: sandbox.process.exec("cat /app/starts").result == "sh\n")
    assert sandbox.process.get_entrypoint_session().session_id == "entrypoint"
    assert sandbox.process.get_entrypoint_logs().output == "up\n"
    sandbox.stop()
    sandbox.start()
    until(lambda: sandbox.process.exec("cat /app/starts").result == "sh\nsh\n")


def test_what_the_entrypoint_writes_can_be_followed(daytona: Daytona) -> None:
    sandbox = made_from(daytona, 'ENTRYPOINT ["sh", "-c", "echo up; until test -e go; do sleep 0.01; done; echo on"]\n')
    out: list[str] = []

    def note(text: str) -> None:
        out.append(text)
        sandbox.fs.upload_file(b"", "go")

    asyncio.run(sandbox.process.get_entrypoint_logs_async(note, note))
    assert "".join(out) == "up\non\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "FROM debian:12\n",
            r"Line 1: the local cloud has no registry: images begin FROM evolve/local:1 or daytona-small",
        ),
        (f"FROM {BASE}\nRUN echo no >&2; exit 3\n", r"Line 2: exit code 3: RUN echo no"),
        (
            f"FROM {BASE}\nCOPY --chmod=755 <<A /a\nA\n",
            "Line 2: local files in the build context are not supported yet",
        ),
        (f"FROM {BASE}\nRUN <<A\n#!/usr/bin/python3\nA\n", "Line 2: the local cloud runs heredocs by /bin/sh only"),
        (
            f"FROM {BASE}\nUSER app\n",
            "Line 2: the local cloud has one user, whom a Dockerfile may call daytona or root",
        ),
        (f"FROM {BASE}\nHEALTHCHECK NONE\n", "Line 2: the local cloud does not know HEALTHCHECK"),
        (f"FROM {BASE}\nFROM {BASE}\n", "Line 2: the local cloud builds one stage only"),
        (f"FROM {BASE}\nRUN --mount=type=cache,target=/c true\n", "Line 2: the local cloud knows no options of RUN"),
        (f"FROM {BASE}\nRUN <<EOF\ntrue\n", "Line 2: the heredoc EOF has no end"),
        (f"FROM {BASE}\nRUN bash -c 'echo > /dev/tcp/192.0.2.1/80'\n", "Line 2: exit code 1: RUN bash"),
    ],
)
def test_a_build_that_fails_says_where_and_why(daytona: Daytona, text: str, reason: str) -> None:
    with pytest.raises(DaytonaError, match=reason):
        daytona.snapshot.create(CreateSnapshotParams(name="bad", image=image(text)))
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
    sandbox = made_from(daytona, escape)
    assert sandbox.process.exec("whoami").result == "daytona\n"
    assert list((tmp_path / "etc").iterdir()) + list((tmp_path / "home").iterdir()) == []


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


def test_a_build_that_was_interrupted_ends_and_says_so() -> None:
    with running_cloud() as (process, cloud):
        _post(cloud, "snapshots", name="slow", buildInfo={"dockerfileContent": SLOW})
        _post(cloud, "sandbox", name="slow", buildInfo={"dockerfileContent": SLOW})
        building = _first_process(cloud)
        process.kill()
        again = process.start()
        assert gone(building)
        sdk = Daytona(DaytonaConfig(api_key=again.api_key, api_url=again.daytona_api_url))
        for found in (sdk.snapshot.get("slow"), sdk.get("slow")):
            assert (found.state, found.error_reason) == (
                "build_failed",
                "The build was interrupted when the local cloud ended; start it again",
            )


def test_a_build_that_nobody_needs_any_more_is_given_up(cloud: Cloud, daytona: Daytona) -> None:
    _post(cloud, "sandbox", name="slow", buildInfo={"dockerfileContent": SLOW})
    _post(cloud, "snapshots", name="slow", buildInfo={"dockerfileContent": SLOW})
    building = _first_process(cloud)
    daytona.snapshot.delete("slow")
    until(lambda: not any(each.name == "slow" for each in daytona.snapshot.list().items))
    sandbox = daytona.get("slow")
    assert sandbox.state == "building_snapshot"
    sandbox.delete(wait=True)
    assert gone(building)
    with pytest.raises(DaytonaNotFoundError):
        daytona.get(sandbox.id)
    _post(cloud, "snapshots", name="slow", buildInfo={"dockerfileContent": SLOW})
    building = _first_process(cloud)
    cloud.reset()
    assert gone(building, seconds=0)
    assert list((cloud.folder / "images").iterdir()) == []


def test_the_log_asks_for_the_key(cloud: Cloud) -> None:
    made = _post(cloud, "snapshots", name="slow", buildInfo={"dockerfileContent": SLOW})
    url = f"{cloud.daytona_api_url}/snapshots/{made['id']}/build-logs"
    assert httpx.get(url).status_code == 401


def test_without_isolation_nothing_is_built() -> None:
    with running_cloud("--tier", "process") as (_, cloud):
        sdk = Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url))
        with pytest.raises(DaytonaError, match="only where sandboxes are isolated; install bubblewrap"):
            sdk.snapshot.create(CreateSnapshotParams(name="x", image=image(f"FROM {BASE}\nRUN true\n")))


def _post(cloud: Cloud, path: str, **body: Any) -> dict[str, Any]:
    """What the SDK would wait for."""
    headers = {"Authorization": f"Bearer {cloud.api_key}"}
    return httpx.post(f"{cloud.daytona_api_url}/{path}", json=body, headers=headers).raise_for_status().json()


def _first_process(cloud: Cloud) -> int:
    """The pid of the one build that runs its instructions."""
    until(lambda: any("begun" in log.read_text().split("\n") for log in cloud.folder.glob("images/*/build.log")))
    (running,) = cloud.folder.glob("images/*/process.json")
    return json.loads(running.read_text())["pid"]
