"""What envd serves beside its services: files as they are, its health, a sandbox's variables."""

import errno
import mimetypes
import os.path
import re
import zlib
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import BodyPartReader, hdrs, web

from evolve_pulumi.local import files
from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.envd.access import Access
from evolve_pulumi.local.e2b.envd.filesystem import METADATA
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.records import Sandbox

METADATA_HEADER = "x-metadata-"
OCTETS = "application/octet-stream"
GZIP_LEVEL = 1
GZIP_WINDOW = 31
CHUNK = 1 << 16
FILENAME = re.compile(r'\bfilename="((?:[^"\\]|\\.)*)"')


class FileTransfer:
    """Files that come and go as they are."""

    def __init__(self, cloud: Cloud, access: Access) -> None:
        self._cloud = cloud
        self._access = access

    async def get_health(self, request: web.Request) -> web.Response:
        """Whether the sandbox runs."""
        await self._access.running(request)
        return web.Response(status=204)

    async def get_envs(self, request: web.Request) -> web.Response:
        """The variables that the sandbox was made with."""
        return web.json_response((await self._access.admit(request)).env)

    async def get_files(self, request: web.Request) -> web.StreamResponse:
        """Stream one file."""
        sandbox = await self._access.admit_to_file(request, "read")
        path = self._access.path(sandbox, request.query.get("path", ""))
        try:
            found = await files.open_to_read(self._cloud.guest(sandbox), path)
        except OSError as error:
            raise _refusal(error, path) from error
        response = web.StreamResponse(headers={hdrs.VARY: hdrs.ACCEPT_ENCODING})
        response.content_type = mimetypes.guess_type(path)[0] or OCTETS
        zipped = _wants_gzip(request)
        if zipped:
            response.headers[hdrs.CONTENT_ENCODING] = "gzip"
        else:
            response.content_length = found.size
        await response.prepare(request)
        async for data in _gzipped(found.chunks()) if zipped else found.chunks():
            await response.write(data)
        await response.write_eof()
        return response

    async def post_files(self, request: web.Request) -> web.Response:
        """Write files, one that is the body or all that are parts of it."""
        sandbox = await self._access.admit_to_file(request, "write")
        given = request.query.get("path")
        if request.content_type == OCTETS:
            if not given:
                raise E2BError(400, "path query parameter is required for raw body upload")
            content = request.content.iter_chunked(CHUNK)
            zipped = request.headers.get(hdrs.CONTENT_ENCODING) == "gzip"
            written = [await self._write(request, sandbox, given, _gunzipped(content) if zipped else content)]
        elif request.content_type.startswith("multipart/"):
            written = await self._write_parts(request, sandbox, given)
        else:
            raise E2BError(
                400,
                f"unsupported content type: {request.content_type},"
                " expected multipart/form-data or application/octet-stream",
            )
        return web.json_response(written)

    async def _write_parts(self, request: web.Request, sandbox: Sandbox, given: str | None) -> list[dict[str, Any]]:
        written: list[dict[str, Any]] = []
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name != "file":
                continue
            name = given or _filename(part)
            if self._access.path(sandbox, name) in [each["path"] for each in written]:
                raise E2BError(400, f"you cannot upload multiple files to the same path '{name}' in one upload request")
            written.append(await self._write(request, sandbox, name, _content(part)))
        return written

    async def _write(
        self, request: web.Request, sandbox: Sandbox, path: str, content: AsyncIterator[bytes]
    ) -> dict[str, Any]:
        path = self._access.path(sandbox, path)
        metadata = _metadata(request)
        attributes = {METADATA + name: text for name, text in metadata.items()}
        try:
            await files.write(self._cloud.guest(sandbox), path, content, attributes)
        except OSError as error:
            raise _refusal(error, path) from error
        told = {"metadata": metadata} if metadata else {}
        return {"name": os.path.basename(path), "type": "file", "path": path, **told}


def _filename(part: BodyPartReader) -> str:
    """The path that a part is named with, of which aiohttp would leave out what makes it absolute."""
    found = FILENAME.search(part.headers.get(hdrs.CONTENT_DISPOSITION, ""))
    return re.sub(r'\\(["\\])', r"\1", found[1]) if found else ""


def _metadata(request: web.Request) -> dict[str, str]:
    """What is to be noted about every file that comes with a request."""
    found: dict[str, str] = {}
    for name, text in request.headers.items():
        key = name.lower().removeprefix(METADATA_HEADER)
        if key and key != name.lower():
            found.setdefault(key, text)
    return found


def _refusal(error: OSError, path: str) -> E2BError:
    """Why a file could not be read or written."""
    match error.errno:
        case errno.ENOENT:
            return E2BError(404, f"path '{path}' does not exist")
        case errno.EISDIR:
            return E2BError(400, f"path '{path}' is a directory")
        case errno.ENOTDIR | errno.EEXIST | errno.ENAMETOOLONG | errno.EINVAL | errno.ELOOP:
            return E2BError(400, f"{error.strerror}: {path}")
        case errno.ENOSPC | errno.EDQUOT:
            return E2BError(507, "not enough disk space available")
        case _:
            return E2BError(500, f"{error.strerror}: {path}")


def _wants_gzip(request: web.Request) -> bool:
    """Whether a client insists on it; one that takes others too does not need it over loopback."""
    return request.headers.get(hdrs.ACCEPT_ENCODING, "").strip() == "gzip"


async def _gzipped(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(GZIP_LEVEL, wbits=GZIP_WINDOW)
    async for data in content:
        yield packer.compress(data)
    yield packer.flush()


async def _gunzipped(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    unpacker = zlib.decompressobj(wbits=GZIP_WINDOW)
    try:
        async for packed in content:
            while packed and (data := unpacker.decompress(packed, CHUNK)):
                yield data
                packed = unpacker.unconsumed_tail
        yield unpacker.flush()
        if not unpacker.eof:
            raise zlib.error("incomplete stream")
    except zlib.error as error:
        raise E2BError(400, f"error decompressing request body: {error}") from error


async def _content(part: BodyPartReader) -> AsyncIterator[bytes]:
    while data := await part.read_chunk(CHUNK):
        yield data
