"""URLs of single files, signed by the SDK: for any HTTP client, without the key, for a time."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from daytona import Daytona, Sandbox

from tests.cloud import Cloud

NAME = "a b/ü %&'\"+.bin"
CONTENT = bytes(range(256)) * 5000


def changed(url: str, **fields: str) -> str:
    """A URL with other fields in its query."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode({**dict(parse_qsl(parts.query)), **fields})).geturl()


def upload(url: str, content: bytes = CONTENT) -> int:
    return httpx.post(url, files={"file": ("any name", content)}).status_code


def test_a_file_goes_up_and_comes_down_by_its_urls(sandbox: Sandbox) -> None:
    assert upload(sandbox.upload_url(NAME)) == 200
    assert sandbox.fs.download_file(NAME) == CONTENT
    answer = httpx.get(sandbox.download_url(NAME))
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%BC%20%25%26%27%22%2B.bin"


def test_a_url_opens_nothing_else(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"1", "f")
    sandbox.fs.upload_file(b"2", "other")
    down, up = sandbox.download_url("f"), sandbox.upload_url("f")
    for url in (changed(down, path="other"), changed(down, expires="9999999999"), changed(down, signature="v1_x")):
        assert httpx.get(url).status_code == 401
    assert httpx.get(down.replace("/files/download", "/files/info")).status_code == 401
    assert upload(changed(up, path="other")) == upload(down.replace("/files/download", "/files/upload-v2")) == 401
    assert sandbox.fs.download_file("other") == b"2"


def test_a_url_of_one_sandbox_does_not_open_another(daytona: Daytona, sandbox: Sandbox) -> None:
    other = daytona.create()
    other.fs.upload_file(b"", "f")
    assert httpx.get(sandbox.download_url("f").replace(sandbox.id, other.id)).status_code == 401


def test_a_url_expires_by_the_clouds_clock(cloud: Cloud, sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"1", "f")
    short, long, endless = (sandbox.download_url("f", ttl) for ttl in (60, 3600, 0))
    assert [httpx.get(url).status_code for url in (short, long, endless)] == [200, 200, 200]
    cloud.advance(minutes=2)
    assert [httpx.get(url).status_code for url in (short, long, endless)] == [401, 200, 200]
    up = sandbox.upload_url("f", 60)
    assert upload(up) == 401, "the client's clock is behind the cloud's"


def test_rotating_the_key_closes_all_urls(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"1", "f")
    down, up = sandbox.download_url("f", 0), sandbox.upload_url("f")
    sandbox.rotate_signing_key()
    assert (httpx.get(down).status_code, upload(up)) == (401, 401)
    assert httpx.get(sandbox.download_url("f")).content == b"1"


def test_a_url_outlives_a_restart_and_opens_only_a_running_sandbox(sandbox: Sandbox) -> None:
    sandbox.fs.upload_file(b"1", "f")
    url = sandbox.download_url("f")
    sandbox.stop()
    assert httpx.get(url).status_code == 400
    sandbox.start()
    assert httpx.get(url).content == b"1"


def test_what_is_not_there_is_said(sandbox: Sandbox) -> None:
    assert httpx.get(sandbox.download_url("none")).status_code == 404
    assert httpx.get(sandbox.download_url("/usr")).status_code == 400
    assert upload(sandbox.upload_url("/usr/mine")) == 403
    assert httpx.post(sandbox.upload_url("f"), content=b"1").status_code == 400
