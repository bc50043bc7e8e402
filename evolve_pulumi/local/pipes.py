"""Reading from pipes and writing to pipes and terminals, without holding up the server."""

import asyncio
import os
from io import FileIO


async def read_all(pipe: FileIO) -> bytes:
    """Everything that comes out of a pipe, which is closed afterwards."""
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), pipe
    )
    try:
        return await stream.read()
    finally:
        transport.close()


async def write_all(fd: int, data: bytes) -> None:
    """Write everything, for as long as whoever reads takes to take it, and close the descriptor.

    Raises BrokenPipeError where nobody reads any more.
    """
    os.set_blocking(fd, False)
    with FileIO(fd, "wb") as sink:
        while data:
            written = sink.write(data)
            if written is None:
                await _writable(fd)
            else:
                data = data[written:]


async def _writable(fd: int) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_writer(fd, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_writer(fd)
