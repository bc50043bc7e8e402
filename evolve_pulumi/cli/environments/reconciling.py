"""reconcile: make environments what a folder of definitions says, once."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from pulumi.automation import Stack

from evolve_pulumi.cli.environments import changing, inspection, tags
from evolve_pulumi.cli.environments.changing import Manner
from evolve_pulumi.cli.environments.display import Display, Quiet
from evolve_pulumi.cli.environments.engine_process import Engine
from evolve_pulumi.cli.environments.events import Note
from evolve_pulumi.cli.environments.exits import Exit
from evolve_pulumi.cli.environments.operation import Operation, interruptible
from evolve_pulumi.cli.environments.settled import Place
from evolve_pulumi.cli.environments.several import Several, destroying
from evolve_pulumi.cli.environments.target import Target
from evolve_pulumi.cli.environments.workspace import workspace
from evolve_pulumi.definitions import reading
from evolve_pulumi.definitions.policy import Policy
from evolve_pulumi.errors import ConfigurationError
from evolve_pulumi.sources import repositories

SUFFIXES = (".yaml", ".yml")
CREDENTIALS = re.compile(r"//[^/@]*@")


def folder(folder: Path, options: Sequence[str], *, as_json: bool) -> Exit:
    """Reconcile each definition in a folder, and destroy the environments of those that are there no longer.

    Args:
        folder: Holds definitions; the name of a file is the name of its environment.
        options: Of the command, for each of them.
        as_json: For programs.

    Raises:
        ConfigurationError: Two files are of one environment.
    """
    files = sorted(file for file in folder.iterdir() if file.suffix in SUFFIXES and file.is_file())
    declared = {of_file(file): ("reconcile", *options, "--", str(file)) for file in files}
    present = {str(target): target for target in declared}
    if twice := next((each for each in declared if present[str(each)] is not each), None):
        raise ConfigurationError(
            f"{twice.file} and {present[str(twice)].file.name} are both {twice}", remedy="Rename one, or take it away."
        )
    removed = [target for target in tags.of_folder(identity(folder)) if str(target) not in present]
    return Several(as_json=as_json).run(declared | {target: destroying(target) for target in removed})


def of_file(file: Path) -> Target:
    """The environment of a definition in a folder of them."""
    return Target(file, reading.name_of(file), file.stem)


def definition(target: Target, allowed: Policy, place: Place, manner: Manner, *, repair: bool) -> Exit:
    """Make one environment what its definition says. Where it alone has changed, say so, or repair it."""
    program = changing.read_program(target, allowed)
    engine = Engine()
    with (
        manner.showing(f"reconcile: {target}") as shown,
        interruptible(engine.interrupt),
        workspace(target, engine, program) as at,
    ):
        stack, is_new = changing.open_stack(target, at, place)
        limits = changing.announce(target, at, program, identity(target.file.parent))
        operation = Operation(engine, shown, manner.wait_seconds)
        code, found = (Exit.DONE, "added") if is_new else _compared(engine, stack, shown, manner)
        if found == "drifted" and repair:
            found = "repaired"
        if code is Exit.DONE and found in ("drifted", "unchanged"):
            code = changing.renew(operation, stack, program) if limits else code
            operation.outputs = stack.outputs()
        elif code is Exit.DONE:
            code = changing.bring_up(operation, stack, program, manner, limits=limits)
        shown.end(operation.outcome(code, found))
    return Exit.DIFFERS if code is Exit.DONE and found == "drifted" else code


def identity(folder: Path) -> str:
    """What tells a folder of definitions from others, on whatever machine: where its repository is from, and where it
    is in it; outside of repositories its path."""
    at = folder.resolve()
    root = repositories.told(at, "rev-parse", "--show-toplevel")
    origin = repositories.told(at, "config", "remote.origin.url")
    words = f"{CREDENTIALS.sub('//', origin)} {at.relative_to(Path(root).resolve())}" if root and origin else str(at)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _compared(engine: Engine, stack: Stack, shown: Display, manner: Manner) -> tuple[Exit, str]:
    """What an environment that is there is, compared with its definition: changed, drifted, unchanged."""
    look = Operation(engine, Quiet(shown), manner.wait_seconds)
    code = look.run(lambda on_event: stack.preview(parallel=manner.width, on_event=on_event))
    if look.differs or code is not Exit.DONE:
        return code, "changed"
    drift = inspection.drift(stack)
    for words in drift:
        shown.note(Note("warning", words))
    return code, "drifted" if drift else "unchanged"
