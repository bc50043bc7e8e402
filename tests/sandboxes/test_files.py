"""Files: read, written, listed, moved, searched and watched."""

import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from evolve_pulumi import (
    FileEvent,
    NotFoundError,
    SandboxInstance,
    SandboxProvider,
    UnsupportedError,
)
from tests.cloud import Cloud
from tests.sandboxes.conftest import Calls
from tests.waiting import until

BYTES = bytes(range(256)) * 5000
NAME = "/tmp/a b/ü %&'\"+🚀.bin"


def test_any_bytes_under_any_name(sandbox: SandboxInstance) -> None:
    for content in (BYTES, b"", b"\r\n", "text ü\n".encode()):
        sandbox.files.write(NAME, content)
        assert sandbox.files.read(NAME) == content
    sandbox.files.write(NAME, "text ü\r\n")
    assert sandbox.files.read(NAME) == "text ü\r\n".encode()
    assert [each.path for each in sandbox.files.list("/tmp/a b")] == [NAME]


def test_a_path_may_begin_at_home(sandbox: SandboxInstance) -> None:
    sandbox.files.write("here/file", "1")
    assert sandbox.commands.run("cat here/file").stdout == "1"
    assert sandbox.files.info("here/file").path == f"{sandbox.commands.run('pwd').stdout.strip()}/here/file"


def test_ten_thousand_files_are_one_call(sandbox: SandboxInstance, calls: Calls, at_daytona: bool) -> None:
    sandbox.files.exists("/tmp")
    calls()
    files: dict[str, bytes | str] = {f"/tmp/many/{i % 100}/ü {i}": b"%d\0" % i for i in range(10_000)}
    sandbox.files.write_batch(files)
    assert calls() == ["POST /files/bulk-upload" if at_daytona else "POST /files"]
    counted = sandbox.commands.run("cd /tmp/many; find . -type f | wc -l; find . -type f -exec cat {} + | wc -c")
    assert counted.stdout.split() == ["10000", str(sum(map(len, files.values())))]
    assert sandbox.files.read("/tmp/many/42/ü 4242") == b"4242\0"
    sandbox.files.write_batch({})
    assert "POST /files" not in calls()


def test_what_is_known_of_one(sandbox: SandboxInstance) -> None:
    sandbox.files.write("/tmp/f", "12345")
    sandbox.commands.run("chmod 750 /tmp/f; mkdir -m 711 /tmp/d")
    file, folder = sandbox.files.info("/tmp/f"), sandbox.files.info("/tmp/d")
    assert (file.name, file.path, file.is_dir, file.size, file.mode) == ("f", "/tmp/f", False, 5, 0o750)
    assert (folder.name, folder.path, folder.is_dir, folder.mode) == ("d", "/tmp/d", True, 0o711)
    assert file.owner == sandbox.commands.run("id -un").stdout.strip()
    assert abs(datetime.now(UTC) - file.modified_at) < timedelta(minutes=5)


def test_a_folder_is_listed_as_deep_as_asked(sandbox: SandboxInstance) -> None:
    sandbox.files.write_batch({"/tmp/l/a": "", "/tmp/l/b/c": "", "/tmp/l/b/d/e": ""})
    found = {depth: sorted(each.path for each in sandbox.files.list("/tmp/l", depth)) for depth in (1, 2, 3)}
    assert found[1] == ["/tmp/l/a", "/tmp/l/b"]
    assert found[2] == ["/tmp/l/a", "/tmp/l/b", "/tmp/l/b/c", "/tmp/l/b/d"]
    assert found[3] == [*found[2], "/tmp/l/b/d/e"]
    assert {each.name: each.is_dir for each in sandbox.files.list("/tmp/l")} == {"a": False, "b": True}


def test_a_folder_is_made_once(sandbox: SandboxInstance) -> None:
    assert sandbox.files.make_dir("/tmp/m/n/o")
    assert not sandbox.files.make_dir("/tmp/m/n/o")
    assert sandbox.files.info("/tmp/m/n/o").is_dir


def test_whether_there_is_one_takes_one_call(sandbox: SandboxInstance, calls: Calls) -> None:
    assert sandbox.files.exists("/tmp")
    calls()
    assert (sandbox.files.exists("/etc/passwd"), len(calls())) == (True, 1)
    assert (sandbox.files.exists("/none/at/all"), len(calls())) == (False, 1)


def test_one_is_moved_and_removed(sandbox: SandboxInstance) -> None:
    sandbox.files.write_batch({"/tmp/x/a": "1", "/tmp/x/b/c": "2"})
    sandbox.files.rename("/tmp/x/a", "/tmp/ä")
    sandbox.files.rename("/tmp/x", "/tmp/y")
    assert (sandbox.files.read("/tmp/ä"), sandbox.files.read("/tmp/y/b/c")) == (b"1", b"2")
    sandbox.files.remove("/tmp/ä")
    sandbox.files.remove("/tmp/y")
    assert sandbox.files.list("/tmp") == []
    sandbox.files.remove("/tmp/y")


def test_what_is_not_there_is_an_error(sandbox: SandboxInstance) -> None:
    for call in (
        lambda: sandbox.files.read("/none"),
        lambda: list(sandbox.files.read_stream("/none")),
        lambda: sandbox.files.info("/none"),
        lambda: sandbox.files.list("/none"),
        lambda: sandbox.files.rename("/none", "/tmp/n"),
    ):
        with pytest.raises(NotFoundError):
            call()


