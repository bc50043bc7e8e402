"""up, preview and destroy."""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pulumi
from pulumi.automation import LocalWorkspace, Stack, StackSettings

from evolve_pulumi.cli.environments import settled, tags
from evolve_pulumi.cli.environments.display import Display, showing
from evolve_pulumi.cli.environments.engine_process import Engine
from evolve_pulumi.cli.environments.events import Note
from evolve_pulumi.cli.environments.exits import Exit
from evolve_pulumi.cli.environments.operation import OnEvent, Operation, interruptible
from evolve_pulumi.cli.environments.settled import Place
from evolve_pulumi.cli.environments.target import Target
from evolve_pulumi.cli.environments.workspace import NoEnvironmentError, select, workspace
from evolve_pulumi.components.preview_environment import PreviewEnvironment
from evolve_pulumi.definitions import reading
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.definitions.policy import Policy
from evolve_pulumi.errors import EvolveError, NotFoundError
from evolve_pulumi.lifecycle import renewal

PARALLEL = 64
"""The engine's own default is a few for each core."""
OUTPUTS = ("urls", "expires_at", "summary", "sandbox_id", "preview_token")


@dataclass(frozen=True)
class Manner:
    """How a command is to go about it, whatever it does."""

    as_json: bool = False
    wait_seconds: float = 0
    take_over: bool = False
    parallel: int | None = None
    beside: Display | None = None
    """Is shown everything too."""

    def showing(self, title: str, *, previewing: bool = False) -> AbstractContextManager[Display]:
        """What shows it."""
        return showing(title, as_json=self.as_json, previewing=previewing, beside=self.beside)

    @property
    def width(self) -> int | None:
        """How many resources at once; None leaves it to `PULUMI_PARALLEL`."""
        return self.parallel or (None if os.environ.get("PULUMI_PARALLEL") else PARALLEL)


def up(target: Target, allowed: Policy, ttl: str | None, place: Place, manner: Manner) -> Exit:
    """Make an environment what its definition says."""
    program = read_program(target, allowed, ttl)
    engine = Engine()
    with (
        manner.showing(f"up: {target}") as shown,
        interruptible(engine.interrupt),
        workspace(target, engine, program) as at,
    ):
        stack, _ = open_stack(target, at, place)
        limits = announce(target, at, program)
        operation = _operation(engine, shown, stack, manner)
        code = bring_up(operation, stack, program, manner, limits=limits)
        shown.end(operation.outcome(code))
    return code


def announce(target: Target, at: LocalWorkspace, program: "Program", folder: str | None = None) -> bool:
    """Say in an environment's stack when it ends; whether the vendor has to be told too, also that it ends no more."""
    limits = bool(program.expires_at or tags.read(target, at).expires_at)
    tags.write(target, at, program.expires_at, folder)
    return limits


def bring_up(operation: Operation, stack: Stack, program: "Program", manner: Manner, *, limits: bool) -> Exit:
    """Make a stack what its program says, and where its vendor limits its life, count that anew."""

    def call(on_event: OnEvent) -> None:
        operation.outputs = stack.up(refresh=True, parallel=manner.width, on_event=on_event).outputs

    code = operation.run(call)
    if code is Exit.DONE and operation.has_restarted:
        # Services that ran in the sandbox have ended with it, as the next look finds.
        code = operation.run(call)
    return renew(operation, stack, program) if code is Exit.DONE and limits else code


def renew(operation: Operation, stack: Stack, program: "Program") -> Exit:
    """Count the vendor's own limits from now on."""
    open_account = settled.opener()
    for sandbox in settled.state_of(stack).of_kind("Sandbox"):
        try:
            renewal.renew(sandbox, program.ttl_minutes, program.expires_at, open_account)
        except NotFoundError:
            # It is gone, as the next look finds.
            continue
        except EvolveError as error:
            return operation.failed(error)
    return Exit.DONE


def preview(target: Target, allowed: Policy, place: Place, manner: Manner, *, exit_code: bool) -> Exit:
    """Show what `up` would do."""
    program = read_program(target, allowed)
    engine = Engine()
    with (
        manner.showing(f"preview: {target}", previewing=True) as shown,
        interruptible(engine.interrupt),
        workspace(target, engine, program) as at,
    ):
        stack, is_new = open_stack(target, at, place)
        operation = _operation(engine, shown, stack, manner)
        code = operation.run(lambda on_event: stack.preview(refresh=True, parallel=manner.width, on_event=on_event))
        if is_new:
            at.remove_stack(target.environment)
        shown.end(operation.outcome(code))
    return Exit.DIFFERS if code is Exit.DONE and exit_code and operation.differs else code


def destroy(target: Target, manner: Manner) -> Exit:
    """Remove an environment with all that is in it, and its stack."""
    engine = Engine()
    with (
        manner.showing(f"destroy: {target}") as shown,
        interruptible(engine.interrupt),
        workspace(target, engine) as at,
    ):
        operation = Operation(engine, shown)
        try:
            stack = select(target, at)
        except NoEnvironmentError as error:
            shown.note(Note("info", str(error), target.environment))
            shown.end(operation.outcome(Exit.DONE))
            return Exit.DONE
        operation = _operation(engine, shown, stack, manner)
        code = operation.run(lambda on_event: stack.destroy(parallel=manner.width, on_event=on_event))
        if code is Exit.DONE:
            at.remove_stack(target.environment)
        shown.end(operation.outcome(code))
    return code


def read_program(target: Target, allowed: Policy, ttl: str | None = None) -> "Program":
    """The program of an environment; raises an error for all that is wrong with its definition."""
    context = Context(target.file.resolve().parent, os.environ, allowed, target.pr)
    definition = reading.load(target.file, context)
    span = reading.span(ttl) if ttl else None
    expires_at = reading.expiry(span or reading.lifetime(definition))
    return Program(target, definition, context.secrets, reading.minutes(span) if span else None, expires_at)


@dataclass(frozen=True)
class Program:
    """The Pulumi program of an environment."""

    target: Target
    definition: reading.Definition
    secrets: dict[str, str]
    ttl_minutes: int | None
    """How long it lives, where that is not the definition's lifetime."""
    expires_at: str | None

    def __call__(self) -> None:
        """Declare what the definition has."""
        made = PreviewEnvironment(self.target.project, self.definition, self.secrets, expires_at=self.expires_at)
        for name in OUTPUTS:
            pulumi.export(name, getattr(made, name))


def open_stack(target: Target, at: LocalWorkspace, place: Place) -> tuple[Stack, bool]:
    """The environment's stack, and whether it is new."""
    try:
        stack = select(target, at)
    except NoEnvironmentError:
        _configure(target, at, place.config)
        return Stack.create(target.environment, at), True
    _configure(target, at, place.settled(settled.state_of(stack)).config)
    return stack, False


def _configure(target: Target, at: LocalWorkspace, config: dict[str, str]) -> None:
    at.save_stack_settings(target.environment, StackSettings(config=dict(config)))


def _operation(engine: Engine, shown: Display, stack: Stack, manner: Manner) -> Operation:
    if manner.take_over:
        stack.cancel()
    return Operation(engine, shown, manner.wait_seconds)
