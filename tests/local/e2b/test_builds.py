"""Templates that are built for real, as E2B's SDK sees it."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import httpx
import pytest
from e2b import (
    E2B,
    BuildException,
    BuildInfo,
    LogEntry,
    Template,
    TemplateBuildStatus,
    TemplateBuildStatusResponse,
    TemplateClass,
    wait_for_file,
)

from tests.cloud import Cloud, gone, running_cloud
from tests.local.e2b.client import client_of
from tests.waiting import until

SLOW = "echo begun; sleep 1000"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A folder to copy from."""
    (tmp_path / "app" / "deep").mkdir(parents=True)
    (tmp_path / "app" / "one.py").write_text("one")
    (tmp_path / "app" / "two.txt").write_text("two")
    (tmp_path / "app" / "deep" / "three.py").write_text("three")
    (tmp_path / "app" / "link").symlink_to("one.py")
    (tmp_path / "run.sh").write_text("echo run")
    return tmp_path


def test_every_step_does_what_e2b_does(e2b: E2B) -> None:
    template = (
        Template()
        .from_base_image()
        .set_envs({"A": "two words", "PATH": "/opt/tool:$PATH"})
        .set_workdir("/srv")
        .set_workdir("app")
        .set_user("root")
        .make_dir("/opt/tool")
        .run_cmd(["echo 'echo $A' > /opt/tool/greet", "chmod +x /opt/tool/greet"], user="root")
        .run_cmd("greet > one; pwd >> one; whoami >> one")
    )
    built = e2b.Template.build(template, "steps")
    sandbox = e2b.Sandbox.create("steps")
    assert sandbox.files.read("/srv/app/one") == "two words\n/srv/app\nuser\n"
    info = sandbox.get_info()
    assert (info.template_id, info.name) == (built.template_id, "steps")


@pytest.mark.parametrize("gzip", [True, False])
def test_files_are_copied(e2b: E2B, context: Path, *, gzip: bool) -> None:
    template = (
        Template(file_context_path=context)
        .from_base_image()
        .set_workdir("/srv")
        .copy("run.sh", "start.sh", mode=0o751, gzip=gzip)
        .copy("run.sh", "bin/", gzip=gzip)
        .copy("app", "whole", gzip=gzip)
        .copy("app", "whole", gzip=gzip)
        .copy("app/*.txt", "texts", gzip=gzip)
        .run_cmd("stat -c %a start.sh > modes; readlink whole/link >> modes; ls texts >> modes")
    )
    e2b.Template.build(template, "files")
    sandbox = e2b.Sandbox.create("files")
    assert sandbox.files.read("/srv/modes") == "751\none.py\ntwo.txt\n"
    assert sandbox.files.read("/srv/bin/run.sh") == "echo run"
    assert sandbox.files.read("/srv/whole/deep/three.py") == "three"


def test_what_is_uploaded_again_is_there_already(e2b: E2B, context: Path) -> None:
    template = Template(file_context_path=context).from_base_image().copy("run.sh", "/run.sh")
    e2b.Template.build(template, "files")
    (context / "run.sh").write_text("echo changed")
    said: list[str] = []
    for _ in range(2):
        e2b.Template.build(template, "files", on_build_logs=lambda entry: said.append(entry.message))
    assert said.count("Uploaded 'run.sh'") == said.count("Skipping upload of 'run.sh', already cached") == 1
    assert e2b.Sandbox.create("files").files.read("/run.sh") == "echo changed"


def test_what_is_copied_cannot_leave_the_build(e2b: E2B, tmp_path: Path) -> None:
    """The server, which may be root, opens no archive."""
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o777)
    context = tmp_path / "context"
    context.mkdir()
    (context / "file").write_text("evil")
    (context / "way").symlink_to(outside)
    template = (
        Template(file_context_path=context)
        .from_base_image()
        .copy("way", "/way")
        .run_cmd("ln -s ../../../../../../.. /opt/up")
        .copy("file", f"/opt/up{outside}/one")
        .copy("file", "/way/two")
    )
    e2b.Template.build(template, "evil")
    assert list(outside.iterdir()) == []


