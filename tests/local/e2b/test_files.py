"""What is in files, on its way into a sandbox and out of it."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from e2b import (
    E2B,
    AuthenticationException,
    FileNotFoundException,
    FileType,
    InvalidArgumentException,
    Sandbox,
    SandboxException,
)

from tests.cloud import Cloud
from tests.local.e2b.client import Content, write, write_files

MEBIBYTE = 1 << 20
LARGE = 200
"""How many of them are large."""
BINARY = bytes(range(256)) * 5000


def test_contents_come_back_as_they_went(sandbox: Sandbox) -> None:
    for name, content in {"text": "ä text\r\n", "binary": BINARY, "empty": b""}.items():
        written = write(sandbox, name, content)
        assert (written.name, written.type, written.path) == (name, FileType.FILE, f"/home/user/{name}")
        plain = content.encode() if isinstance(content, str) else content
        assert sandbox.files.read(name, format="bytes") == plain
    assert sandbox.files.read("text") == "ä text\r\n"
    write(sandbox, "text", "shorter")
    assert sandbox.commands.run("cat text").stdout == "shorter"


@pytest.mark.parametrize("gzip", [False, True])
def test_every_way_to_send_a_file_arrives(sandbox: Sandbox, gzip: bool) -> None:
    write(sandbox, "bytes", BINARY, gzip=gzip)
    write(sandbox, "octets", BINARY, gzip=gzip, use_octet_stream=True)
    write(sandbox, "file", io.BytesIO(BINARY), gzip=gzip)
    write(sandbox, "chunks", (BINARY[at : at + 100_000] for at in range(0, len(BINARY), 100_000)), gzip=gzip)
    for name in ("bytes", "octets", "file", "chunks"):
        assert sandbox.files.read(name, format="bytes", gzip=gzip) == BINARY, name


def test_several_files_are_sent_at_once(cloud: Cloud, sandbox: Sandbox) -> None:
    contents: dict[str, Content] = {"a/b c.txt": "one", "ü.bin": BINARY, "/tmp/back\\slash;": "three"}
    cloud.forget_calls()
    written = write_files(sandbox, contents)
    assert [each.path for each in written] == ["/home/user/a/b c.txt", "/home/user/ü.bin", "/tmp/back\\slash;"]
    assert len(cloud.calls()) == 1
    assert sandbox.files.read("ü.bin", format="bytes") == BINARY
    assert (sandbox.files.read("a/b c.txt"), sandbox.files.read("/tmp/back\\slash;")) == ("one", "three")
    with pytest.raises(InvalidArgumentException, match="multiple files to the same path"):
        write_files(sandbox, {"same": "1", "./same": "2"})


def test_metadata_stays_with_a_file(sandbox: Sandbox) -> None:
    written = write(sandbox, "file", "x", metadata={"Author": "me", "purpose": "a test"})
    assert written.metadata == sandbox.files.get_info("file").metadata == {"author": "me", "purpose": "a test"}
    assert sandbox.files.rename("file", "other").metadata == {"author": "me", "purpose": "a test"}


def test_what_cannot_be_read_or_written_says_why(sandbox: Sandbox) -> None:
    with pytest.raises(FileNotFoundException, match="path '/home/user/none' does not exist"):
        sandbox.files.read("none")
    with pytest.raises(InvalidArgumentException, match="is a directory"):
        sandbox.files.read("/tmp")
    with pytest.raises(InvalidArgumentException, match="is a directory"):
        write(sandbox, "/tmp", "x")
    with pytest.raises(InvalidArgumentException, match="File exists"):
        write(sandbox, "/etc/passwd/below", "x")
    with pytest.raises(SandboxException, match="500: Read-only file system"):
        write(sandbox, "/usr/mine", "x")
    with pytest.raises(AuthenticationException, match="invalid username: 'nobody'"):
        sandbox.files.read("/etc/passwd", user="nobody")


def test_large_files_pass_through_without_being_held(cloud: Cloud, sandbox: Sandbox) -> None:
    server = cloud.status()["pid"]
    sent, received = hashlib.sha256(), hashlib.sha256()

    def content() -> Iterator[bytes]:
        for number in range(LARGE):
            piece = bytes([number]) * MEBIBYTE
            sent.update(piece)
            yield piece

    before = peak_memory(server)
    write(sandbox, "large", content())
    with sandbox.files.read("large", format="stream") as stream:
        for piece in stream:
            received.update(piece)
    write(sandbox, "again", io.BytesIO(bytes(LARGE * MEBIBYTE)), use_octet_stream=False)
    assert sent.digest() == received.digest()
    assert sandbox.files.get_info("again").size == LARGE * MEBIBYTE
    assert peak_memory(server) - before < 32 * MEBIBYTE


def peak_memory(pid: int) -> int:
    """The most memory that a process has had, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no memory is known of process {pid}")


