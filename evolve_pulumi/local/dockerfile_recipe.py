"""Images by the text of a Dockerfile, whose instructions do what Docker's do."""

import hashlib
import posixpath
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from evolve_pulumi.local import dockerfile
from evolve_pulumi.local.dockerfile import Instruction
from evolve_pulumi.local.errors import BuildFailedError
from evolve_pulumi.local.records import Image
from evolve_pulumi.local.workbench import Workbench

USER = "daytona"
SHELL = ["/bin/sh", "-c"]
WITHOUT_EFFECT = {"EXPOSE", "LABEL", "MAINTAINER"}
"""Instructions that are taken and do nothing."""


@dataclass(frozen=True)
class DockerfileRecipe:
    """A Dockerfile, and the names of the one image that it may begin from."""

    text: str
    bases: Sequence[str] = field(compare=False)
    user: str = USER
    base: None = None

    @property
    def content(self) -> str:
        """The name of what it makes."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    async def carry_out(self, bench: Workbench, base: Image) -> Image:
        """Run the instructions; raises BuildFailedError with the line of the one that failed."""
        del base
        instructions = dockerfile.parse(self.text)
        steps = _Steps(bench, self.bases)
        for number, instruction in enumerate(instructions, start=1):
            bench.say(f"Step {number}/{len(instructions)} : {instruction}")
            await steps.take(instruction)
        return steps.image()


class _Steps:
    """The instructions of one Dockerfile, and what they leave to each other."""

    def __init__(self, bench: Workbench, bases: Sequence[str]) -> None:
        self._bench = bench
        self._bases = bases
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
        return {**self._bench.environment, **self._arguments, **self._env}

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
        await self._bench.write(path, text.encode())

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
        await self._bench.run(argv, self._variables, cwd)
