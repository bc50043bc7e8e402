"""The local cloud itself: sandboxes and their lives. It knows no HTTP and no vendor."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from evolve_pulumi.local.errors import (
    BusyError,
    CloudError,
    LaunchFailedError,
    NameTakenError,
    NotFoundError,
    NotRunningError,
    StuckError,
    VolumeInUseError,
    VolumeNotReadyError,
    WrongStateError,
)
from evolve_pulumi.local.guest import Guest, GuestLostError
from evolve_pulumi.local.host import HostError
from evolve_pulumi.local.records import Place, Sandbox, Snapshot, State, Store
from evolve_pulumi.local.tiers import Tier
from evolve_pulumi.local.volumes import Volume, Volumes, VolumeState

CHANGING = {State.CREATING, State.STARTING, State.STOPPING, State.DESTROYING}
RECOVERED_AT_ONCE = 4
"""Sandboxes started at the same time when the server comes up; more only compete for the processor."""
SETTLING_SECONDS = 0.01

log = logging.getLogger(__name__)


def now() -> datetime:
    """The time, by the machine's clock."""
    return datetime.now(UTC)


class Cloud:
    """All sandboxes of one folder. Every change is on disk before it is reported."""

    def __init__(self, store: Store, tier: Tier, clock: Callable[[], datetime] = now) -> None:
        self.tier = tier
        self.clock = clock
        self.snapshots: list[Snapshot] = []
        self.volumes = Volumes(store.volumes)
        self._store = store
        self._sandboxes: dict[str, Sandbox] = {}
        self._guests: dict[str, Guest] = {}
        self._background: set[asyncio.Task[None]] = set()

    def sandboxes(self) -> list[Sandbox]:
        """Every sandbox, also those that are being destroyed, oldest first."""
        return list(self._sandboxes.values())

    def get(self, vendor: str, id_or_name: str) -> Sandbox:
        """A sandbox by its id, or by the name of one that is not being destroyed."""
        found = self._sandboxes.get(id_or_name) or self._named(vendor, id_or_name)
        if found is None or found.vendor != vendor:
            raise NotFoundError(f"Sandbox {id_or_name} not found")
        return found

    def find(self, sandbox_id: str) -> Sandbox | None:
        """A sandbox of any vendor by its id."""
        return self._sandboxes.get(sandbox_id)

    def snapshot(self, vendor: str, id_or_name: str) -> Snapshot:
        """A snapshot by its id or name."""
        for snapshot in self.snapshots:
            if snapshot.vendor == vendor and id_or_name in (snapshot.id, snapshot.name):
                return snapshot
        raise NotFoundError(f"Snapshot {id_or_name} not found")

    def place(self, sandbox: Sandbox) -> Place:
        """Where a sandbox's files are on the host."""
        return self._store.place(sandbox)

    def home(self, sandbox: Sandbox) -> str:
        """The home of a sandbox's user, as seen inside."""
        return self.tier.home(self.place(sandbox), sandbox.user)

    def environment(self, sandbox: Sandbox) -> dict[str, str]:
        """What every process in a sandbox starts with."""
        return {**self.tier.environment(self.place(sandbox), sandbox.user), **sandbox.env}

    def guest(self, sandbox: Sandbox) -> Guest:
        """The way into a running sandbox; using it is activity. Raises NotRunningError."""
        guest = self._guests.get(sandbox.id)
        if guest is None or sandbox.state != State.STARTED:
            raise NotRunningError(f"Sandbox {sandbox.id} is {sandbox.state}")
        self.touch(sandbox)
        return guest

    def touch(self, sandbox: Sandbox) -> None:
        """Note activity; it reaches the disk with the next change."""
        sandbox.last_activity_at = self.clock()

    def update(self, sandbox: Sandbox, **changes: Any) -> None:
        """Change fields of a record, on disk too."""
        for name, value in changes.items():
            setattr(sandbox, name, value)
        sandbox.updated_at = self.clock()
        self._store.save(sandbox)

    async def create(self, sandbox: Sandbox) -> None:
        """Add a sandbox and start it; raises NameTakenError or LaunchFailedError."""
        if self._named(sandbox.vendor, sandbox.name):
            raise NameTakenError(sandbox.name)
        self._mounted(sandbox)
        sandbox.created_at = sandbox.last_activity_at = self.clock()
        self._sandboxes[sandbox.id] = sandbox
        self.update(sandbox)
        await self._launch(sandbox)

    async def start(self, sandbox: Sandbox) -> None:
        """Start a stopped sandbox, with a new preview token; a started one stays as it is."""
        if sandbox.state == State.STARTED:
            return
        self._expect(sandbox, State.STOPPED)
        self.update(sandbox, state=State.STARTING, desired=State.STARTED, token=Sandbox.new_token())
        await self._launch(sandbox)

    async def stop(self, sandbox: Sandbox) -> None:
        """Kill all processes of a started sandbox; its files stay, unless it is to be deleted on stopping."""
        self._expect(sandbox, State.STARTED)
        self.update(sandbox, state=State.STOPPING, desired=State.STOPPED)
        await self._halt(sandbox)
        self.touch(sandbox)
        self.update(sandbox, state=State.STOPPED)
        if sandbox.auto_delete_minutes == 0:
            self.delete(sandbox)

    def delete(self, sandbox: Sandbox) -> None:
        """Begin to destroy a sandbox; its name is free at once."""
        self._expect(sandbox, State.STARTED, State.STOPPED, State.ERROR)
        self.update(sandbox, state=State.DESTROYING, desired=State.DESTROYED)
        self._in_background(self._destroy(sandbox))

    def delete_volume(self, volume: Volume) -> None:
        """Begin to remove a volume; raises VolumeInUseError or VolumeNotReadyError."""
        for sandbox in self.sandboxes():
            if any(mount.volume_id == volume.id for mount in sandbox.mounts) and sandbox.state != State.DESTROYING:
                raise VolumeInUseError(f"Volume is in use by one or more sandboxes (e.g. {sandbox.name})")
        if volume.state != VolumeState.READY:
            raise VolumeNotReadyError(f"Volume {volume.id} is {volume.state.value}")
        self.volumes.delete(volume)

    async def recover(self) -> None:
        """Take up what the folder holds: reconnect to what lives, start what should, finish what was begun."""
        for sandbox in self._store.load():
            self._sandboxes[sandbox.id] = sandbox
        turns = asyncio.Semaphore(RECOVERED_AT_ONCE)
        await asyncio.gather(*(self._recover(sandbox, turns) for sandbox in self.sandboxes()))

    async def shutdown(self) -> None:
        """Stop every sandbox's processes; those that were started will be again."""
        await self.settle()
        for sandbox in self.sandboxes():
            if sandbox.state == State.STARTED:
                with contextlib.suppress(StuckError):
                    await self._bury(sandbox)

    async def reset(self) -> None:
        """Destroy every sandbox, then every volume, and return when they are gone; raises StuckError for what stays."""
        tried: set[str] = set()
        while self._sandboxes:
            for sandbox in self.sandboxes():
                if sandbox.state in CHANGING:
                    continue
                if sandbox.id in tried:
                    raise StuckError(f"Sandbox {sandbox.id} cannot be removed: {sandbox.error_reason}")
                tried.add(sandbox.id)
                self.delete(sandbox)
            await self.settle()
            # Whoever creates or stops one meanwhile gets a turn.
            await asyncio.sleep(SETTLING_SECONDS)
        self.volumes.clear()

    async def settle(self) -> None:
        """Wait for what goes on in the background."""
        while self._background:
            await asyncio.wait(self._background)

    async def expire(self) -> None:
        """Stop and delete what has reached its time, by the cloud's clock."""
        for sandbox in self.sandboxes():
            with contextlib.suppress(CloudError):
                await self._expire(sandbox)

    def _named(self, vendor: str, name: str) -> Sandbox | None:
        for sandbox in self._sandboxes.values():
            if (sandbox.vendor, sandbox.name) == (vendor, name) and sandbox.state != State.DESTROYING:
                return sandbox
        return None

    def _expect(self, sandbox: Sandbox, *states: State) -> None:
        if sandbox.state in CHANGING:
            raise BusyError(f"Sandbox {sandbox.id} is {sandbox.state}")
        if sandbox.state not in states:
            raise WrongStateError(f"Sandbox {sandbox.id} is {sandbox.state}")

    def _mounted(self, sandbox: Sandbox) -> dict[str, Path]:
        """The folders behind a sandbox's mounts, by the path inside."""
        return {mount.path: self.volumes.source(mount) for mount in sandbox.mounts}

    async def _launch(self, sandbox: Sandbox) -> None:
        """Start a sandbox, to the end also where the caller gives up, so that no process is forgotten."""
        await asyncio.shield(self._in_background(self._launch_now(sandbox)))

    async def _launch_now(self, sandbox: Sandbox) -> None:
        place = self.place(sandbox)
        try:
            process = await asyncio.to_thread(self.tier.launch, place, sandbox.user, self._mounted(sandbox))
            self.update(sandbox, process=process)
            await self._connect(sandbox)
        except (HostError, GuestLostError, OSError, NotFoundError, VolumeNotReadyError) as error:
            console = place.console.read_text(errors="replace").strip() if place.console.exists() else ""
            await self._halt(sandbox)
            self.update(sandbox, state=State.ERROR, error_reason=console or str(error))
            log.warning("Sandbox %s failed to start: %s", sandbox.id, sandbox.error_reason)
            raise LaunchFailedError(f"Sandbox failed to start: {sandbox.error_reason}") from error
        self.touch(sandbox)
        self.update(sandbox, state=State.STARTED, error_reason=None)

    async def _connect(self, sandbox: Sandbox) -> None:
        socket = self.place(sandbox).socket
        self._guests[sandbox.id] = await Guest.connect(socket, lambda: self._lost(sandbox))

    def _lost(self, sandbox: Sandbox) -> None:
        """A sandbox's first process ended by itself: whatever is left of it goes too."""
        if sandbox.state == State.STARTED:
            log.warning("Sandbox %s ended unexpectedly", sandbox.id)
            self.update(sandbox, state=State.STOPPING, desired=State.STOPPED)
            self._in_background(self._bury(sandbox))

    async def _bury(self, sandbox: Sandbox) -> None:
        await self._halt(sandbox)
        self.update(sandbox, state=State.STOPPED)

    async def _halt(self, sandbox: Sandbox) -> None:
        """Kill a sandbox's processes and forget what they had told."""
        if guest := self._guests.pop(sandbox.id, None):
            guest.close()
        try:
            if sandbox.process:
                await asyncio.to_thread(self.tier.end, sandbox.process)
        except HostError as error:
            raise self._stuck(sandbox, error) from error
        self.update(sandbox, process=None)
        for path in self.place(sandbox).logs.iterdir():
            path.unlink()

    async def _destroy(self, sandbox: Sandbox) -> None:
        await self._halt(sandbox)
        try:
            await asyncio.to_thread(self._store.remove, sandbox)
        except OSError as error:
            raise self._stuck(sandbox, error) from error
        del self._sandboxes[sandbox.id]

    def _stuck(self, sandbox: Sandbox, cause: Exception) -> StuckError:
        log.error("Sandbox %s cannot be removed: %s", sandbox.id, cause)
        self.update(sandbox, state=State.ERROR, error_reason=str(cause))
        return StuckError(str(cause))

    async def _recover(self, sandbox: Sandbox, turns: asyncio.Semaphore) -> None:
        async with turns:
            with contextlib.suppress(CloudError):
                await self._take_up(sandbox)

    async def _take_up(self, sandbox: Sandbox) -> None:
        if sandbox.desired == State.DESTROYED:
            await self._destroy(sandbox)
        elif sandbox.desired == State.STOPPED:
            await self._bury(sandbox)
        elif sandbox.state != State.ERROR:
            await self._resume(sandbox)

    async def _resume(self, sandbox: Sandbox) -> None:
        """Reconnect to a sandbox that survived the server, or start it again."""
        try:
            await self._connect(sandbox)
            self.update(sandbox, state=State.STARTED)
        except GuestLostError:
            await self._bury(sandbox)
            await self.start(sandbox)

    async def _expire(self, sandbox: Sandbox) -> None:
        if sandbox.state in CHANGING:
            return
        idle = self.clock() - sandbox.last_activity_at
        stops, deletes = sandbox.auto_stop_minutes, sandbox.auto_delete_minutes
        if sandbox.destroy_at and self.clock() >= sandbox.destroy_at:
            self.delete(sandbox)
        elif sandbox.state == State.STARTED and stops > 0 and idle >= timedelta(minutes=stops):
            await self.stop(sandbox)
        elif sandbox.state == State.STOPPED and deletes > 0 and idle >= timedelta(minutes=deletes):
            self.delete(sandbox)

    def _in_background(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task