def test_an_archive_is_opened_in_the_build_alone(cloud: Cloud, e2b: E2B, tmp_path: Path) -> None:
    """The server, which may be root, opens none; and an address takes just the one that it was made for."""
    tmp_path.chmod(0o777)
    with io.BytesIO() as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name in (f"../../../..{tmp_path}/one", f"{tmp_path}/two"):
                member = tarfile.TarInfo(name)
                member.size = 4
                archive.addfile(member, io.BytesIO(b"evil"))
        content = packed.getvalue()
    hash_ = hashlib.sha256(content).hexdigest()
    with httpx.Client(base_url=cloud.e2b_api_url, headers={"X-API-KEY": cloud.api_key}) as client:
        made = client.post("/v3/templates", json={"name": "evil"}).json()
        url = client.get(f"/templates/{made['templateID']}/files/{hash_}").json()["url"]
        assert httpx.put(url.replace(hash_, "0" * 64), content=content).status_code == 403
        assert httpx.put(url, content=content).status_code == 200
        step = {"type": "COPY", "args": [".", "/srv", "", ""], "filesHash": hash_}
        path = f"/v2/templates/{made['templateID']}/builds/{made['buildID']}"
        body = {"fromImage": "e2bdev/base", "steps": [step]}
        assert client.post(path, json=body).status_code == 202
        again = client.post(path, json=body)
        assert (again.status_code, again.json()["message"]) == (400, "build is not in waiting state")
    info = BuildInfo(made["templateID"], made["buildID"], "evil", "evil")
    until(lambda: e2b.Template.get_build_status(info).status == TemplateBuildStatus.ERROR)
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_fails_is_named_with_the_end_of_what_it_wrote(e2b: E2B) -> None:
    entries: list[LogEntry] = []
    template = Template().from_base_image().run_cmd("echo fine").run_cmd("echo first; echo last >&2; exit 3")
    with pytest.raises(BuildException, match=r"RUN echo first; .*: exit status 3\nfirst\nlast$"):
        e2b.Template.build(template, "bad", on_build_logs=entries.append)
    said = [(entry.level, entry.message) for entry in entries]
    assert ("info", "Step 1/2 : RUN echo fine") in said
    assert ("info", "last") in said
    assert said[-2] == ("error", "RUN echo first; echo last >&2; exit 3: exit status 3")
    assert len([message for _, message in said if message == "fine"]) == 1
    info = e2b.Template.build_in_background(template, "bad")
    until(lambda: e2b.Template.get_build_status(info).status == TemplateBuildStatus.ERROR)
    reason = e2b.Template.get_build_status(info).reason
    assert reason is not None
    assert (reason.step, reason.log_entries[-2].message) == ("2", "last")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        (Template().from_python_image("3"), "no image 'python:3': templates begin from e2bdev/base"),
        (Template().from_template("none"), "base template 'none' not found"),
        (Template().from_base_image().set_user("app"), "whom steps may call user or root"),
        (Template().from_base_image().run_cmd("true", user="app"), "whom steps may call user or root"),
        (Template().from_base_image().apt_install("vim"), "exit status"),
        (Template().from_base_image().run_cmd("echo > /dev/tcp/192.0.2.1/80"), "exit status 1"),
        (Template().from_base_image().set_start_cmd("exit 4", "false"), "start command failed: exit status 4"),
    ],
)
def test_what_cannot_be_built_says_why(e2b: E2B, template: TemplateClass, reason: str) -> None:
    with pytest.raises(BuildException, match=reason):
        e2b.Template.build(template, "bad")
    assert e2b.Template.exists("bad")


def test_the_start_command_runs_in_every_sandbox_and_is_waited_for(e2b: E2B) -> None:
    template = (
        Template()
        .from_base_image()
        .set_envs({"WHO": "me"})
        .run_cmd("date +%s%N > built")
        .set_start_cmd(
            'sleep 0.5; echo "$WHO" >> started; python3 -m http.server 8000', "echo > /dev/tcp/127.0.0.1/8000"
        )
    )
    e2b.Template.build(template, "server")
    for _ in range(2):
        sandbox = e2b.Sandbox.create("server")
        assert sandbox.files.read("/home/user/started") == "me\n"


def test_a_template_can_begin_from_another(e2b: E2B) -> None:
    below = Template().from_base_image().set_envs({"A": "1"}).set_workdir("/srv").run_cmd("echo below > file")
    e2b.Template.build(below.set_start_cmd("echo $A > started; sleep 1000", wait_for_file("started")), "below:v1")
    above = Template().from_template("below:v1").run_cmd("echo $A above >> file")
    e2b.Template.build(above, "above")
    sandbox = e2b.Sandbox.create("above")
    assert sandbox.files.read("/srv/file") == "below\n1 above\n"
    assert sandbox.files.read("/srv/started") == "1\n"


def test_the_same_is_built_once_unless_it_is_forced(e2b: E2B) -> None:
    template = Template().from_base_image().run_cmd("date +%s%N > /built")
    said: list[str] = []
    e2b.Template.build(template, "one")
    e2b.Template.build(template, "two", on_build_logs=lambda entry: said.append(entry.message))
    assert "CACHED Step 1/1 : RUN date +%s%N > /built" in said
    e2b.Template.build(template, "three", skip_cache=True)
    one, two, three = (e2b.Sandbox.create(name).files.read("/built") for name in ("one", "two", "three"))
    assert one == two != three


