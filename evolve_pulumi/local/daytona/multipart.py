"""Bodies of several files, in the form that Daytona's SDK reads and writes."""

import secrets
from collections.abc import AsyncIterable, AsyncIterator
from urllib.parse import quote

from aiohttp import BodyPartReader, web

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


async def content(part: BodyPartReader) -> AsyncIterator[bytes]:
    """The content of an uploaded part, a piece at a time."""
    while data := await part.read_chunk(CHUNK):
        yield data
