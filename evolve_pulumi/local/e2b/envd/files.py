"""What envd serves beside its services: files as they are, its health, a sandbox's variables."""

import contextlib
import errno
import mimetypes
import os.path
import re
import uuid
import zlib
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import BodyPartReader, hdrs, web
from pydantic import BaseModel, Field, StrictStr

from evolve_pulumi.local import files
from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.bodies import metric
from evolve_pulumi.local.e2b.envd.access import Access
from evolve_pulumi.local.e2b.envd.filesystem import METADATA
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.guest import Guest
from evolve_pulumi.local.records import Sandbox
from evolve_pulumi.local.usage import measure

METADATA_HEADER = "x-metadata-"
OCTETS = "application/octet-stream"
GZIP_LEVEL = 1
GZIP_WINDOW = 31
CHUNK = 1 << 16
METRICS = {
    "ts": "timestampUnix",
    "cpu_count": "cpuCount",
    "cpu_used_pct": "cpuUsedPct",
    "mem_total": "memTotal",
    "mem_used": "memUsed",
    "mem_cache": "memCache",
    "disk_used": "diskUsed",
    "disk_total": "diskTotal",
}
"""The control plane's words for envd's."""
FILENAME = re.compile(r'\bfilename="((?:[^"\\]|\\.)*)"')


class Compose(BaseModel):
    """Files to be put together."""

    source_paths: list[StrictStr] = Field(min_length=1)
    destination: StrictStr = Field(min_length=1)


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

    async def get_metrics(self, request: web.Request) -> web.Response:
        """What the sandbox uses now, in the words that envd has for it."""
        sandbox = await self._access.admit(request)
        used = metric(sandbox, await measure(self._cloud, sandbox), self._cloud.clock())
        return web.json_response({name: used[key] for name, key in METRICS.items()})

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

    async def post_files_compose(self, request: web.Request) -> web.Response:
        """Put files together into one, in whose place a half-made one never is, and remove them."""
        sandbox = await self._access.admit(request)
        body = Compose.model_validate(await request.json())
        guest = self._cloud.guest(sandbox)
        sources = [self._access.path(sandbox, path) for path in body.source_paths]
        path = self._access.path(sandbox, body.destination)
        draft = f"{path}.{uuid.uuid4()}.tmp"
        if path in sources:
            raise E2BError(400, f"source path '{path}' cannot be the same as destination")
        try:
            await files.write(guest, draft, _one_after_the_other(guest, sources))
            await files.move(guest, draft, path)
            for source in sources:
                await files.remove(guest, source, recursive=False)
        except OSError as error:
            with contextlib.suppress(OSError):
                await files.remove(guest, draft, recursive=False)
            raise _refusal(error, path) from error
        return web.json_response({"name": os.path.basename(path), "type": "file", "path": path})

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


async def _one_after_the_other(guest: Guest, paths: list[str]) -> AsyncIterator[bytes]:
    for path in paths:
        found = await files.open_to_read(guest, path)
        async for data in found.chunks():
            yield data


async def _content(part: BodyPartReader) -> AsyncIterator[bytes]:
    while data := await part.read_chunk(CHUNK):
        yield data
