"""Images by a list of steps and the archives that they copy from."""

import hashlib
import posixpath
from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import BaseModel, Field

from evolve_pulumi.local import dockerfile
from evolve_pulumi.local.errors import BuildFailedError, FailedCommandError
from evolve_pulumi.local.records import Image
from evolve_pulumi.local.workbench import Workbench

SHELL = ["/bin/bash", "-l", "-c"]
GZIP = b"\x1f\x8b"
GLOB = frozenset("*?[{")
COPY = r"""
set -eu
source=$1 target=$2 mode=$3 zip=${4-}
unpacked=$(mktemp -d)
trap 'chmod -R u+rwx "$unpacked"; rm -rf "$unpacked"' EXIT
tar -x $zip --no-same-owner -C "$unpacked"
entry=$unpacked/$source
if [ -L "$entry" ] || [ -f "$entry" ]; then
    if [ -n "$mode" ] && [ ! -L "$entry" ]; then chmod "$mode" "$entry"; fi
    case $target in
        */) mkdir -p "$target" ;;
        *) mkdir -p "$(dirname "$target")" ;;
    esac
    mv -f "$entry" "$target"
elif [ -d "$entry" ]; then
    if [ -n "$mode" ]; then find "$entry" -type f -exec chmod "$mode" {} +; fi
    mkdir -p "$target"
    tar -c -C "$entry" . | tar -x -C "$target" --no-same-owner --keep-directory-symlink --no-overwrite-dir
else
    echo "source path does not exist: $source" >&2
    exit 1
fi
"""
"""What copies from the archive on its input: a file or a link to a path, or into a folder that is there or ends with a
slash; the content of a folder into another, where files are replaced and not written through. A mode is for files."""


class Step(BaseModel):
    """One step: its name in capitals, its arguments, and the archive that it copies from."""

    name: str
    arguments: list[str] = []
    archive: str | None = None

    def __str__(self) -> str:
        """As it is told in logs."""
        return " ".join([self.name, *filter(None, self.arguments)])


class StepsRecipe(BaseModel):
    """Steps upon an image, or upon nothing, and what runs when a sandbox starts.

    A command is run by a login shell, in an environment that no sandbox has. Everything belongs to one user, whom the
    steps may call by the name of `user` or root.
    """

    user: str
    base: str | None = None
    steps: list[Step] = []
    start: str | None = None
    """The command that runs when a sandbox starts; where this and `ready` are missing, the base's."""
    ready: str | None = None
    """The command that ends well as soon as that one is ready."""
    once: str | None = None
    """Makes its content unlike that of any other recipe, so that nothing built earlier is taken."""
    archives: Path = Field(exclude=True)
    """The folder of the archives."""

    @property
    def content(self) -> str:
        """The name of what it makes."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    async def carry_out(self, bench: Workbench, base: Image) -> Image:
        """Run the steps; raises BuildFailedError with the number of the one that failed."""
        steps = _Steps(bench, self, base)
        for number, step in enumerate(self.steps, start=1):
            bench.say(f"Step {number}/{len(self.steps)} : {step}")
            try:
                await steps.take(step)
            except BuildFailedError as error:
                raise BuildFailedError(f"{step}: {error}", str(number)) from error
        return steps.image()


class _Steps:
    """The steps of one recipe, and what they leave to each other."""

    def __init__(self, bench: Workbench, recipe: StepsRecipe, base: Image) -> None:
        self._bench = bench
        self._recipe = recipe
        self._base = base
        self._env = dict(base.build_env)
        self._workdir = base.workdir

    def image(self) -> Image:
        """What has come of them."""
        image = Image(
            build_env=self._env, workdir=self._workdir, entrypoint=self._base.entrypoint, ready=self._base.ready
        )
        if self._recipe.start or self._recipe.ready:
            image.entrypoint = self._program(self._recipe.start) if self._recipe.start else []
            image.ready = self._program(self._recipe.ready) if self._recipe.ready else []
        return image

    async def take(self, step: Step) -> None:
        """Carry one out; raises BuildFailedError."""
        known: dict[str, Callable[[Step], Awaitable[None]]] = {
            "RUN": self._run,
            "COPY": self._copy,
            "ENV": self._set_env,
            "WORKDIR": self._change_workdir,
            "USER": self._check_user,
        }
        if step.name not in known:
            raise BuildFailedError(f"the local cloud does not know {step.name}")
        try:
            await known[step.name](step)
        except FailedCommandError as error:
            raise BuildFailedError(f"exit status {error.code}\n{error.output}".strip()) from error
        except OSError as error:
            raise BuildFailedError(error.strerror or str(error)) from error

    async def _run(self, step: Step) -> None:
        command, user = _arguments(step, 1, 2)
        self._expect(user)
        await self._execute([*SHELL, command])

    async def _copy(self, step: Step) -> None:
        """Copy from an archive, in which a pattern has been looked for already: what is left is where it began."""
        source, target, owner, mode = _arguments(step, 2, 4)
        for name in owner.split(":"):
            self._expect(name)
        archive = self._recipe.archives / (step.archive or "")
        if step.archive is None or not archive.is_file():
            raise BuildFailedError("the files to copy were not uploaded")
        with archive.open("rb") as file:
            packed = ["-z"] if file.read(len(GZIP)) == GZIP else []
        path = posixpath.join(self._cwd, target)
        await self._execute(["/bin/bash", "-c", COPY, "copy", _beginning(source), path, mode, *packed], archive)

    async def _set_env(self, step: Step) -> None:
        if len(step.arguments) % 2:
            raise BuildFailedError("it takes names and values")
        values = [dockerfile.expanded(value, self._variables) for value in step.arguments[1::2]]
        self._env |= dict(zip(step.arguments[::2], values, strict=True))

    async def _change_workdir(self, step: Step) -> None:
        path = dockerfile.expanded(_arguments(step, 1, 1)[0], self._variables)
        self._workdir = posixpath.normpath(posixpath.join(self._workdir or "/", path))
        await self._bench.run(["mkdir", "-p", "--", self._workdir], self._variables, "/")

    async def _check_user(self, step: Step) -> None:
        self._expect(_arguments(step, 1, 2)[0])

    def _expect(self, user: str) -> None:
        """All files and processes belong to one user, so there is nothing to change."""
        if user not in ("", self._recipe.user, "root"):
            raise BuildFailedError(f"the local cloud has one user, whom steps may call {self._recipe.user} or root")

    @property
    def _variables(self) -> dict[str, str]:
        return {**self._bench.environment, **self._env}

    @property
    def _cwd(self) -> str:
        return self._workdir or self._bench.environment["HOME"]

    def _program(self, command: str) -> list[str]:
        """What runs a command later, in the environment of the steps."""
        return ["/usr/bin/env", *(f"{name}={value}" for name, value in self._env.items()), *SHELL, command]

    async def _execute(self, argv: list[str], given: Path | None = None) -> None:
        await self._bench.run(argv, self._variables, self._cwd, given)


def _arguments(step: Step, least: int, most: int) -> list[str]:
    """The arguments, with empty ones in the place of those that may be missing; raises BuildFailedError."""
    if not least <= len(step.arguments) <= most:
        raise BuildFailedError(f"{step.name} takes {least} to {most} arguments")
    return [*step.arguments, *[""] * (most - len(step.arguments))]


def _beginning(pattern: str) -> str:
    """The folders of a pattern before the first part that can match several names; all of it where none can."""
    parts = pattern.split("/")
    fixed = next((number for number, part in enumerate(parts) if GLOB.intersection(part)), len(parts))
    return "/".join(parts[:fixed]) or "."
