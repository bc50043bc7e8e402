"""The program that an image starts with, run in each sandbox that is made from it, at each start."""

import asyncio
import logging
import os
import shlex
import uuid
from pathlib import Path

from evolve_pulumi.local.guest import Guest
from evolve_pulumi.local.records import Snapshot

ENTRYPOINT = "entrypoint"
"""The session in which it runs."""
MOST_SECONDS = 10
"""How long a start waits for it, where the image says when it is ready."""
ASK_SECONDS = 0.1

log = logging.getLogger(__name__)


async def run(guest: Guest, snapshot: Snapshot, env: dict[str, str], cwd: str, logs: Path) -> None:
    """Start it and wait until it is ready; where it fails or takes too long, the sandbox goes on without."""
    if not snapshot.entrypoint:
        return
    await guest.call("open_session", session=ENTRYPOINT, env=env, cwd=cwd)
    ended = await guest.run(ENTRYPOINT, str(uuid.uuid4()), shlex.join(snapshot.entrypoint), logs)
    if not snapshot.ready:
        return
    try:
        async with asyncio.timeout(MOST_SECONDS):
            while not await _succeeds(guest, snapshot.ready, env, cwd):
                if ended.done() and ended.result():
                    log.warning("What template %s starts with failed: exit code %s", snapshot.name, ended.result())
                    return
                await asyncio.sleep(ASK_SECONDS)
    except TimeoutError:
        log.warning("What template %s starts with is not ready after %s seconds", snapshot.name, MOST_SECONDS)


async def _succeeds(guest: Guest, argv: list[str], env: dict[str, str], cwd: str) -> bool:
    with open(os.devnull, "r+b") as nothing:
        _, ended = await guest.spawn(argv, env, cwd, [nothing.fileno()] * 3)
        return await ended == 0
