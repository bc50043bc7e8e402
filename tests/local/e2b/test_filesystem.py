"""Files and folders in a sandbox, as the E2B SDK sees them."""

from datetime import UTC, datetime, timedelta

import pytest
from e2b import (
    AuthenticationException,
    FileNotFoundException,
    FileType,
    InvalidArgumentException,
    Sandbox,
    SandboxException,
)

from tests.local.e2b.client import write


def test_a_file_is_described(sandbox: Sandbox) -> None:
    write(sandbox, "folder/file.txt", "four")
    info = sandbox.files.get_info("folder/file.txt")
    assert (info.name, info.type, info.path, info.size) == ("file.txt", FileType.FILE, "/home/user/folder/file.txt", 4)
    assert (info.mode, info.permissions, info.owner, info.group) == (0o644, "-rw-r--r--", "user", "user")
    assert abs(datetime.now(UTC) - info.modified_time) < timedelta(minutes=1)
    assert (info.symlink_target, info.metadata) == (None, None)
    folder = sandbox.files.get_info("~/folder")
    assert (folder.type, folder.permissions, folder.path) == (FileType.DIR, "drwxr-xr-x", "/home/user/folder")
    assert sandbox.files.get_info("/tmp").permissions == "dtrwxrwxrwx"


def test_a_link_is_told_from_what_it_leads_to(sandbox: Sandbox) -> None:
    sandbox.commands.run("echo text > file; chmod 600 file; mkdir d; ln -s ../file d/link; ln -s nowhere broken")
    link = sandbox.files.get_info("d/link")
    assert (link.type, link.symlink_target, link.path) == (FileType.SYMLINK, "/home/user/file", "/home/user/d/link")
    assert (link.mode, link.permissions, link.size) == (0o600, "Lrwxrwxrwx", len("../file"))
    assert sandbox.files.read("d/link") == "text\n"
    assert sandbox.files.get_info("broken").symlink_target == "/home/user/broken"
    sandbox.files.remove("d/link")
    assert sandbox.files.exists("file")


def test_a_folder_is_listed_as_deep_as_asked(sandbox: Sandbox) -> None:
    sandbox.commands.run("mkdir -p top/inner/deepest; touch top/b top/inner/a; mkfifo top/pipe; ln -s inner top/link")
    assert [each.path.removeprefix("/home/user/top/") for each in sandbox.files.list("top")] == ["b", "inner", "link"]
    deep = sandbox.files.list("top", depth=2)
    assert [each.path.removeprefix("/home/user/top/") for each in deep] == [
        *("b", "inner", "inner/a", "inner/deepest", "link")
    ]
    with pytest.raises(FileNotFoundException):
        sandbox.files.list("none")
    with pytest.raises(InvalidArgumentException):
        sandbox.files.list("top/b")


def test_a_folder_is_made_once_with_those_above_it(sandbox: Sandbox) -> None:
    assert sandbox.files.make_dir("a/b/c")
    assert not sandbox.files.make_dir("a/b")
    assert not sandbox.files.make_dir("a/b/c")
    write(sandbox, "file", "")
    with pytest.raises(InvalidArgumentException, match="not a directory"):
        sandbox.files.make_dir("file")
    assert [each.name for each in sandbox.files.list("a", depth=3)] == ["b", "c"]


def test_making_a_folder_that_is_there_leaves_its_mode(sandbox: Sandbox) -> None:
    sandbox.commands.run("mkdir -m 700 private")
    assert not sandbox.files.make_dir("private")
    assert sandbox.files.get_info("private").mode == 0o700


def test_files_and_folders_are_renamed(sandbox: Sandbox) -> None:
    write(sandbox, "old/file", "content")
    moved = sandbox.files.rename("old", "new/place")
    assert (moved.path, moved.type) == ("/home/user/new/place", FileType.DIR)
    write(sandbox, "other", "replaced")
    assert sandbox.files.rename("new/place/file", "other").size == 7
    assert (sandbox.files.exists("old"), sandbox.files.read("other")) == (False, "content")
    with pytest.raises(FileNotFoundException):
        sandbox.files.rename("old", "elsewhere")


def test_files_and_folders_are_removed(sandbox: Sandbox) -> None:
    write(sandbox, "top/inner/file", "")
    sandbox.files.remove("top")
    assert not sandbox.files.exists("top/inner/file")
    sandbox.files.remove("top")
    with pytest.raises(SandboxException, match="Read-only file system"):
        sandbox.files.remove("/usr/bin/env")


def test_names_are_what_they_are(sandbox: Sandbox) -> None:
    names = ["with space", "ü ß 中文 🎉", "quote'\"s", "back\\slash", "-rf", "percent%20", "new\nline", "?a=b&c#d"]
    for name in names:
        write(sandbox, f"names/{name}", name)
        assert sandbox.files.read(f"names/{name}") == name
    assert {each.name for each in sandbox.files.list("names")} == set(names)
    sandbox.commands.run("touch $'names/not \\xff utf-8'")
    assert "not � utf-8" in {each.name for each in sandbox.files.list("names")}


def test_what_cannot_be_a_name_is_refused_and_harms_nothing(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidArgumentException, match="null byte"):
        sandbox.files.get_info("zero\0byte")
    with pytest.raises(InvalidArgumentException, match="null byte"):
        sandbox.files.watch_dir("zero\0byte")
    with pytest.raises(InvalidArgumentException, match="null byte"):
        sandbox.files.read("zero\0byte")
    with pytest.raises(InvalidArgumentException, match="too long"):
        sandbox.files.get_info("x" * 300)
    with pytest.raises(SandboxException):
        sandbox.commands.run("zero\0byte")
    assert sandbox.commands.run("echo alive").stdout == "alive\n"


def test_only_users_of_the_sandbox_have_files(sandbox: Sandbox) -> None:
    assert sandbox.files.make_dir("of-root", user="root")
    assert sandbox.files.get_info("of-root", user="user").owner == "user"
    with pytest.raises(AuthenticationException, match="invalid username: 'nobody'"):
        sandbox.files.list(".", user="nobody")
