"""Building images: the instructions of a Dockerfile, run for real in a sandbox of their own that has no network.

<folder>/images/<content>/  image.json  build.log  root/, and process.json while it is being built
"""

import asyncio
import hashlib
import logging
import os
import posixpath
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel

from evolve_pulumi.local import dockerfile, files
from evolve_pulumi.local.dockerfile import Instruction
from evolve_pulumi.local.errors import BuildFailedError
from evolve_pulumi.local.guest import Guest, GuestLostError
from evolve_pulumi.local.host import HostError
from evolve_pulumi.local.records import PASSABLE_FOLDER, FirstProcess, Place, remove_tree
from evolve_pulumi.local.tiers import Tier

BASE = "evolve/local:1"
"""The one image there is to begin with: what every sandbox has, and no registry's."""
INTERRUPTED = "The build was interrupted when the local cloud ended; start it again"
USER = "daytona"
SHELL = ["/bin/sh", "-c"]
BUILDS_AT_ONCE = 2
MOST_MINUTES = 60
FOLLOW_SECONDS = 0.05
WITHOUT_EFFECT = {"EXPOSE", "LABEL", "MAINTAINER"}
"""Instructions that are taken and do nothing."""

log = logging.getLogger(__name__)


class Image(BaseModel):
    """What a build leaves beside files."""

    env: dict[str, str] = {}
    workdir: str | None = None
    entrypoint: list[str] = []
    """The program that runs when a sandbox starts, and its arguments."""


class Builds:
    """The images of one folder; what is built once is kept, by its content."""

    def __init__(self, folder: Path, tier: Tier) -> None:
        self.bases = [BASE]
        """What a Dockerfile may begin from: names of the one image that is not built."""
        self._folder = folder
        self._tier = tier
        self._underway: dict[str, asyncio.Task[Image]] = {}
        self._turns = asyncio.Semaphore(BUILDS_AT_ONCE)
        folder.mkdir(mode=PASSABLE_FOLDER, exist_ok=True)
        for each in folder.iterdir():
            self._end_interrupted(Place(each))

    def content(self, text: str) -> str:
        """The name of what a Dockerfile makes."""
        return hashlib.sha256(text.encode()).hexdigest()

    def has(self, content: str) -> bool:
        """Whether it is built."""
        return (self._folder / content / "image.json").exists()

    def root(self, content: str) -> Path:
        """The files of what is built."""
        return self._folder / content / "root"

    async def build(self, text: str) -> Image:
        """Build a Dockerfile, or wait for who builds the same, unless it is there; raises BuildFailedError.

        It is cancelled where the build is given up.
        """
        content = self.content(text)
        while (given_up := self._underway.get(content)) and given_up.cancelling():
            await asyncio.wait([given_up])
        if self.has(content):
            return Image.model_validate_json((self._folder / content / "image.json").read_bytes())
        if content not in self._underway:
            task = self._underway[content] = asyncio.create_task(self._build(content, text))
            task.add_done_callback(lambda _: self._underway.pop(content))
        return await asyncio.shield(self._underway[content])

    async def log(self, text: str, *, follow: bool) -> AsyncIterator[bytes]:
        """What a build has written; where it is followed, also what it will. Nothing new is an empty piece."""
        content = self.content(text)
        path = self._folder / content / "build.log"
        while follow and not path.exists() and content in self._underway:
            yield b""
            await asyncio.sleep(FOLLOW_SECONDS)
        if not path.exists():
            return
        with path.open("rb") as file:
            while True:
                ending = content not in self._underway
                yield file.read()
                if ending or not follow:
                    return
                await asyncio.sleep(FOLLOW_SECONDS)

    def keep_only(self, contents: Collection[str]) -> None:
        """Remove images that nobody needs any more, and give up builds of such."""
        for content in self._underway.keys() - set(contents):
            self._underway[content].cancel()
        for folder in self._folder.iterdir():
            if folder.name not in contents and folder.name not in self._underway:
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

    async def _build(self, content: str, text: str) -> Image:
        place = Place(self._folder / content)
        remove_tree(place.folder)
        place.folder.mkdir(mode=PASSABLE_FOLDER)
        try:
            with (place.folder / "build.log").open("ab", buffering=0) as log:
                image = await self._run(place, text, log)
        except BuildFailedError:
            remove_tree(place.root)
            raise
        except asyncio.CancelledError:
            remove_tree(place.folder)
            raise
        (place.folder / "image.json").write_text(image.model_dump_json())
        return image

    async def _run(self, place: Place, text: str, log: BinaryIO) -> Image:
        if self._turns.locked():
            log.write(b"Waiting for other builds\n")
        async with self._turns:
            try:
                async with asyncio.timeout(60 * MOST_MINUTES):
                    return await self._in_sandbox(place, text, log)
            except TimeoutError:
                reason = f"It took longer than {MOST_MINUTES} minutes"
            except (HostError, GuestLostError, BuildFailedError) as error:
                reason = str(error)
            log.write(f"ERROR: {reason}\n".encode())
            raise BuildFailedError(reason)

    async def _in_sandbox(self, place: Place, text: str, log: BinaryIO) -> Image:
        """Run the instructions where the image's files are the root, and end what they left running."""
        if not self._tier.isolated:
            raise BuildFailedError("Images can be built only where sandboxes are isolated; install bubblewrap")
        instructions = dockerfile.parse(text)
        launching = asyncio.create_task(asyncio.to_thread(self._tier.launch, place, USER, {}))
        try:
            process = await asyncio.shield(launching)
            self._process(place).write_text(process.model_dump_json())
            guest = await Guest.connect(place.socket, lambda: None)
            try:
                steps = _Steps(guest, self._tier.environment(place, USER), self.bases, log)
                for number, instruction in enumerate(instructions, start=1):
                    log.write(f"Step {number}/{len(instructions)} : {instruction}\n".encode())
                    await steps.take(instruction)
                return steps.image()
            finally:
                guest.close()
        finally:
            # What is given up while it starts ends too.
            await asyncio.to_thread(self._tier.end, await launching)
            self._process(place).unlink(missing_ok=True)

    def _process(self, place: Place) -> Path:
        return place.folder / "process.json"


