"""Without isolation: the same API over plain processes of the host, and said loudly."""

from collections.abc import Iterator

import httpx
import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaConfig, Sandbox, SessionExecuteRequest

from tests.cloud import Cloud, CloudProcess, gone, host_processes, running_cloud


@pytest.fixture(scope="module")
def plain() -> Iterator[tuple[CloudProcess, Cloud]]:
    with running_cloud("--tier", "process") as started:
        yield started


@pytest.fixture
def sandbox(plain: tuple[CloudProcess, Cloud]) -> Iterator[Sandbox]:
    _, cloud = plain
    sdk = Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url))
    yield sdk.create(CreateSandboxFromSnapshotParams(public=True))
    cloud.reset()


def test_it_says_that_nothing_is_isolated(plain: tuple[CloudProcess, Cloud]) -> None:
    process, cloud = plain
    assert (cloud.status()["tier"], cloud.status()["isolated"]) == ("process", False)
    assert "SANDBOXES ARE NOT ISOLATED" in process.log


def test_commands_and_files_work_below_a_home_of_its_own(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"text", "a/b")
    assert sandbox.process.exec("pwd; cat a/b; echo $HOME").result == "{0}\ntext{0}\n".format(sandbox.get_work_dir())
    assert sandbox.get_work_dir().endswith(f"{sandbox.id}/root/home/daytona")


def test_code_git_and_searching_stay_below_that_home(sandbox: Sandbox) -> None:
    home = sandbox.get_work_dir()
    assert sandbox.code_interpreter.run_code("import os; print(os.getcwd())").stdout == f"{home}\n"
    assert sandbox.process.code_run("import os; print(os.getcwd())").result == f"{home}\n"
    sandbox.git.init("repo", initial_branch="main")
    sandbox.git.configure_user("Ann", "ann@example.org")
    sandbox.fs.upload_file(b"text", "repo/f")
    assert [each.name for each in sandbox.git.status("repo").file_status] == ["f"]
    assert [each.file for each in sandbox.fs.find_files(".", "text")] == ["repo/f"]
    assert sandbox.fs.search_files(home, ".gitconfig").files == [f"{home}/.gitconfig"]
    used = sandbox.get_metrics_latest()
    assert 0 < used.disk_used < 10 << 20
    assert 0 < used.mem_used < 100 << 20


def test_a_port_is_the_hosts(plain: tuple[CloudProcess, Cloud], sandbox: Sandbox) -> None:
    _, cloud = plain
    script = (
        "import http.server, socketserver\n"
        "server = socketserver.TCPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n"
        "print(server.server_address[1], flush=True)\n"
        "server.serve_forever()\n"
    )
    sandbox.fs.upload_file(script.encode(), "serve.py")
    sandbox.process.create_session("web")
    command = SessionExecuteRequest(command="python3 serve.py", run_async=True)
    key = sandbox.process.execute_session_command("web", command).cmd_id
    while not (port := sandbox.process.get_session_command_logs("web", key).stdout):
        assert sandbox.process.get_session_command("web", key).exit_code is None
    host = sandbox.get_preview_link(int(port)).url.removeprefix("http://")
    assert "serve.py" in httpx.get(cloud.url, headers={"Host": host}).text


def test_stopping_kills_what_went_into_the_background_too(plain: tuple[CloudProcess, Cloud], sandbox: Sandbox) -> None:
    _, cloud = plain
    command = "sleep 1000 >/dev/null 2>&1 & echo $!; (setsid sleep 1001 >/dev/null 2>&1 & echo $!)"
    pids = [int(word) for word in sandbox.process.exec(command).result.split()]
    assert len(pids) == 2
    sandbox.stop()
    assert all(gone(pid) for pid in pids)
    assert host_processes(cloud) == []