def test_a_dockerfile_is_built(e2b: E2B, context: Path) -> None:
    text = "FROM e2bdev/base\nENV A=1\nWORKDIR /srv\nCOPY run.sh bin/\nRUN echo $A >> bin/run.sh\n"
    e2b.Template.build(Template(file_context_path=context).from_dockerfile(text), "docker")
    assert e2b.Sandbox.create("docker").files.read("/srv/bin/run.sh") == "echo run1\n"


def test_a_long_log_comes_whole_and_once(e2b: E2B) -> None:
    said: list[str] = []
    template = Template().from_base_image().run_cmd("seq 350; sleep 0.3; seq 351 400; printf end")
    e2b.Template.build(template, "long", on_build_logs=lambda entry: said.append(entry.message))
    begins = said.index("1")
    assert said[begins : begins + 401] == [*map(str, range(1, 401)), "end"]


def test_a_build_goes_on_in_the_background(e2b: E2B) -> None:
    info = e2b.Template.build_in_background(Template().from_base_image().run_cmd("sleep 0.3; echo done"), "quiet")
    first = e2b.Template.get_build_status(info)
    assert first.status == TemplateBuildStatus.BUILDING
    until(lambda: e2b.Template.get_build_status(info).status == TemplateBuildStatus.READY)
    everything = e2b.Template.get_build_status(info)
    assert messages(everything)[-1] == "done"
    rest = e2b.Template.get_build_status(info, logs_offset=len(everything.log_entries))
    assert rest.log_entries == []


@pytest.mark.parametrize("newer", [Template().from_base_image(), Template().from_python_image()])
def test_a_new_build_ends_the_one_that_goes_on(cloud: Cloud, e2b: E2B, newer: TemplateClass) -> None:
    slow = e2b.Template.build_in_background(Template().from_base_image().run_cmd(SLOW), "app")
    building = first_process(cloud)
    e2b.Template.build_in_background(newer, "app")
    status = e2b.Template.get_build_status(slow)
    assert status.status == TemplateBuildStatus.ERROR
    assert status.reason is not None
    assert "superseded by a newer one" in status.reason.message
    assert gone(building)


def test_requests_that_make_no_sense_are_refused(cloud: Cloud) -> None:
    with httpx.Client(base_url=cloud.e2b_api_url, headers={"X-API-KEY": cloud.api_key}) as client:
        made = client.post("/v3/templates", json={"name": "app"}).json()
        builds = f"/v2/templates/{made['templateID']}/builds"
        both = {"fromImage": "e2bdev/base", "fromTemplate": "base"}
        unknown = "6fb8a1b8-6d0c-4c8e-9d38-0a4a3f0e3b3a"
        for answer, reason in (
            (client.post("/v3/templates", json={}), "Name is required"),
            (client.post("/v3/templates", json={"name": "app", "cpuCount": 0}), "cpuCount"),
            (client.post(f"{builds}/{unknown}", json=both), f"Build '{unknown}' not found"),
            (client.post(f"{builds}/{made['buildID']}", json=both), "either fromImage or fromTemplate"),
            (client.get(f"{builds[3:]}/{made['buildID']}/status?logsOffset=x"), "logsOffset must be a number"),
            (client.get(f"/templates/{made['templateID']}/files/abc"), "lowercase hex SHA-256"),
        ):
            assert answer.status_code == 400
            assert reason in answer.json()["message"]


def test_a_build_that_was_interrupted_has_failed() -> None:
    with running_cloud() as (process, cloud):
        e2b = client_of(cloud)
        e2b.Template.build(Template().from_base_image().run_cmd("echo kept > /kept"), "app")
        slow = e2b.Template.build_in_background(Template().from_base_image().run_cmd(SLOW), "app")
        building = first_process(cloud)
        until(lambda: "begun" in messages(e2b.Template.get_build_status(slow)))
        process.kill()
        again = process.start()
        assert gone(building)
        e2b = client_of(again)
        status = e2b.Template.get_build_status(slow)
        assert status.status == TemplateBuildStatus.ERROR
        assert status.reason is not None
        assert "was interrupted" in status.reason.message
        assert "begun" in messages(status)
        assert e2b.Sandbox.create("app").files.read("/kept") == "kept\n"


def messages(status: TemplateBuildStatusResponse) -> list[str]:
    return [entry.message for entry in status.log_entries]


def first_process(cloud: Cloud) -> int:
    """The pid of the one build that runs its steps."""
    until(lambda: any("begun" in log.read_text().split("\n") for log in cloud.folder.glob("images/*/build.log")))
    (running,) = cloud.folder.glob("images/*/process.json")
    return json.loads(running.read_text())["pid"]
