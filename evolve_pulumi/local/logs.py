"""Reading the logs that a sandbox's agent writes: as far as they go, or as they grow."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable

from evolve_pulumi.local.agent.logs import CHUNK, EXIT, EXIT_CODE, RECORD
from evolve_pulumi.local.guest import GuestLostError

FOLLOW_SECONDS = 0.02
"""How often a followed log is looked at; the agent writes it, so there is nothing to wait on."""
PIECE = 1 << 20

Record = tuple[int, bytes]
"""A piece of output, or the exit code, with the stream it came from."""


def exit_code(record: Record) -> int | None:
    """The exit code where a record is that."""
    return EXIT_CODE.unpack(record[1])[0] if record[0] == EXIT else None


class LogReader:
    """Reads an open log, from its beginning or from `position`."""

    def __init__(self, fd: int, position: int = 0) -> None:
        self._fd = fd
        self._position = position
        self._rest = b""

    def removed(self) -> bool:
        """Whether the log has no name any more."""
        return not os.fstat(self._fd).st_nlink

    def read(self) -> list[Record]:
        """The next whole records, a piece at a time; none where there are no more yet."""
        data = os.pread(self._fd, PIECE, self._position)
        self._position += len(data)
        data = self._rest + data
        records: list[Record] = []
        start = 0
        while start + RECORD.size <= len(data):
            stream, length = RECORD.unpack_from(data, start)
            if length > CHUNK:
                raise GuestLostError("The sandbox's agent did not keep to the protocol")
            end = start + RECORD.size + length
            if end > len(data):
                break
            records.append((stream, data[start + RECORD.size : end]))
            start = end
        self._rest = data[start:]
        return records

    async def follow(
        self, over: Callable[[], bool], ended: "asyncio.Future[int] | None" = None
    ) -> AsyncIterator[list[Record]]:
        """The records as they come, until the exit code was among them or nobody writes it any more.

        Nothing new is an empty list, so that whoever follows can look up. The end of `ended` is news at once.
        """
        while True:
            last = over()
            records = self.read()
            yield records
            if (last and not records) or any(stream == EXIT for stream, _ in records):
                return
            if not records:
                pending = [ended] if ended and not ended.done() else []
                await (asyncio.wait(pending, timeout=FOLLOW_SECONDS) if pending else asyncio.sleep(FOLLOW_SECONDS))
