"""Where the archives go that builds copy from: addresses that open one upload and ask for no key."""

import hmac
import uuid

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.bodies import VENDOR
from evolve_pulumi.local.e2b.errors import E2BError
from evolve_pulumi.local.keys import Key

CHUNK = 1 << 18


class Uploads:
    """Archives by template and hash, below an address."""

    def __init__(self, cloud: Cloud, key: Key, url: str) -> None:
        self._cloud = cloud
        self._key = key
        self._url = url

    def address(self, template_id: str, name: str) -> str:
        """Where to put an archive."""
        return f"{self._url}/{template_id}/{name}?token={self._token(template_id, name)}"

    async def take(self, request: web.Request) -> web.Response:
        """Take an archive in; it counts when it is whole."""
        template_id, name = request.match_info["template_id"], request.match_info["hash"]
        if not hmac.compare_digest(request.query.get("token", "").encode(), self._token(template_id, name).encode()):
            raise E2BError(403, "The address of the upload is not valid")
        folder = self._cloud.templates.files(self._cloud.templates.find(VENDOR, template_id))
        draft = folder / f"{uuid.uuid4()}.new"
        try:
            with draft.open("xb") as file:
                async for data in request.content.iter_chunked(CHUNK):
                    file.write(data)
            draft.replace(folder / name)
        finally:
            draft.unlink(missing_ok=True)
        return web.Response()

    def _token(self, template_id: str, name: str) -> str:
        return self._key.derived(f"upload {template_id} {name}")
