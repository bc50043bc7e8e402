"""Many files at once, and large ones, in a server that stays as small as it is."""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from daytona import DaytonaError, FileDownloadRequest, FileUpload, Sandbox

from tests.cloud import Cloud

MEGABYTE = 1 << 20
LARGE = 200 * MEGABYTE
GROWTH = 40 * MEGABYTE
"""What the server may grow by, whatever passes through it."""


def pieces(size: int) -> Iterator[bytes]:
    """Content that never repeats, so that a lost or doubled piece shows."""
    for number in range(size // MEGABYTE):
        yield hashlib.sha256(b"%d" % number).digest() * (MEGABYTE // 32)


def digest(content: Iterator[bytes]) -> str:
    found = hashlib.sha256()
    for piece in content:
        found.update(piece)
    return found.hexdigest()


class Memory:
    """The most memory that the server's process has had at a time, from when this was made."""

    def __init__(self, cloud: Cloud) -> None:
        self._process = Path("/proc", str(cloud.status()["pid"]))
        (self._process / "clear_refs").write_text("5")
        self._before = self._peak()

    def grown(self) -> int:
        """By how many bytes more than at the beginning."""
        return self._peak() - self._before

    def _peak(self) -> int:
        lines = (self._process / "status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Path]:
    """A large file of this machine."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.writelines(pieces(LARGE))
    yield path
    path.unlink()


def test_a_large_file_passes_in_constant_memory(cloud: Cloud, sandbox: Sandbox, local: Path) -> None:
    expected = digest(pieces(LARGE))
    memory = Memory(cloud)
    sandbox.fs.upload_file(str(local), "up/large")
    assert sandbox.process.exec("sha256sum < up/large").result.split()[0] == expected
    assert digest(sandbox.fs.download_file_stream("up/large")) == expected
    assert memory.grown() < GROWTH


def test_a_stream_of_unknown_length_passes_in_constant_memory(cloud: Cloud, sandbox: Sandbox, local: Path) -> None:
    memory = Memory(cloud)
    sent: list[int] = []
    with local.open("rb") as source:
        sandbox.fs.upload_file_stream(source, "large", on_progress=lambda now: sent.append(now.bytes_sent))
    assert sandbox.process.exec("sha256sum < large").result.split()[0] == digest(pieces(LARGE))
    assert sent[-1] == LARGE
    assert memory.grown() < GROWTH


def test_ten_thousand_files_go_up_at_once(sandbox: Sandbox) -> None:
    files = [FileUpload(b"%d" % number, f"many/{number % 100}/ü{number}") for number in range(10_000)]
    sandbox.fs.upload_files(files)
    assert sandbox.process.exec("find many -type f | wc -l").result.strip() == "10000"
    assert sandbox.process.exec("cat many/7/ü1107").result == "1107"


def test_a_thousand_files_come_down_at_once(sandbox: Sandbox) -> None:
    sandbox.process.exec("mkdir many; cd many; for i in $(seq 1000); do echo $i > ü$i; done")
    requests = [FileDownloadRequest(source=f"many/ü{number}") for number in range(1, 1001)]
    answers = sandbox.fs.download_files(requests)
    assert [answer.result for answer in answers] == [b"%d\n" % number for number in range(1, 1001)]


def test_one_file_that_fails_keeps_no_other_back(sandbox: Sandbox) -> None:
    files = [FileUpload(b"1" * MEGABYTE, path) for path in ("a", "/usr/b", "/proc/c", "d")]
    with pytest.raises(DaytonaError, match="400: /usr/b: Read-only file system, /proc/c: No such file or directory"):
        sandbox.fs.upload_files(files)
    assert [info.name for info in sandbox.fs.list_files("/home/daytona")] == ["a", "d"]
    answers = sandbox.fs.download_files([FileDownloadRequest(source=path) for path in ("a", "none", "d")])
    assert [bool(answer.error) for answer in answers] == [False, True, False]
    assert answers[2].result == b"1" * MEGABYTE


def test_a_file_comes_down_into_a_file(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fs.upload_file(bytes(range(256)), "f")
    sandbox.fs.download_file("f", str(tmp_path / "f"))
    assert (tmp_path / "f").read_bytes() == bytes(range(256))


def test_an_upload_that_breaks_off_leaves_the_server_as_it_was(sandbox: Sandbox) -> None:
    class Broken(io.RawIOBase):
        def __init__(self) -> None:
            self.left = 3

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("the source is gone")
            return os.urandom(max(size, 1))

    with pytest.raises(DaytonaError, match="the source is gone"), Broken() as source:
        sandbox.fs.upload_file_stream(source, "broken")
    sandbox.fs.upload_file(b"1", "whole")
    assert sandbox.fs.download_file("whole") == b"1"
