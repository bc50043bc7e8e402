"""Building images: recipes, carried out for real in a sandbox of their own that has no network.

<folder>/images/<content>/  image.json  build.log  root/, and while it is being built process.json and trial/
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from pathlib import Path
from typing import BinaryIO, Protocol

from evolve_pulumi.local import skeleton
from evolve_pulumi.local.errors import BuildFailedError
from evolve_pulumi.local.guest import Guest, GuestLostError
from evolve_pulumi.local.host import HostError
from evolve_pulumi.local.records import PASSABLE_FOLDER, FirstProcess, Image, Place, remove_tree
from evolve_pulumi.local.tiers import Tier
from evolve_pulumi.local.workbench import Workbench

INTERRUPTED = "The build was interrupted when the local cloud ended; start it again"
FINALIZE = "finalize"
"""The step after all others: trying whether what runs when a sandbox starts becomes ready."""
BUILDS_AT_ONCE = 2
MOST_MINUTES = 60
READY_MINUTES = 10
FOLLOW_SECONDS = 0.05
READY_SECONDS = 0.2
"""How often is asked whether it is ready."""

log = logging.getLogger(__name__)


class Recipe(Protocol):
    """How an image is made."""

    @property
    def content(self) -> str:
        """The name of what it makes: the same for what makes the same."""
        ...

    @property
    def user(self) -> str:
        """Whose home there is."""
        ...

    @property
    def base(self) -> str | None:
        """The image that it begins from; None for an empty one."""
        ...

    async def carry_out(self, bench: Workbench, base: Image) -> Image:
        """Do it; raises BuildFailedError."""
        ...


class Builds:
    """The images of one folder; what is built once is kept, by its content."""

    def __init__(self, folder: Path, tier: Tier) -> None:
        self._folder = folder
        self._tier = tier
        self._underway: dict[str, asyncio.Task[Image]] = {}
        self._copied: set[str] = set()
        self._turns = asyncio.Semaphore(BUILDS_AT_ONCE)
        folder.mkdir(mode=PASSABLE_FOLDER, exist_ok=True)
        for each in folder.iterdir():
            self._end_interrupted(Place(each))

    def has(self, content: str) -> bool:
        """Whether it is built."""
        return (self._folder / content / "image.json").exists()

    def goes_on(self, content: str) -> bool:
        """Whether it is being built."""
        return content in self._underway

    def root(self, content: str) -> Path:
        """The files of what is built."""
        return self._folder / content / "root"

    def image(self, content: str) -> Image:
        """What there is beside files of what is built."""
        return Image.model_validate_json((self._folder / content / "image.json").read_bytes())

    async def build(self, recipe: Recipe) -> Image:
        """Carry a recipe out, or wait for who does the same, unless it is there; raises BuildFailedError.

        It is cancelled where the build is given up.
        """
        content = recipe.content
        while (given_up := self._underway.get(content)) and given_up.cancelling():
            await asyncio.wait([given_up])
        if self.has(content):
            return self.image(content)
        if content not in self._underway:
            task = self._underway[content] = asyncio.create_task(self._build(recipe))
            task.add_done_callback(lambda _: self._underway.pop(content))
        return await asyncio.shield(self._underway[content])

    async def log(self, content: str, follow: Callable[[], bool]) -> AsyncIterator[bytes]:
        """What a build has written and, for as long as it is followed, what it will. Nothing new is an empty piece."""
        path = self._folder / content / "build.log"
        position = 0
        while True:
            ending = not follow()
            piece = _read_from(path, position)
            position += len(piece)
            yield piece
            if ending:
                return
            await asyncio.sleep(FOLLOW_SECONDS)

    async def keep(self, root: Path, image: Image) -> str:
        """Make an image of a copy of these files; returns its content. Raises OSError."""
        content = uuid.uuid4().hex
        place = Place(self._folder / content)
        place.folder.mkdir(mode=PASSABLE_FOLDER)
        self._copied.add(content)
        try:
            await asyncio.to_thread(skeleton.copy, root, place.root)
        except OSError:
            remove_tree(place.folder)
            raise
        finally:
            self._copied.discard(content)
        (place.folder / "image.json").write_text(image.model_dump_json())
        return content

    def keep_only(self, contents: Collection[str]) -> None:
        """Remove images that nobody needs any more, and give up builds of such."""
        for content in self._underway.keys() - set(contents):
            self._underway[content].cancel()
        for folder in self._folder.iterdir():
            if folder.name not in {*contents, *self._underway, *self._copied}:
                remove_tree(folder)

    async def give_up(self) -> None:
        """End all builds that go on, without a trace of them."""
        while self._underway:
            for task in self._underway.values():
                task.cancel()
            await asyncio.wait(self._underway.values())

    def _end_interrupted(self, place: Place) -> None:
        """Remove what a crash of the server left of a build, which may still be running."""
        left = self._process(place)
        if left.exists():
            try:
                self._tier.end(FirstProcess.model_validate_json(left.read_bytes()))
            except HostError as error:
                log.warning("A build that was interrupted does not end: %s", error)
            remove_tree(place.folder)

    async def _build(self, recipe: Recipe) -> Image:
        place = Place(self._folder / recipe.content)
        remove_tree(place.folder)
        place.folder.mkdir(mode=PASSABLE_FOLDER)
        try:
            with (place.folder / "build.log").open("a+b", buffering=0) as log:
                image = await self._run(place, recipe, log)
        except BuildFailedError:
            remove_tree(place.root)
            raise
        except asyncio.CancelledError:
            remove_tree(place.folder)
            raise
        (place.folder / "image.json").write_text(image.model_dump_json())
        return image

    async def _run(self, place: Place, recipe: Recipe, log: BinaryIO) -> Image:
        if self._turns.locked():
            log.write(b"Waiting for other builds\n")
        async with self._turns:
            try:
                async with asyncio.timeout(60 * MOST_MINUTES):
                    return await self._make(place, recipe, log)
            except TimeoutError:
                failure = BuildFailedError(f"It took longer than {MOST_MINUTES} minutes")
            except (HostError, GuestLostError, OSError) as error:
                failure = BuildFailedError(str(error))
            except BuildFailedError as error:
                failure = error
            # What a command wrote is there already.
            log.write(f"ERROR: {str(failure).splitlines()[0]}\n".encode())
            raise failure

    async def _make(self, place: Place, recipe: Recipe, log: BinaryIO) -> Image:
        """Carry a recipe out where the image's files are the root, and try what comes of it."""
        if not self._tier.isolated:
            raise BuildFailedError("Images can be built only where sandboxes are isolated; install bubblewrap")
        process = self._process(place)
        base = self.root(recipe.base) if recipe.base else None
        async with self._sandbox(place, process, recipe.user, base) as guest:
            bench = Workbench(guest, self._tier.environment(place, recipe.user), log)
            image = await recipe.carry_out(bench, self.image(recipe.base) if recipe.base else Image())
        if not image.ready:
            return image
        # In a copy, so that every sandbox begins from what was there before the first start.
        trial = Place(place.folder / "trial")
        trial.folder.mkdir(mode=PASSABLE_FOLDER)
        async with self._sandbox(trial, process, recipe.user, place.root) as guest:
            await _become_ready(Workbench(guest, self._tier.environment(trial, recipe.user), log), image)
        remove_tree(trial.folder)
        return image

    @contextlib.asynccontextmanager
    async def _sandbox(self, place: Place, record: Path, user: str, base: Path | None) -> AsyncGenerator[Guest]:
        """A sandbox for as long as the block runs, which ends with everything that was started in it."""
        launching = asyncio.create_task(asyncio.to_thread(self._tier.launch, place, user, {}, base))
        try:
            process = await asyncio.shield(launching)
            record.write_text(process.model_dump_json())
            guest = await Guest.connect(place.socket, lambda: None)
            try:
                yield guest
            finally:
                guest.close()
        finally:
            # What is given up while it starts ends too.
            await asyncio.to_thread(self._tier.end, await launching)
            record.unlink(missing_ok=True)

    def _process(self, place: Place) -> Path:
        return place.folder / "process.json"


async def _become_ready(bench: Workbench, image: Image) -> None:
    """Start an image's program and wait until it is ready; raises BuildFailedError."""
    env, cwd = {**bench.environment, **image.env}, image.workdir or bench.environment["HOME"]
    bench.say(f"Step {FINALIZE} : waiting until the template is ready")
    running = await bench.start(image.entrypoint or ["true"], env, cwd)
    try:
        async with asyncio.timeout(60 * READY_MINUTES):
            # What it says is in the log once, which is enough.
            if await (await bench.start(image.ready, env, cwd)) == 0:
                return
            while not await bench.succeeds(image.ready, env, cwd):
                if running.done() and running.result():
                    raise BuildFailedError(f"start command failed: exit status {running.result()}", FINALIZE)
                await asyncio.sleep(READY_SECONDS)
    except TimeoutError as error:
        raise BuildFailedError(f"ready command timed out after {READY_MINUTES} minutes", FINALIZE) from error


def _read_from(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position)
            return file.read()
    except FileNotFoundError:
        return b""