def test_permissions_are_set_where_the_vendor_can(sandbox: SandboxInstance, at_daytona: bool) -> None:
    sandbox.files.write("/tmp/f", "#!/bin/sh\necho ran")
    if at_daytona:
        sandbox.files.set_permissions("/tmp/f", 0o755)
        assert (sandbox.files.info("/tmp/f").mode, sandbox.commands.run("/tmp/f").stdout) == (0o755, "ran\n")
    else:
        with pytest.raises(UnsupportedError, match=r'commands\.run\("chmod 755 PATH"\)'):
            sandbox.files.set_permissions("/tmp/f", 0o755)


def test_texts_and_names_are_found_and_replaced_where_the_vendor_can(
    sandbox: SandboxInstance, at_daytona: bool
) -> None:
    sandbox.files.write_batch({"/tmp/s/a.txt": "one\na.b [x]\n", "/tmp/s/d/b.txt": "aXb\na.b", "/tmp/s/c.py": "none"})
    calls = {
        "grep": lambda: sandbox.files.find("/tmp/s", "a.b"),
        "find": lambda: sandbox.files.search("/tmp/s", "*.txt"),
        "sed": lambda: sandbox.files.replace(["/tmp/s/a.txt", "/tmp/s/d/b.txt"], "a.b", "a/&\\1ü"),
    }
    if not at_daytona:
        for tool, call in calls.items():
            with pytest.raises(UnsupportedError, match=rf"commands\.run\(\"{tool}"):
                call()
        return
    found = [(each.path, each.line, each.text) for each in sandbox.files.find("/tmp/s", "a.b")]
    assert sorted(found) == [("/tmp/s/a.txt", 2, "a.b [x]"), ("/tmp/s/d/b.txt", 2, "a.b")]
    assert sorted(sandbox.files.search("/tmp/s", "*.txt")) == ["/tmp/s/a.txt", "/tmp/s/d/b.txt"]
    calls["sed"]()
    assert sandbox.files.read("/tmp/s/a.txt").decode() == "one\na/&\\1ü [x]\n"
    with pytest.raises(Exception, match="/tmp/s/none"):
        sandbox.files.replace(["/tmp/s/none"], "a", "b")


def test_a_url_takes_and_gives_a_file_without_a_key_for_a_time(sandbox: SandboxInstance, cloud: Cloud) -> None:
    up, down = sandbox.files.upload_url(NAME, 90), sandbox.files.download_url(NAME, 90)
    assert httpx.post(up, files={"file": ("any name", BYTES)}).status_code == 200
    assert (sandbox.files.read(NAME) == BYTES, httpx.get(down).content == BYTES) == (True, True)
    assert httpx.get(down.replace(".bin", ".txt")).status_code in (400, 401, 403)
    cloud.advance(minutes=2)
    assert httpx.get(down).status_code in (400, 401, 403)
    assert httpx.post(up, files={"file": ("any name", b"")}).status_code in (400, 401, 403)


def test_a_folder_is_watched(sandbox: SandboxInstance, at_daytona: bool, calls: Calls) -> None:
    seen: list[FileEvent] = []
    sandbox.files.write("/tmp/w/old", "1")
    watch = sandbox.files.watch_dir("/tmp/w", seen.append)
    calls()
    sandbox.files.write("/tmp/w/new", "1")
    sandbox.files.write("/tmp/w/old", "longer")
    until(lambda: {("created", "/tmp/w/new"), ("written", "/tmp/w/old")} <= {(each.kind, each.path) for each in seen})
    sandbox.commands.run("chmod 600 /tmp/w/old")
    until(lambda: FileEvent("permissions", "/tmp/w/old") in seen)
    sandbox.files.remove("/tmp/w/new")
    until(lambda: FileEvent("removed", "/tmp/w/new") in seen)
    watch.stop()
    asked = "GET /files" if at_daytona else "POST /filesystem.Filesystem/GetWatcherEvents"
    assert asked in calls()
    told = len(seen)
    sandbox.files.write("/tmp/w/late", "1")
    assert (sandbox.files.exists("/tmp/w/late"), len(seen), asked in calls()) == (True, told, False)
    watch.stop()


def test_what_is_below_is_watched_where_asked(sandbox: SandboxInstance) -> None:
    flat: list[FileEvent] = []
    deep: list[FileEvent] = []
    sandbox.files.make_dir("/tmp/w/a/b")
    watches = [sandbox.files.watch_dir("/tmp/w", flat.append)]
    watches.append(sandbox.files.watch_dir("/tmp/w", deep.append, recursive=True))
    sandbox.files.write("/tmp/w/a/b/ü", "1")
    sandbox.files.write("/tmp/w/top", "1")
    until(lambda: {"/tmp/w/a/b/ü", "/tmp/w/top"} <= {each.path for each in deep if each.kind == "created"})
    until(lambda: FileEvent("created", "/tmp/w/top") in flat)
    assert not [each for each in flat if "ü" in each.path]
    for watch in watches:
        watch.stop()


def test_a_watch_says_what_has_ended_it(sandbox: SandboxInstance, provider: SandboxProvider) -> None:
    with pytest.raises(NotFoundError):
        sandbox.files.watch_dir("/none", print)
    watch = sandbox.files.watch_dir("/tmp", print)
    provider.connect(sandbox.sandbox_id).kill()
    until(lambda: "evolve-watching" not in [each.name for each in threading.enumerate()])
    with pytest.raises(NotFoundError):
        watch.stop()
