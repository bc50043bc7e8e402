"""The local cloud itself: sandboxes and their lives. It knows no HTTP and no vendor."""

import asyncio
import contextlib
import logging
import secrets
import string
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from evolve_pulumi.local import entrypoint
from evolve_pulumi.local.builds import INTERRUPTED, Builds
from evolve_pulumi.local.errors import (
    BuildFailedError,
    BusyError,
    CannotPauseError,
    CloudError,
    LaunchFailedError,
    NameTakenError,
    NotFoundError,
    NotRunningError,
    SizeRefusedError,
    SnapshotNotActiveError,
    StuckError,
    TemplateInUseError,
    VolumeInUseError,
    VolumeNotReadyError,
    WrongStateError,
)
from evolve_pulumi.local.guest import Guest, GuestLostError
from evolve_pulumi.local.host import HostError
from evolve_pulumi.local.limits import NOT_RUNNING, SIZES, Limits, Size
from evolve_pulumi.local.records import CHANGING, Place, Sandbox, SignedPreview, Snapshot, SnapshotState, State, Store
from evolve_pulumi.local.snapshots import Snapshots
from evolve_pulumi.local.steps_recipe import StepsRecipe
from evolve_pulumi.local.templates import Build, Template, Templates
from evolve_pulumi.local.tiers import Tier
from evolve_pulumi.local.timers import Clock, next_change
from evolve_pulumi.local.volumes import CHANGE_SECONDS, Volume, Volumes, VolumeState

REACHABLE = (State.STARTED, State.RESIZING, State.SNAPSHOTTING)
"""States in which there is a way into a sandbox."""
BEING_BUILT = (State.PENDING_BUILD, State.BUILDING)
"""A build takes long, so that a sandbox can be deleted meanwhile, and otherwise waited for."""
RECOVERED_AT_ONCE = 4
"""Sandboxes started at the same time when the server comes up; more only compete for the processor."""
SETTLING_SECONDS = 0.01
SIGNED_TOKEN_LENGTH = 16

log = logging.getLogger(__name__)


