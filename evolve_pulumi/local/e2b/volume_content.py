"""What is in E2B's volumes: one short method per operation of the table, under its name there.

Everything belongs to the one user of all sandboxes, whose number there, 1000, is the only one that can be asked for.
"""

import errno
import hmac
import stat
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from pydantic import Field, StrictInt

from evolve_pulumi.local import skeleton
from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b import volumes
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.e2b.spelling import Body
from evolve_pulumi.local.keys import Handler, Key
from evolve_pulumi.local.trees import Entry, Tree

CHUNK = 1 << 18
FOLDER_MODE, FILE_MODE = 0o777, 0o666
"""What is had where nothing is asked for, as at E2B."""
MOST_DEPTH = 10
MOST_MODE = 0o7777


class Ownership(Body):
    """Whose something is to be, and who may do what with it."""

    uid: StrictInt | None = None
    gid: StrictInt | None = None
    mode: StrictInt | None = Field(None, ge=0, le=MOST_MODE)

    def refuse_others(self, operation: str) -> None:
        """Raises E2BError for an owner whom sandboxes do not know."""
        if {self.uid, self.gid} - {None, skeleton.USER_ID}:
            only = f"owners other than {skeleton.USER_ID}"
            raise E2BError(501, f"The local cloud does not implement {only} in {operation}")


class VolumeContent:
    """Files and folders, as E2B's API of volumes sees them."""

    def __init__(self, cloud: Cloud, key: Key) -> None:
        self._cloud = cloud
        self._key = key

    async def get_volumecontent_volume_id_dir(self, request: web.Request) -> web.Response:
        """What is in a folder, so many levels down."""
        depth = max(_number(request, "depth") or 1, 1)
        if depth > MOST_DEPTH:
            raise E2BError(400, f"depth must be between 1 and {MOST_DEPTH}")
        found = await self._tree(request).entries(_path(request), depth)
        return web.json_response([_body(entry) for entry in found])

    async def post_volumecontent_volume_id_dir(self, request: web.Request) -> web.Response:
        """Make a folder; forced, with those above it."""
        mode = _asked(request, "post_volumecontent_volume_id_dir").mode
        entry = self._tree(request).make_folder(
            _path(request), FOLDER_MODE if mode is None else mode, parents=_forced(request)
        )
        return web.json_response(_body(entry), status=201)

    async def get_volumecontent_volume_id_file(self, request: web.Request) -> web.StreamResponse:
        """The content of a file."""
        file = self._tree(request).open_to_read(_path(request))
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(file.size)}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        async for data in file.chunks():
            await response.write(data)
        return response

    async def put_volumecontent_volume_id_file(self, request: web.Request) -> web.Response:
        """Write a file; forced, also over one that is there."""
        mode = _asked(request, "put_volumecontent_volume_id_file").mode
        content = request.content.iter_chunked(CHUNK)
        entry = await self._tree(request).write(
            _path(request), content, FILE_MODE if mode is None else mode, force=_forced(request)
        )
        return web.json_response(_body(entry), status=201)

    async def get_volumecontent_volume_id_path(self, request: web.Request) -> web.Response:
        """A file, a folder or a link."""
        return web.json_response(_body(self._tree(request).describe(_path(request))))

    async def patch_volumecontent_volume_id_path(self, request: web.Request) -> web.Response:
        """Set who may do what with a file or folder."""
        tree, path = self._tree(request), _path(request)
        asked = Ownership.model_validate(await request.json())
        asked.refuse_others("patch_volumecontent_volume_id_path")
        if asked.mode is not None:
            tree.set_mode(path, asked.mode)
        return web.json_response(_body(tree.describe(path)))

    async def delete_volumecontent_volume_id_path(self, request: web.Request) -> web.Response:
        """Remove a file or a link, or a folder with all that is in it."""
        await self._tree(request).remove(_path(request))
        return web.Response(status=204)

    def _tree(self, request: web.Request) -> Tree:
        """The content of the volume of a path, for who has its token."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        expected = volumes.token(self._key, request.match_info["volume_id"])
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise E2BError(401, "Invalid volume token")
        return self._cloud.volumes.tree(volumes.find(self._cloud, request))


@web.middleware
async def in_words_of_paths(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say what the system refused as E2B does."""
    try:
        return await handler(request)
    except OSError as error:
        status = {errno.ENOENT: 404, errno.EEXIST: 409, errno.ENOSPC: 507}.get(error.errno or 0, 400)
        raise E2BError(status, error.strerror or str(error)) from error


def _path(request: web.Request) -> str:
    path = request.query.get("path", "")
    if not path or "\0" in path:
        raise E2BError(400, "path is required")
    return path


def _forced(request: web.Request) -> bool:
    return request.query.get("force", "").lower() == "true"


def _asked(request: web.Request, operation: str) -> Ownership:
    """Owner and mode of a query."""
    asked = Ownership.model_validate({name: _number(request, name) for name in ("uid", "gid", "mode")})
    asked.refuse_others(operation)
    return asked


def _number(request: web.Request, name: str) -> int | None:
    text = request.query.get(name)
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise E2BError(400, f"{name} must be a number") from error


def _body(entry: Entry) -> dict[str, Any]:
    status = entry.status
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink"}
    body: dict[str, Any] = {
        "name": entry.path.rpartition("/")[2],
        "type": kinds.get(stat.S_IFMT(status.st_mode), "unknown"),
        "path": entry.path,
        "size": status.st_size,
        "mode": stat.S_IMODE(status.st_mode) & 0o777,
        "uid": skeleton.USER_ID if entry.ours else status.st_uid,
        "gid": skeleton.USER_ID if entry.ours else status.st_gid,
        **{f"{time}time": _time(getattr(status, f"st_{time}time")) for time in ("a", "m", "c")},
    }
    return body if entry.target is None else {**body, "target": entry.target}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
