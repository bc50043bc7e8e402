"""Bodies of several files, in the form that Daytona's SDK reads and writes."""

import secrets
from collections.abc import AsyncIterable, AsyncIterator
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from evolve_pulumi.local.daytona.errors import DaytonaError

CHUNK = 1 << 16


class Parts:
    """A response that is written part by part."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response
        self._boundary = secrets.token_hex(16)
        response.headers["Content-Type"] = f"multipart/form-data; boundary={self._boundary}"

    async def prepare(self, request: web.Request) -> None:
        """Send the headers."""
        await self._response.prepare(request)

    async def write(
        self, name: str, filename: str, content_type: str, content: AsyncIterable[bytes], size: int | None = None
    ) -> None:
        """Send one part; the file name is encoded where a header could not carry it as it is."""
        length = "" if size is None else f"Content-Length: {size}\r\n"
        head = (
            f"--{self._boundary}\r\n"
            f'Content-Disposition: form-data; name="{name}"; filename="{quote(filename, safe="/")}";'
            f" filename*=UTF-8''{quote(filename, safe='')}\r\n"
            f"Content-Type: {content_type}\r\n{length}\r\n"
        )
        await self._response.write(head.encode())
        async for data in content:
            await self._response.write(data)
        await self._response.write(b"\r\n")

    async def end(self) -> web.StreamResponse:
        """Send what closes the body."""
        await self._response.write(f"--{self._boundary}--\r\n".encode())
        await self._response.write_eof()
        return self._response


async def upload(request: web.Request) -> AsyncIterator[bytes]:
    """The content of the one file that is uploaded, whatever its part is named."""
    _refuse_other(request)
    part = await (await request.multipart()).next()
    if isinstance(part, BodyPartReader):
        return _content(part)
    raise DaytonaError(400, "There is no file in the body")


async def uploads(request: web.Request) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
    """The path and the content of every uploaded file; the paths come before the contents."""
    _refuse_other(request)
    paths: dict[str, str] = {}
    async for part in await request.multipart():
        # It is read from the part's header each time.
        if isinstance(part, BodyPartReader) and (name := part.name):
            entry, _, kind = name.rpartition(".")
            if kind == "path":
                paths[entry] = await part.text()
            elif entry in paths:
                yield paths[entry], _content(part)
            else:
                raise DaytonaError(400, f"There is no path for {name}")


def _refuse_other(request: web.Request) -> None:
    if not request.content_type.startswith("multipart/"):
        raise DaytonaError(400, "The body is not multipart")


async def _content(part: BodyPartReader) -> AsyncIterator[bytes]:
    while data := await part.read_chunk(CHUNK):
        yield data