def test_signed_urls_open_one_file_one_way(cloud: Cloud, sandbox: Sandbox) -> None:
    upload, download = sandbox.upload_url("a b/ü"), sandbox.download_url("a b/ü", user="user")
    assert httpx.post(upload, files={"file": ("ignored", BINARY)}).json()[0]["path"] == "/home/user/a b/ü"
    answer = httpx.get(download)
    assert (answer.content, answer.headers["Content-Length"]) == (BINARY, str(len(BINARY)))
    write(sandbox, "other", "x")
    for url in (upload, download.replace("user", "root"), sandbox.download_url("other").replace("other", "a b/ü")):
        refused = httpx.get(url)
        assert (refused.status_code, refused.json()["message"]) == (401, "invalid signature"), url
    assert httpx.post(download, files={"file": b""}).status_code == 401
    unsigned = httpx.get(f"{cloud.url}/files", params={"path": "other"})
    assert (unsigned.status_code, unsigned.json()["message"]) == (401, "missing signature query parameter")


def test_signed_urls_are_of_one_sandbox(e2b: E2B, sandbox: Sandbox) -> None:
    other = e2b.Sandbox.create()
    write(sandbox, "file", "mine")
    write(other, "file", "another's")
    assert httpx.get(sandbox.download_url("file")).text == "mine"
    assert httpx.get(other.download_url("file")).text == "another's"
    other.kill()
    assert httpx.get(other.download_url("file")).status_code in (401, 502)


def test_signed_urls_expire(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(timeout=3600)
    write(sandbox, "file", "x")
    url = sandbox.download_url("file", use_signature_expiration=600)
    assert httpx.get(url).text == "x"
    cloud.advance(minutes=11)
    refused = httpx.get(url)
    assert (refused.status_code, refused.json()["message"]) == (401, "signature is already expired")
    assert httpx.get(sandbox.download_url("file")).text == "x"


def test_the_variables_of_a_sandbox_are_told_inside_only(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(envs={"SECRET": "s"})
    headers = {"E2b-Sandbox-Id": sandbox.sandbox_id}
    url = f"{cloud.e2b_sandbox_url}/envs"
    assert httpx.get(url, headers=headers).status_code == 401
    assert httpx.get(url, headers=sandbox.connection_config.sandbox_headers).json() == {"SECRET": "s"}


def test_files_are_put_together(cloud: Cloud, sandbox: Sandbox) -> None:
    write_files(sandbox, {"one": "1" * 300_000, "two": "2", "whole": "before"})
    url, headers = f"{cloud.e2b_sandbox_url}/files/compose", sandbox.connection_config.sandbox_headers
    broken = httpx.post(url, headers=headers, json={"source_paths": ["one", "none"], "destination": "whole"})
    assert (broken.status_code, sandbox.files.read("whole")) == (404, "before")
    assert [each.name for each in sandbox.files.list(".")] == ["one", "two", "whole"]
    answer = httpx.post(url, headers=headers, json={"source_paths": ["one", "two"], "destination": "whole"})
    assert answer.json() == {"name": "whole", "type": "file", "path": "/home/user/whole"}
    assert sandbox.files.read("whole") == "1" * 300_000 + "2"
    assert [each.name for each in sandbox.files.list(".")] == ["whole"]


def test_what_is_used_is_told_inside_too(cloud: Cloud, sandbox: Sandbox) -> None:
    headers = sandbox.connection_config.sandbox_headers
    used = httpx.get(f"{cloud.e2b_sandbox_url}/metrics", headers=headers).json()
    assert (used["cpu_count"], used["mem_total"]) == (2, 1 << 30)
    assert 0 < used["mem_used"] < used["mem_total"]
