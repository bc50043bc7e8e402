"""Sandboxes behind bubblewrap see neither the host nor each other."""

import re
import time

import httpx
import pytest
from daytona import CreateSandboxFromSnapshotParams, Daytona, Sandbox, SessionExecuteRequest

from tests.cloud import Cloud, host_processes


@pytest.fixture(autouse=True)
def isolated(cloud: Cloud) -> None:
    """Skip only where the probe found that bubblewrap cannot work."""
    if not cloud.status()["isolated"]:
        pytest.skip("sandboxes cannot be isolated on this machine")


def output(sandbox: Sandbox, command: str) -> str:
    return sandbox.process.exec(command).result


def test_two_sandboxes_serve_the_same_port(cloud: Cloud, daytona: Daytona) -> None:
    both = [daytona.create(CreateSandboxFromSnapshotParams(public=True)) for _ in range(2)]
    for number, sandbox in enumerate(both):
        sandbox.fs.upload_file(f"page {number}".encode(), "www/index.html")
        sandbox.process.create_session("web")
        command = "cd www && python3 -m http.server 3000 --bind 127.0.0.1"
        sandbox.process.execute_session_command("web", SessionExecuteRequest(command=command, run_async=True))
    for number, sandbox in enumerate(both):
        host = sandbox.get_preview_link(3000).url.removeprefix("http://")
        deadline = time.monotonic() + 10
        while (answer := httpx.get(cloud.url, headers={"Host": host})).status_code == 502:
            assert time.monotonic() < deadline
        assert answer.text == f"page {number}"


def test_a_sandbox_sees_only_its_own_processes_and_files(daytona: Daytona) -> None:
    one, other = daytona.create(), daytona.create()
    one.process.exec("echo mine > /tmp/mine; sleep 1000 >/dev/null 2>&1 &")
    assert "sleep" in output(one, "cat /proc/[0-9]*/comm")
    assert "sleep" not in output(other, "cat /proc/[0-9]*/comm")
    assert output(other, "ls /tmp; hostname") == f"{other.id}\n"


def test_a_sandbox_reaches_no_network(cloud: Cloud, sandbox: Sandbox) -> None:
    connect = "import socket; socket.create_connection(({!r}, {}), 3)"
    port = cloud.url.rpartition(":")[2]
    assert "ConnectionRefusedError" in output(sandbox, f'python3 -c "{connect.format("127.0.0.1", port)}"')
    assert "Network is unreachable" in output(sandbox, f'python3 -c "{connect.format("192.0.2.1", 80)}"')


def test_a_sandbox_has_no_rights_and_gains_none(sandbox: Sandbox) -> None:
    status = output(sandbox, "cat /proc/self/status")
    assert set(re.findall(r"Cap(?:Prm|Eff|Bnd|Amb):\t(\w+)", status)) == {"0" * 16}
    assert "NoNewPrivs:\t1" in status
    assert output(sandbox, "unshare -U true && echo possible || echo refused").endswith("refused\n")
    assert output(sandbox, "echo x > /proc/sys/kernel/core_pattern && echo written; true").find("written") < 0


def test_a_root_user_inside_is_nobody_outside(cloud: Cloud, daytona: Daytona) -> None:
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(os_user="root"))
    assert output(sandbox, "id -un; pwd; grep CapEff /proc/self/status") == f"root\n/root\nCapEff:\t{'0' * 16}\n"
    assert output(sandbox, "touch /usr/mine && echo written; true").find("written") < 0
    (pid,) = host_processes(cloud)
    with open(f"/proc/{pid}/status") as file:
        assert "Uid:\t0\t" not in file.read()


def test_the_hosts_files_and_environment_are_not_there(cloud: Cloud, sandbox: Sandbox) -> None:
    everything = output(sandbox, "ls -a / /root /home /var /run /etc 2>&1; cat /proc/*/environ | tr '\\0' '\\n'")
    assert "shadow" not in everything
    assert "/root: No such file" in everything or "cannot access '/root'" in everything
    assert str(cloud.folder) not in everything
    assert "VIRTUAL_ENV" not in everything
    assert cloud.api_key not in everything
    assert output(sandbox, f"ls {cloud.folder} 2>&1 >/dev/null").endswith("No such file or directory\n")
    assert output(sandbox, "touch /usr/bin/mine 2>&1").endswith("Read-only file system\n")


def test_a_link_inside_leads_nowhere_outside(cloud: Cloud, sandbox: Sandbox) -> None:
    sandbox.process.exec(f"ln -s {cloud.folder}/address.json link; ln -s /proc/1/root/etc/passwd passwd")
    with pytest.raises(Exception, match="No such file"):
        sandbox.fs.download_file("link")
    assert b"daytona" in (sandbox.fs.download_file("passwd") or b"")


def test_secrets_of_the_folder_are_their_owners_only(cloud: Cloud, sandbox: Sandbox) -> None:
    folder = cloud.folder
    for path in (folder / "address.json", folder / "server.lock", folder / "sandboxes" / sandbox.id / "meta.json"):
        assert path.stat().st_mode & 0o077 == 0
