"""Files of a sandbox, as the Daytona SDK sees them."""

import pytest
from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaConflictError,
    DaytonaError,
    DaytonaFileAccessDeniedError,
    DaytonaFileNotFoundError,
    DaytonaInvalidFilePathError,
    FileDownloadRequest,
    FileUpload,
    Sandbox,
    VolumeMount,
)


def test_files_come_back_as_they_went(sandbox: Sandbox) -> None:
    binary = bytes(range(256)) * 5000
    contents = {"plain.txt": b"text", "a/b c/ü \"'%.bin": binary, "/tmp/empty": b"", "back\\slash": b"1"}
    sandbox.fs.upload_files([FileUpload(content, path) for path, content in contents.items()])
    answers = sandbox.fs.download_files([FileDownloadRequest(source=path) for path in contents])
    assert {each.source: each.result for each in answers} == contents
    assert b"".join(sandbox.fs.download_file_stream("a/b c/ü \"'%.bin")) == binary
    assert sandbox.process.exec("cat plain.txt").result == "text"


def test_a_file_belongs_to_the_sandboxs_user_and_is_replaced_whole(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"longer than the next", "f")
    sandbox.fs.upload_file(b"next", "f")
    info = sandbox.fs.get_file_info("f")
    assert (info.name, info.size, info.is_dir, info.path) == ("f", 4, False, "/home/daytona/f")
    assert (info.owner, info.group, info.permissions, info.mode) == ("daytona", "daytona", "0644", "-rw-r--r--")


def test_folders_are_made_listed_and_removed(sandbox: Sandbox) -> None:
    sandbox.fs.create_folder("top/inner", "700")
    sandbox.fs.upload_file(b"", "top/file")
    listed = sandbox.fs.list_files("top", depth=2)
    assert [(each.name, each.is_dir, each.permissions) for each in listed] == [
        ("file", False, "0644"),
        ("inner", True, "0700"),
    ]
    with pytest.raises(DaytonaInvalidFilePathError):
        sandbox.fs.delete_file("top")
    sandbox.fs.delete_file("top", recursive=True)
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.list_files("top")


def test_a_folder_of_many_files_is_listed_whole(sandbox: Sandbox) -> None:
    sandbox.process.exec("mkdir many; cd many; touch $(seq -f 'a-file-with-a-rather-long-name-%g' 3000)")
    assert len(sandbox.fs.list_files("many")) == 3000


def test_what_cannot_be_read_or_written_says_why(sandbox: Sandbox) -> None:
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.download_file("none")
    with pytest.raises(DaytonaInvalidFilePathError):
        sandbox.fs.download_file("/usr")
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.get_file_info("none")
    with pytest.raises(DaytonaFileAccessDeniedError):
        sandbox.fs.create_folder("/usr/mine", "755")
    with pytest.raises(DaytonaError, match="400: /usr/mine: Read-only file system"):
        sandbox.fs.upload_file(b"", "/usr/mine")
    sandbox.process.exec("mkfifo pipe; ln -s loop loop")
    with pytest.raises(DaytonaError):
        sandbox.fs.download_file("pipe")
    with pytest.raises(DaytonaError):
        sandbox.fs.download_file("loop")


def test_what_is_moved_keeps_its_content_and_takes_no_other_place(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"1", "from/a")
    sandbox.fs.move_files("from/a", "from/ü b")
    sandbox.fs.move_files("from", "to")
    assert sandbox.fs.download_file("to/ü b") == b"1"
    sandbox.fs.upload_file(b"2", "other")
    for destination in ("to/ü b", "to"):
        with pytest.raises(DaytonaConflictError, match="File exists"):
            sandbox.fs.move_files("other", destination)
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.move_files("none", "x")
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.move_files("other", "no/folder")


def test_files_move_into_volumes_and_out_of_them(daytona: Daytona) -> None:
    volume = daytona.volume.create("v")
    while daytona.volume.get("v").state != "ready":
        pass
    mounts = [VolumeMount(volume_id=volume.id, mount_path="/volume")]
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(volumes=mounts))
    sandbox.fs.upload_file(b"1", "folder/f")
    sandbox.fs.move_files("folder", "/volume/folder")
    sandbox.fs.move_files("/volume/folder/f", "/home/daytona/f")
    assert sandbox.fs.download_file("f") == b"1"
    assert sandbox.fs.list_files("/volume/folder") == []


def test_permissions_are_set_one_by_one(sandbox: Sandbox) -> None:
    def permissions() -> tuple[str, str, str]:
        info = sandbox.fs.get_file_info("f")
        return info.permissions, info.owner, info.group

    sandbox.fs.upload_file(b"", "f")
    sandbox.fs.set_file_permissions("f", mode="750")
    assert permissions() == ("0750", "daytona", "daytona")
    sandbox.fs.set_file_permissions("f", owner="daytona", group="1000")
    assert permissions() == ("0750", "daytona", "daytona")
    with pytest.raises(DaytonaFileAccessDeniedError):
        sandbox.fs.set_file_permissions("f", owner="nobody")
    with pytest.raises(DaytonaInvalidFilePathError, match="There is no user or group none"):
        sandbox.fs.set_file_permissions("f", group="none")
    with pytest.raises(DaytonaFileNotFoundError):
        sandbox.fs.set_file_permissions("none", mode="750")
    with pytest.raises(DaytonaError, match="mode must be octal"):
        sandbox.fs.set_file_permissions("f", mode="u+x")


def test_the_sandbox_says_where_its_user_is_at_home(sandbox: Sandbox) -> None:
    assert sandbox.get_user_home_dir() == sandbox.get_work_dir() == "/home/daytona"