class Cloud:
    """All sandboxes of one folder. Every change is on disk before it is reported."""

    def __init__(self, store: Store, tier: Tier) -> None:
        self.tier = tier
        self.clock = Clock()
        self.limits = Limits()
        self.builds = Builds(store.images, tier)
        self.snapshots = Snapshots(store.snapshots, self.builds)
        self.templates = Templates(store.templates, self.builds)
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

    def place(self, sandbox: Sandbox) -> Place:
        """Where a sandbox's files are on the host."""
        return self._store.place(sandbox)

    def home(self, sandbox: Sandbox) -> str:
        """The home of a sandbox's user, as seen inside."""
        return self.tier.home(self.place(sandbox), sandbox.user)

    def environment(self, sandbox: Sandbox) -> dict[str, str]:
        """What every process in a sandbox starts with."""
        own = self.tier.environment(self.place(sandbox), sandbox.user)
        known = {**own, **sandbox.snapshot.env, **sandbox.env, **sandbox.running_env}
        return {name: value for name, value in known.items() if value is not None}

    def workdir(self, sandbox: Sandbox) -> str:
        """Where a sandbox's processes start."""
        return sandbox.snapshot.workdir or self.home(sandbox)

    def guest(self, sandbox: Sandbox) -> Guest:
        """The way into a running sandbox; using it is activity. Raises NotRunningError."""
        guest = self._guests.get(sandbox.id)
        if guest is None or sandbox.state not in REACHABLE:
            raise NotRunningError(f"Sandbox {sandbox.id} is {sandbox.state}")
        self.touch(sandbox)
        return guest

    async def wake(self, sandbox: Sandbox) -> None:
        """Let a paused sandbox go on, where a request to it does that."""
        if not sandbox.wakes_for_seconds:
            return
        await self.at_rest(sandbox)
        if sandbox.state == State.PAUSED:
            await self.start(sandbox, self.clock() + timedelta(seconds=sandbox.wakes_for_seconds))

    async def at_rest(self, sandbox: Sandbox) -> None:
        """Wait until a sandbox is not on its way to another state."""
        while sandbox.state in CHANGING and sandbox.id in self._sandboxes:
            await asyncio.sleep(SETTLING_SECONDS)

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
        """Add a sandbox and start it, or begin to build what it is made from.

        Raises NameTakenError, SnapshotNotActiveError or LaunchFailedError.
        """
        if sandbox.snapshot.state != SnapshotState.ACTIVE:
            raise SnapshotNotActiveError(f"Snapshot {sandbox.snapshot.name} is {sandbox.snapshot.state}")
        if self._named(sandbox.vendor, sandbox.name):
            raise NameTakenError(sandbox.name)
        self._admit(sandbox, *SIZES)
        self._mounted(sandbox)
        sandbox.created_at = sandbox.last_activity_at = self.clock()
        self._sandboxes[sandbox.id] = sandbox
        self.templates.note_use(sandbox.snapshot)
        unbuilt = sandbox.snapshot.dockerfile and not sandbox.snapshot.content
        self.update(sandbox, state=State.PENDING_BUILD if unbuilt else State.CREATING)
        if unbuilt:
            self._in_background(self._build(sandbox))
        else:
            await self._launch(sandbox)

    async def start(self, sandbox: Sandbox, until: datetime | None = None) -> None:
        """Start a stopped or archived sandbox, or let a paused one go on, until its new end, if any; else do nothing.

        A stopped one gets a new preview token, unless it keeps its own.
        """
        if sandbox.state == State.STARTED:
            return
        self._expect(sandbox, State.STOPPED, State.ARCHIVED, State.PAUSED)
        before = sandbox.state
        self._admit(sandbox, *(SIZES if before == State.ARCHIVED else ("cpu", "memory_gib")))
        changes: dict[str, Any] = {"desired": State.STARTED, "ends_at": until or sandbox.ends_at}
        if before == State.PAUSED:
            self.update(sandbox, state=State.RESUMING, started_at=self.clock(), **changes)
            await asyncio.shield(self._in_background(self._thaw(sandbox)))
            return
        state = State.RESTORING if before == State.ARCHIVED else State.STARTING
        self.update(sandbox, state=state, token=self._next_token(sandbox), **changes)
        await self._launch(sandbox)

    async def restart(self, sandbox: Sandbox, until: datetime) -> None:
        """Start a paused sandbox anew, without what it has in memory, until its new end."""
        self._expect(sandbox, State.PAUSED)
        await self._stopped(sandbox)
        await self.start(sandbox, until)

    async def recover_error(self, sandbox: Sandbox) -> None:
        """Start a sandbox again whose error that may cure; raises WrongStateError for any other."""
        if sandbox.state != State.ERROR or not sandbox.recoverable:
            raise WrongStateError(f"Sandbox {sandbox.id} is {sandbox.state} and cannot be recovered")
        self.update(sandbox, state=State.STARTING, desired=State.STARTED, token=self._next_token(sandbox))
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

    def pause(self, sandbox: Sandbox) -> None:
        """Begin to freeze all processes of a started sandbox; raises CannotPauseError."""
        if not sandbox.can_pause:
            raise CannotPauseError(f"Sandbox {sandbox.id} cannot be paused")
        self._expect(sandbox, State.STARTED)
        self.touch(sandbox)
        self.update(sandbox, state=State.PAUSING, desired=State.PAUSED)
        self._in_background(self._freeze(sandbox))

    def archive(self, sandbox: Sandbox) -> None:
        """Begin to put a stopped sandbox away, so that its disk counts no more; its files stay where they are."""
        self._expect(sandbox, State.STOPPED)
        if sandbox.auto_delete_minutes == 0:
            raise WrongStateError(f"Sandbox {sandbox.id} is deleted when it stops, so it cannot be archived")
        self.update(sandbox, state=State.ARCHIVING, desired=State.ARCHIVED)
        self._in_background(self._settle_into(sandbox, State.ARCHIVED))

    def resize(self, sandbox: Sandbox, sizes: dict[Size, int]) -> None:
        """Begin to change sizes: more cores and memory at any time, less of them and more disk while it is stopped."""
        self._expect(sandbox, State.STARTED, State.STOPPED)
        changes: dict[Size, int] = {size: amount for size, amount in sizes.items() if amount != getattr(sandbox, size)}
        if not changes:
            raise SizeRefusedError("No change in resources was asked for")
        smaller = {size for size, amount in changes.items() if amount < getattr(sandbox, size)}
        if "disk_gib" in smaller:
            raise SizeRefusedError("Disk size cannot be decreased")
        if sandbox.state == State.STARTED and ("disk_gib" in changes or smaller):
            raise SizeRefusedError("Disk size, and less CPU or memory, can be set only while the sandbox is stopped")
        others = [other for other in self.sandboxes() if other is not sandbox]
        self.limits.admit_sandbox(others, changes)
        before = sandbox.state
        self.update(sandbox, state=State.RESIZING, **changes)
        self._in_background(self._settle_into(sandbox, before))

    def delete(self, sandbox: Sandbox) -> None:
        """Begin to destroy a sandbox, or give up building it; its name is free at once."""
        resting = (State.STOPPED, State.PAUSED, State.ARCHIVED, State.ERROR, State.BUILD_FAILED, *BEING_BUILT)
        self._expect(sandbox, State.STARTED, *resting)
        self.update(sandbox, state=State.DESTROYING, desired=State.DESTROYED)
        self._in_background(self._destroy(sandbox))

    def create_snapshot(self, snapshot: Snapshot) -> None:
        """Add a snapshot and begin to make it; raises SnapshotNameTakenError."""
        self.limits.admit_one_more("snapshots", len(self.snapshots.made(snapshot.vendor)))
        self.snapshots.create(snapshot)

    def create_volume(self, vendor: str, name: str, *, at_once: bool = False) -> Volume:
        """Add a volume, which is ready at once or a little later; raises VolumeNameTakenError."""
        self.limits.admit_one_more("volumes", len(self.volumes.all(vendor)))
        return self.volumes.create(vendor, name, at_once=at_once)

    def delete_volume(self, volume: Volume) -> None:
        """Begin to remove a volume; raises VolumeInUseError or VolumeNotReadyError."""
        for sandbox in self.sandboxes():
            if any(mount.volume_id == volume.id for mount in sandbox.mounts) and sandbox.state != State.DESTROYING:
                raise VolumeInUseError(f"Volume is in use by one or more sandboxes (e.g. {sandbox.name})")
        if volume.state != VolumeState.READY:
            raise VolumeNotReadyError(f"Volume {volume.id} is {volume.state.value}")
        self.volumes.delete(volume)

    def sign(self, sandbox: Sandbox, port: int, seconds: int) -> SignedPreview:
        """A new token that opens one port for so long, whatever becomes of the sandbox's own."""
        token = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(SIGNED_TOKEN_LENGTH))
        signed = SignedPreview(token=token, port=port, expires_at=self.clock() + timedelta(seconds=seconds))
        self.update(sandbox, signed_previews=[*self._valid(sandbox), signed])
        return signed

    def unsign(self, sandbox: Sandbox, port: int, token: str) -> None:
        """Let a signed preview expire now; raises NotFoundError."""
        left = [each for each in self._valid(sandbox) if (each.port, each.token) != (port, token)]
        if len(left) == len(self._valid(sandbox)):
            raise NotFoundError("Signed preview URL not found")
        self.update(sandbox, signed_previews=left)

    def signed(self, port: int, token: str) -> Sandbox | None:
        """The sandbox whose port a token opens now."""
        for sandbox in self.sandboxes():
            if any((each.port, each.token) == (port, token) for each in self._valid(sandbox)):
                return sandbox
        return None

    async def recover(self) -> None:
        """Take up what the folder holds: reconnect to what lives, start what should, finish what was begun."""
        for sandbox in self._store.load():
            self._sandboxes[sandbox.id] = sandbox
        turns = asyncio.Semaphore(RECOVERED_AT_ONCE)
        await asyncio.gather(*(self._recover(sandbox, turns) for sandbox in self.sandboxes()))

    async def shutdown(self) -> None:
        """Stop every sandbox's processes; those that were started will be again, a paused one is stopped for good."""
        await self.builds.give_up()
        await self.settle()
        for sandbox in self.sandboxes():
            if sandbox.state in (State.STARTED, State.PAUSED):
                with contextlib.suppress(StuckError):
                    await self._bury(sandbox)

    async def reset(self) -> None:
        """Destroy every sandbox, then every volume, and set the clock right; raises StuckError for what stays."""
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
        self.snapshots.clear()
        self.templates.clear()
        await self.builds.give_up()
        self.builds.keep_only([])
        self.clock = Clock()

    async def settle(self) -> None:
        """Wait for what goes on in the background."""
        while self._background:
            await asyncio.wait(self._background)

    async def advance(self, seconds: float) -> None:
        """Move the clock forward, and do in its order what becomes due on the way."""
        end = self.clock() + timedelta(seconds=seconds)
        while coming := [due for due, _, _ in self._timers() if self.clock() < due <= end]:
            self.clock.move_to(min(coming))
            await self.expire()
            await self.settle()
        self.clock.move_to(end)

    async def expire(self) -> None:
        """Do what has reached its time, by the cloud's clock."""
        for due, sandbox, state in self._timers():
            # Its time may have been put off while others took theirs.
            if due <= self.clock() and next_change(sandbox) == (due, state):
                with contextlib.suppress(CloudError):
                    await self._bring_into(sandbox, state)

    def _timers(self) -> list[tuple[datetime, Sandbox, State]]:
        """What sandboxes are to change into by themselves, and when."""
        found = [(sandbox, next_change(sandbox)) for sandbox in self.sandboxes()]
        return [(timer[0], sandbox, timer[1]) for sandbox, timer in found if timer]

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

    def _admit(self, sandbox: Sandbox, *sizes: Size) -> None:
        """Whether the limits leave room for a sandbox that needs these sizes from now on."""
        others = [other for other in self.sandboxes() if other is not sandbox]
        self.limits.admit_sandbox(others, {size: getattr(sandbox, size) for size in sizes})
        self.limits.admit_one_more("running", sum(other.state not in NOT_RUNNING for other in others))

    def _next_token(self, sandbox: Sandbox) -> str:
        return sandbox.token if sandbox.keeps_token else Sandbox.new_token()

    def _valid(self, sandbox: Sandbox) -> list[SignedPreview]:
        return [each for each in sandbox.signed_previews if each.expires_at > self.clock()]

    def _mounted(self, sandbox: Sandbox) -> dict[str, Path]:
        """The folders behind a sandbox's mounts, by the path inside."""
        return {mount.path: self.volumes.source(mount) for mount in sandbox.mounts}

    async def _launch(self, sandbox: Sandbox) -> None:
        """Start a sandbox, to the end also where the caller gives up, so that no process is forgotten."""
        await asyncio.shield(self._in_background(self._launch_now(sandbox)))

    async def _launch_now(self, sandbox: Sandbox) -> None:
        place = self.place(sandbox)
        try:
            content = sandbox.snapshot.content
            base = self.builds.root(content) if content and not place.root.exists() else None
            process = await asyncio.to_thread(self.tier.launch, place, sandbox.user, self._mounted(sandbox), base)
            self.update(sandbox, process=process)
            await self._connect(sandbox)
            environment, cwd = self.environment(sandbox), self.workdir(sandbox)
            await entrypoint.run(self._guests[sandbox.id], sandbox.snapshot, environment, cwd, place.logs)
        except (HostError, GuestLostError, OSError, NotFoundError, VolumeNotReadyError) as error:
            console = place.console.read_text(errors="replace").strip() if place.console.exists() else ""
            await self._halt(sandbox)
            self.update(sandbox, state=State.ERROR, error_reason=console or str(error), recoverable=True)
            log.warning("Sandbox %s failed to start: %s", sandbox.id, sandbox.error_reason)
            raise LaunchFailedError(f"Sandbox failed to start: {sandbox.error_reason}") from error
        self.touch(sandbox)
        self.update(sandbox, state=State.STARTED, started_at=self.clock(), error_reason=None, recoverable=False)

    async def _build(self, sandbox: Sandbox) -> None:
        """Build what a sandbox is made from, and start it."""
        self.update(sandbox, state=State.BUILDING)
        try:
            await self.snapshots.build(sandbox.snapshot)
        except BuildFailedError as error:
            if sandbox.state == State.BUILDING:
                self.update(sandbox, state=State.BUILD_FAILED, error_reason=str(error))
            return
        # It may have been deleted meanwhile.
        if sandbox.state != State.BUILDING:
            return
        self.update(sandbox, state=State.CREATING)
        with contextlib.suppress(LaunchFailedError):
            await self._launch_now(sandbox)

    async def _freeze(self, sandbox: Sandbox) -> None:
        try:
            await self._guests[sandbox.id].call("freeze")
        except (GuestLostError, OSError):
            await self._stopped(sandbox)
        else:
            self.update(sandbox, state=State.PAUSED)

    async def _thaw(self, sandbox: Sandbox) -> None:
        try:
            await self._guests[sandbox.id].call("thaw")
        except (GuestLostError, OSError) as error:
            await self._stopped(sandbox)
            raise LaunchFailedError(f"Sandbox could not be resumed: {error}") from error
        self.touch(sandbox)
        self.update(sandbox, state=State.STARTED)

    async def _settle_into(self, sandbox: Sandbox, state: State) -> None:
        """End a change that shows for a moment."""
        changing = sandbox.state
        await asyncio.sleep(CHANGE_SECONDS)
        # It may have ended by itself meanwhile.
        if sandbox.state == changing:
            self.update(sandbox, state=state)

    async def _connect(self, sandbox: Sandbox) -> None:
        socket = self.place(sandbox).socket
        self._guests[sandbox.id] = await Guest.connect(socket, lambda: self._lost(sandbox))

    def _lost(self, sandbox: Sandbox) -> None:
        """A sandbox's first process ended by itself: whatever is left of it goes too."""
        if sandbox.state in (*REACHABLE, State.PAUSED):
            log.warning("Sandbox %s ended unexpectedly", sandbox.id)
            self._in_background(self._stopped(sandbox))

    async def _stopped(self, sandbox: Sandbox) -> None:
        """Stop a sandbox that ended by itself."""
        self.update(sandbox, state=State.STOPPING, desired=State.STOPPED)
        await self._bury(sandbox)

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
        self.update(sandbox, process=None, running_env={})
        for path in self.place(sandbox).logs.iterdir():
            path.unlink()

    async def _destroy(self, sandbox: Sandbox) -> None:
        await self._halt(sandbox)
        try:
            await asyncio.to_thread(self._store.remove, sandbox)
        except OSError as error:
            raise self._stuck(sandbox, error) from error
        del self._sandboxes[sandbox.id]
        self._forget_images()

    def delete_snapshot(self, snapshot: Snapshot) -> None:
        """Begin to remove a snapshot; raises SnapshotProtectedError."""
        self.snapshots.delete(snapshot)
        self._forget_images()

    def find_snapshot(self, vendor: str, reference: str) -> Snapshot:
        """What a sandbox is made from: a template's build by `name`, `name:tag` or an id, or a snapshot.

        Raises NotFoundError.
        """
        try:
            return self.templates.snapshot(vendor, reference)
        except NotFoundError:
            return self.snapshots.find(vendor, reference)

    def build_template(self, template: Template, build: Build, recipe: StepsRecipe) -> None:
        """Begin a template's build, in the place of those of it that go on; raises WrongStateError."""
        self.templates.start(template, build, recipe)
        self._forget_images()

    def refuse_build(self, template: Template, build: Build, error: BuildFailedError) -> None:
        """The same for a build that fails at once."""
        self.templates.refuse(template, build, error)
        self._forget_images()

    async def keep_template(self, sandbox: Sandbox, name: str | None, tag: str) -> tuple[Template, Build]:
        """Make a template's build of a sandbox's files as they are; its processes stand still meanwhile.

        A template of that name gets one more build; without a name it is a new one. Raises CloudError.
        """
        self._expect(sandbox, State.STARTED)
        self.update(sandbox, state=State.SNAPSHOTTING)
        snapshot = sandbox.snapshot
        try:
            await self._guests[sandbox.id].call("freeze")
            content = await self.builds.keep(self.place(sandbox).root, snapshot.built())
            # Nothing may come between, or the image would be removed as one that nobody needs.
            template, build = self.templates.request(name, [tag], snapshot, source=sandbox.id)
            self.templates.complete(template, build, content, snapshot.built())
        except (GuestLostError, OSError) as error:
            raise BuildFailedError(f"The sandbox's files could not be kept: {error}") from error
        finally:
            if sandbox.state == State.SNAPSHOTTING:
                await self._thaw(sandbox)
        return template, build

    def delete_template(self, template: Template) -> None:
        """Remove a template with its builds; raises TemplateInUseError."""
        for sandbox in self.sandboxes():
            if sandbox.snapshot.id == template.id and sandbox.state != State.DESTROYING:
                raise TemplateInUseError(template.id)
        self.templates.remove(template)
        self._forget_images()

    def _forget_images(self) -> None:
        """Remove what was built and is no longer needed; a sandbox has its own copy from its first start on."""
        snapshots = [sandbox.snapshot for sandbox in self.sandboxes()]
        built = {snapshot.content for snapshot in snapshots if snapshot.content}
        unbuilt = {recipe.content for recipe in map(self.snapshots.recipe, snapshots) if recipe}
        self.builds.keep_only(built | unbuilt | self.snapshots.contents() | self.templates.contents())

    def _stuck(self, sandbox: Sandbox, cause: Exception) -> StuckError:
        log.error("Sandbox %s cannot be removed: %s", sandbox.id, cause)
        self.update(sandbox, state=State.ERROR, error_reason=str(cause), recoverable=False)
        return StuckError(str(cause))

    async def _recover(self, sandbox: Sandbox, turns: asyncio.Semaphore) -> None:
        async with turns:
            with contextlib.suppress(CloudError):
                await self._take_up(sandbox)

    async def _take_up(self, sandbox: Sandbox) -> None:
        match sandbox.desired:
            case State.DESTROYED:
                await self._destroy(sandbox)
            case State.STOPPED:
                await self._bury(sandbox)
            case State.ARCHIVED:
                self.update(sandbox, state=State.ARCHIVED)
            case State.PAUSED:
                await self._pause_again(sandbox)
            case _ if sandbox.state in BEING_BUILT:
                self.update(sandbox, state=State.BUILD_FAILED, error_reason=INTERRUPTED)
            case _ if sandbox.state not in (State.ERROR, State.BUILD_FAILED):
                await self._resume(sandbox)
            case _:
                pass

    async def _pause_again(self, sandbox: Sandbox) -> None:
        """Reconnect to a paused sandbox that survived the server; the memory of one that did not is lost."""
        try:
            await self._connect(sandbox)
        except GuestLostError:
            await self._stopped(sandbox)
        else:
            await self._freeze(sandbox)

    async def _resume(self, sandbox: Sandbox) -> None:
        """Reconnect to a sandbox that survived the server, or start it again."""
        try:
            await self._connect(sandbox)
            await self._guests[sandbox.id].call("thaw")
            self.update(sandbox, state=State.STARTED)
        except GuestLostError:
            await self._bury(sandbox)
            await self.start(sandbox)

    async def _bring_into(self, sandbox: Sandbox, state: State) -> None:
        match state:
            case State.STOPPED:
                await self.stop(sandbox)
            case State.PAUSED:
                self.pause(sandbox)
            case State.ARCHIVED:
                self.archive(sandbox)
            case _:
                self.delete(sandbox)

    def _in_background(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task