class _Steps:
    """The instructions of one Dockerfile, and what they leave to each other."""

    def __init__(self, guest: Guest, environment: dict[str, str], bases: list[str], log: BinaryIO) -> None:
        self._guest = guest
        self._environment = environment
        self._bases = bases
        self._log = log
        self._arguments: dict[str, str] = {}
        self._env: dict[str, str] = {}
        self._workdir = "/"
        self._begun = False
        self._entrypoint: list[str] = []
        self._command: list[str] = []

    def image(self) -> Image:
        """What has come of them."""
        if not self._begun:
            raise BuildFailedError("A Dockerfile needs a FROM")
        workdir = None if self._workdir == "/" else self._workdir
        return Image(env=self._env, workdir=workdir, entrypoint=[*self._entrypoint, *self._command])

    async def take(self, instruction: Instruction) -> None:
        """Carry one out; raises BuildFailedError with its line."""
        known: dict[str, Callable[[Instruction], Awaitable[None]]] = {
            "FROM": self._from,
            "ARG": self._arg,
            "ENV": self._set_env,
            "USER": self._check_user,
            "WORKDIR": self._change_workdir,
            "RUN": self._run,
            "COPY": self._copy,
            "ENTRYPOINT": self._set_entrypoint,
            "CMD": self._set_command,
        }
        if instruction.name in WITHOUT_EFFECT:
            return
        try:
            if instruction.name not in known:
                raise BuildFailedError(f"the local cloud does not know {instruction.name}")
            await known[instruction.name](instruction)
        except OSError as error:
            raise BuildFailedError(f"Line {instruction.line}: {error.strerror}: {instruction}") from error
        except BuildFailedError as error:
            raise BuildFailedError(f"Line {instruction.line}: {error}: {instruction}") from error

    @property
    def _variables(self) -> dict[str, str]:
        return {**self._environment, **self._arguments, **self._env}

    async def _from(self, instruction: Instruction) -> None:
        given = [word for word in dockerfile.words(instruction.rest, self._variables) if not word.startswith("--")]
        if self._begun:
            raise BuildFailedError("the local cloud builds one stage only")
        if not given or given[0] not in self._bases:
            raise BuildFailedError(f"the local cloud has no registry: images begin FROM {' or '.join(self._bases)}")
        self._begun = True

    async def _arg(self, instruction: Instruction) -> None:
        for word in dockerfile.words(instruction.rest, self._variables):
            name, _, default = word.partition("=")
            self._arguments.setdefault(name, default)

    async def _set_env(self, instruction: Instruction) -> None:
        self._env |= dockerfile.assignments(instruction.rest, self._variables)

    async def _check_user(self, instruction: Instruction) -> None:
        """All files and processes belong to one user, so there is nothing to change."""
        if dockerfile.words(instruction.rest, self._variables) not in ([USER], ["root"]):
            raise BuildFailedError(f"the local cloud has one user, whom a Dockerfile may call {USER} or root")

    async def _change_workdir(self, instruction: Instruction) -> None:
        self._workdir = self._path(instruction.rest)
        await self._execute(["mkdir", "-p", "--", self._workdir], "/")

    async def _run(self, instruction: Instruction) -> None:
        if instruction.rest.startswith("--"):
            raise BuildFailedError("the local cloud knows no options of RUN")
        await self._execute(instruction.listed() or [*SHELL, instruction.script()], self._workdir)

    async def _copy(self, instruction: Instruction) -> None:
        """A heredoc becomes a file; there is no build context to copy from."""
        opened = dockerfile.HEREDOC.search(instruction.rest)
        if opened is None or opened.start() > 0 or instruction.heredoc is None:
            raise BuildFailedError("local files in the build context are not supported yet")
        target = self._path(instruction.rest[opened.end() :].strip())
        path = posixpath.join(target, opened["end"]) if instruction.rest.endswith("/") else target
        text = instruction.heredoc if opened["quote"] else dockerfile.expanded(instruction.heredoc, self._variables)
        await files.write(self._guest, path, _once(text.encode()))

    async def _set_entrypoint(self, instruction: Instruction) -> None:
        self._entrypoint = self._program(instruction)

    async def _set_command(self, instruction: Instruction) -> None:
        self._command = self._program(instruction)

    def _program(self, instruction: Instruction) -> list[str]:
        listed = instruction.listed()
        return [*SHELL, instruction.rest] if listed is None else listed

    def _path(self, text: str) -> str:
        """An absolute path of one word, which may be relative to where the instructions are."""
        word = dockerfile.words(text, self._variables)
        if len(word) != 1:
            raise BuildFailedError("it takes one path")
        return posixpath.normpath(posixpath.join(self._workdir, word[0]))

    async def _execute(self, argv: list[str], cwd: str) -> None:
        with open(os.devnull) as nothing:
            fds = [nothing.fileno(), self._log.fileno(), self._log.fileno()]
            _, ended = await self._guest.spawn(argv, self._variables, cwd, fds)
            if code := await ended:
                raise BuildFailedError(f"exit code {code}")


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
