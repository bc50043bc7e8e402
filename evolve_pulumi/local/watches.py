"""Watching folders inside running sandboxes."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.errors import NotFoundError
from evolve_pulumi.local.guest import Guest
from evolve_pulumi.local.records import Sandbox

FOLLOW_SECONDS = 0.05
"""How often a watch that somebody follows is asked."""


@dataclass(frozen=True)
class Event:
    """What happened, create, write, remove, rename or chmod, to a path below the folder.

    The details are those of a file or folder where they were asked for and it is still there.
    """

    kind: str
    path: str
    details: dict[str, Any] | None


class Watches:
    """Watched folders of a cloud's sandboxes. Every call raises NotRunningError where a sandbox is stopped."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def open(self, sandbox: Sandbox, path: str, *, recursive: bool, detailed: bool) -> str:
        """Watch a folder until it is closed, across restarts of the server; returns the watch's key."""
        return await _open(self._cloud.guest(sandbox), path, recursive=recursive, detailed=detailed, kept=True)

    async def events(self, sandbox: Sandbox, key: str) -> list[Event]:
        """What has happened since the last time; raises NotFoundError."""
        try:
            return await _events(self._cloud.guest(sandbox), key)
        except FileNotFoundError:
            raise NotFoundError(f"watcher with id {key} not found") from None

    async def close(self, sandbox: Sandbox, key: str) -> None:
        """Watch a folder no longer; raises NotFoundError."""
        try:
            await self._cloud.guest(sandbox).call("unwatch", key=key)
        except FileNotFoundError:
            raise NotFoundError(f"watcher with id {key} not found") from None

    async def follow(
        self, sandbox: Sandbox, path: str, *, recursive: bool, detailed: bool
    ) -> AsyncGenerator[list[Event]]:
        """What happens in a folder, as it does; an empty list where nothing has for a moment, and to begin with."""
        guest = self._cloud.guest(sandbox)
        key = await _open(guest, path, recursive=recursive, detailed=detailed, kept=False)
        try:
            yield []
            while True:
                events = await _events(guest, key)
                yield events
                if not events:
                    await asyncio.sleep(FOLLOW_SECONDS)
        finally:
            if not guest.lost:
                await guest.call("unwatch", key=key)


async def _open(guest: Guest, path: str, *, recursive: bool, detailed: bool, kept: bool) -> str:
    key = f"w{uuid.uuid4().hex}"
    await guest.call("watch", key=key, path=path, recursive=recursive, detailed=detailed, kept=kept)
    return key


async def _events(guest: Guest, key: str) -> list[Event]:
    return [Event(**event) for event in (await guest.call("watched", key=key))["events"]]
