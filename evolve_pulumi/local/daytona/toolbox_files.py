"""Files in the toolbox: one short method per operation of the table, under its name there."""

import json
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from urllib.parse import quote

from aiohttp import web
from pydantic import Field, StrictStr

from evolve_pulumi.local import files, searching
from evolve_pulumi.local.daytona import multipart
from evolve_pulumi.local.daytona.bodies import Body, file_body, whole
from evolve_pulumi.local.daytona.errors import DaytonaError, translate
from evolve_pulumi.local.daytona.inside import Inside, required

BINARY = "application/octet-stream"


class PathsBody(Body):
    """Files that are asked for together."""

    paths: list[StrictStr]


class ReplaceBody(Body):
    """A text to be replaced in files."""

    files: list[StrictStr]
    pattern: StrictStr = Field(min_length=1)
    new_value: StrictStr


class ToolboxFiles(Inside):
    """The files of a sandbox, as Daytona's API sees them."""

    async def upload_files(self, request: web.Request) -> web.Response:
        """Write all files that can be; failures are told in the words this one operation has for them."""
        guest = self._guest(request)
        written: list[dict[str, str | int]] = []
        errors: list[str] = []
        async for path, content in multipart.uploads(request):
            try:
                written.append({"path": path, "bytes": await files.write(guest, path, content)})
            except OSError as error:
                errors.append(f"{path}: {error.strerror or error}")
        answer = {"files": written, "errors": errors or None}
        return web.json_response(answer, status=400 if errors else 200)

    async def upload_file(self, request: web.Request) -> web.Response:
        """Write one file, by the key or by a signed URL."""
        guest, path = self._guest(request), required(request, "path")
        size = await files.write(guest, path, await multipart.upload(request))
        return web.json_response({"path": path, "bytes": size})

    async def download_files(self, request: web.Request) -> web.StreamResponse:
        """Stream files, or why there is none, as parts of one body."""
        guest = self._guest(request)
        paths = PathsBody.model_validate(await request.json()).paths
        parts = multipart.Parts(web.StreamResponse())
        await parts.prepare(request)
        for path in paths:
            try:
                found = await files.open_to_read(guest, path)
            except OSError as error:
                body = _described(error, request)
                await parts.write("error", path, "application/json", _once(body))
            else:
                await parts.write("file", path, BINARY, found.chunks(), found.size)
        return await parts.end()

    async def download_file(self, request: web.Request) -> web.StreamResponse:
        """Stream one file, by the key or by a signed URL."""
        path = required(request, "path")
        found = await files.open_to_read(self._guest(request), path)
        name = quote(PurePosixPath(path).name, safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Content-Type": BINARY}
        response = web.StreamResponse(headers=headers)
        response.content_length = found.size
        await response.prepare(request)
        async for data in found.chunks():
            await response.write(data)
        return response

    async def list_files(self, request: web.Request) -> web.Response:
        """What is in a folder."""
        path, depth = request.query.get("path") or ".", whole(request.query.get("depth", "1"), "depth", least=1)
        return web.json_response([file_body(e) for e in await files.entries(self._guest(request), path, depth)])

    async def get_file_info(self, request: web.Request) -> web.Response:
        """One file or folder."""
        return web.json_response(file_body(await files.describe(self._guest(request), required(request, "path"))))

    async def create_folder(self, request: web.Request) -> web.Response:
        """Make a folder; `mode` is octal."""
        mode = _octal(request.query.get("mode") or "755")
        await files.make_folder(self._guest(request), required(request, "path"), mode)
        return web.Response(status=201)

    async def delete_file(self, request: web.Request) -> web.Response:
        """Remove a file or folder."""
        recursive = request.query.get("recursive") == "true"
        await files.remove(self._guest(request), required(request, "path"), recursive=recursive)
        return web.Response(status=204)

    async def move_file(self, request: web.Request) -> web.Response:
        """Give a file or folder a path that nothing has yet."""
        source, destination = required(request, "source"), required(request, "destination")
        await files.move(self._guest(request), source, destination, replace=False)
        return web.Response()

    async def set_file_permissions(self, request: web.Request) -> web.Response:
        """Set mode, owner and group, where given."""
        given = request.query
        mode = _octal(given["mode"]) if given.get("mode") else None
        path, owner, group = required(request, "path"), given.get("owner") or None, given.get("group") or None
        await files.set_permissions(self._guest(request), path, mode, owner, group)
        return web.Response()

    async def find_in_files(self, request: web.Request) -> web.Response:
        """The lines that contain a text, taken as it is."""
        path, text = required(request, "path"), required(request, "pattern")
        found = await searching.find_text(self._guest(request), path, text)
        return web.json_response([{"file": each.path, "line": each.line, "content": each.text} for each in found])

    async def search_files(self, request: web.Request) -> web.Response:
        """The files and folders whose name matches a pattern."""
        path, pattern = required(request, "path"), required(request, "pattern")
        return web.json_response({"files": await searching.find_names(self._guest(request), path, pattern)})

    async def replace_in_files(self, request: web.Request) -> web.Response:
        """Replace a text, taken as it is, in each of the files."""
        body = ReplaceBody.model_validate(await request.json())
        problems = await searching.replace_text(self._guest(request), body.files, body.pattern, body.new_value)
        results = [
            {"file": path, "success": problem is None, "error": problem}
            for path, problem in zip(body.files, problems, strict=True)
        ]
        return web.json_response(results)


def _octal(text: str) -> int:
    try:
        return int(text, 8)
    except ValueError:
        raise DaytonaError(400, "mode must be octal") from None


def _described(error: OSError, request: web.Request) -> bytes:
    known = translate(error)
    return json.dumps(known.body(request) if known else {"message": str(error)}).encode()


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
