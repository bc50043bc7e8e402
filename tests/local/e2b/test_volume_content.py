"""What is in volumes, through E2B's SDK."""

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from e2b import E2B, Sandbox, VolumeException, VolumePathNotFoundException

from tests.cloud import Cloud

MOUNT = "/data"


@pytest.fixture
def volume(cloud: Cloud, e2b: E2B, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty volume; most methods of the SDK's class have no types."""
    monkeypatch.setenv("E2B_VOLUME_API_URL", cloud.e2b_volume_url)
    return e2b.Volume.create("data")


@pytest.fixture
def sandbox(e2b: E2B, volume: Any) -> Sandbox:
    """A sandbox that mounts it."""
    return e2b.Sandbox.create(volume_mounts={MOUNT: volume})


def test_files_are_written_and_read(volume: Any) -> None:
    large = os.urandom(3 << 20)
    volume.write_file("/text", "Grüße")
    volume.write_file("bytes", large)
    volume.write_file("/stream", io.BytesIO(large))
    volume.write_file("/empty", "")
    assert volume.read_file("/text") == "Grüße"
    assert volume.read_file("/bytes", format="bytes") == large
    assert b"".join(volume.read_file("/stream", format="stream")) == large
    assert volume.read_file("/empty") == ""
    with pytest.raises(VolumePathNotFoundException):
        volume.read_file("/none")
    with pytest.raises(VolumePathNotFoundException):
        b"".join(volume.read_file("/none", format="stream"))


def test_what_is_there_is_written_over_when_forced(volume: Any) -> None:
    volume.write_file("/file", "a longer text")
    with pytest.raises(VolumeException, match="409"):
        volume.write_file("/file", "other")
    assert volume.read_file("/file") == "a longer text"
    volume.write_file("/file", "other", force=True)
    assert volume.read_file("/file") == "other"
    with pytest.raises(VolumePathNotFoundException):
        volume.write_file("/a/b/file", "deep")
    volume.write_file("/a/b/file", "deep", force=True)
    assert volume.read_file("/a/b/file") == "deep"
    with pytest.raises(VolumeException, match="400"):
        volume.write_file("/a", "a folder", force=True)


def test_folders_are_made(volume: Any) -> None:
    made = volume.make_dir("/one", mode=0o750)
    assert (made.name, made.path, made.type.value, made.mode) == ("one", "/one", "directory", 0o750)
    with pytest.raises(VolumeException, match="409"):
        volume.make_dir("/one")
    assert volume.make_dir("/one", mode=0o700, force=True).mode == 0o750
    with pytest.raises(VolumePathNotFoundException):
        volume.make_dir("/two/three")
    assert volume.make_dir("/two/three", force=True).path == "/two/three"


def test_what_is_there_is_described(volume: Any, sandbox: Sandbox) -> None:
    sandbox.commands.run(f"cd {MOUNT}; echo four > file; chmod 640 file; ln -s file link")
    file, link = volume.get_info("/file"), volume.get_info("/link")
    assert (file.name, file.path, file.type.value, file.size, file.mode) == ("file", "/file", "file", 5, 0o640)
    assert (file.uid, file.gid, file.target) == (1000, 1000, None)
    assert datetime.now(UTC) - file.mtime < timedelta(minutes=1)
    assert (link.type.value, link.target) == ("symlink", "file")
    assert volume.exists("/file")
    assert not volume.exists("/none")
    root = volume.get_info("/")
    assert (root.path, root.type.value) == ("/", "directory")


def test_folders_are_listed_so_many_levels_down(volume: Any) -> None:
    volume.write_file("/a/b/c/file", "x", force=True)
    volume.write_file("/z", "x")
    assert [each.path for each in volume.list("/")] == ["/a", "/z"]
    assert [each.path for each in volume.list("/", depth=3)] == ["/a", "/a/b", "/a/b/c", "/z"]
    assert [each.path for each in volume.list("a/b/c")] == ["/a/b/c/file"]
    with pytest.raises(VolumePathNotFoundException):
        volume.list("/none")
    with pytest.raises(VolumeException, match="depth must be between 1 and 10"):
        volume.list("/", depth=11)


def test_sandboxes_may_do_what_the_mode_says(volume: Any, sandbox: Sandbox) -> None:
    volume.write_file("/run", "#!/bin/sh\necho ran", mode=0o755, uid=1000, gid=1000)
    assert sandbox.commands.run(f"{MOUNT}/run; echo more >> {MOUNT}/run").stdout == "ran\n"
    changed = volume.update_metadata("/run", mode=0o444)
    assert changed.mode == 0o444
    assert sandbox.commands.run(f"stat -c '%a %U' {MOUNT}/run").stdout == "444 user\n"
    with pytest.raises(VolumePathNotFoundException):
        volume.update_metadata("/none", mode=0o444)


def test_another_owner_is_refused(volume: Any) -> None:
    refused = "501: The local cloud does not implement owners other than 1000"
    with pytest.raises(VolumeException, match=refused):
        volume.write_file("/file", "x", uid=0)
    with pytest.raises(VolumeException, match=refused):
        volume.make_dir("/folder", gid=1001)
    volume.write_file("/file", "x")
    with pytest.raises(VolumeException, match=refused):
        volume.update_metadata("/file", uid=1001)


def test_files_and_folders_are_removed(volume: Any, sandbox: Sandbox) -> None:
    volume.write_file("/a/b/file", "x", force=True)
    sandbox.commands.run(f"cd {MOUNT}; ln -s a link; touch file")
    for path in ("/link", "/file"):
        volume.remove(path)
    assert [each.path for each in volume.list("/")] == ["/a"]
    assert volume.exists("/a/b/file")
    volume.remove("/a")
    assert volume.list("/") == []
    with pytest.raises(VolumePathNotFoundException):
        volume.remove("/a")
    with pytest.raises(VolumeException, match="400: The root cannot be removed"):
        volume.remove("/")


def test_links_lead_through_the_volume(volume: Any, sandbox: Sandbox) -> None:
    sandbox.commands.run(f"cd {MOUNT}; mkdir -p v1/deep; echo one > v1/deep/file; ln -s v1 now; ln -s /now/deep abs")
    sandbox.commands.run(f"cd {MOUNT}; ln -s ../../../now/deep/file up; ln -s loop loop")
    assert [volume.read_file(path) for path in ("/now/deep/file", "/abs/file", "/up")] == ["one\n"] * 3
    assert [each.path for each in volume.list("/abs")] == ["/abs/file"]
    volume.write_file("/up", "two", force=True)
    assert volume.read_file("/v1/deep/file") == "two"
    with pytest.raises(VolumeException, match="400"):
        volume.read_file("/loop")


def test_no_link_leads_out_of_the_volume(volume: Any, sandbox: Sandbox, tmp_path: Path) -> None:
    """The server may be root, and reads, writes and removes in the place of sandboxes."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    tmp_path.chmod(0o777)
    links = f"ln -s {secret} file; ln -s {tmp_path} folder; ln -s {'../' * 20}{str(tmp_path)[1:]} up; mkfifo pipe"
    sandbox.commands.run(f"cd {MOUNT}; {links}")
    for path in ("/file", "/folder/secret", "/up/secret", f"/{'../' * 20}{secret}"):
        with pytest.raises(VolumePathNotFoundException):
            volume.read_file(path)
        with pytest.raises(VolumePathNotFoundException):
            volume.update_metadata(path, mode=0o777)
    for folder in ("/folder", "/up"):
        with pytest.raises(VolumePathNotFoundException):
            volume.list(folder)
        with pytest.raises(VolumePathNotFoundException):
            volume.make_dir(f"{folder}/new")
        with pytest.raises(VolumePathNotFoundException):
            volume.remove(f"{folder}/secret")
    with pytest.raises(VolumeException):
        volume.read_file("/pipe")
    volume.remove("/folder")
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert secret.read_text() == "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
