"""up, preview and destroy."""

import os
from dataclasses import dataclass

import pulumi
from pulumi.automation import LocalWorkspace, Stack, StackSettings

from evolve_pulumi.cli.environments import settled
from evolve_pulumi.cli.environments.display import Display, display
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
    shown: Display | None = None
    """Shows it, instead of what fits where the output goes."""

    def display(self, *, previewing: bool = False) -> Display:
        """What shows it."""
        return self.shown or display(as_json=self.as_json, previewing=previewing)

    @property
    def width(self) -> int | None:
        """How many resources at once; None leaves it to `PULUMI_PARALLEL`."""
        return self.parallel or (None if os.environ.get("PULUMI_PARALLEL") else PARALLEL)


def up(target: Target, allowed: Policy, ttl: str | None, place: Place, manner: Manner) -> Exit:
    """Make an environment what its definition says."""
    program = _program(target, allowed, ttl)
    engine, shown = Engine(), manner.display()
    with interruptible(engine), workspace(target, engine, program) as at:
        shown.begin(f"up: {target}")
        stack, _ = _open(target, at, place)
        operation = _operation(engine, shown, stack, manner)

        def bring_up(on_event: OnEvent) -> None:
            stack.up(refresh=True, parallel=manner.width, on_event=on_event)

        code = operation.run(bring_up)
        if code is Exit.DONE and operation.has_restarted:
            # Services that ran in the sandbox have ended with it, as the next look finds.
            code = operation.run(bring_up)
        shown.end(operation.outcome(code, stack if code is Exit.DONE else None))
    return code


def preview(target: Target, allowed: Policy, ttl: str | None, place: Place, manner: Manner, *, exit_code: bool) -> Exit:
    """Show what `up` would do."""
    program = _program(target, allowed, ttl)
    engine, shown = Engine(), manner.display(previewing=True)
    with interruptible(engine), workspace(target, engine, program) as at:
        shown.begin(f"preview: {target}")
        stack, is_new = _open(target, at, place)
        operation = _operation(engine, shown, stack, manner)
        code = operation.run(lambda on_event: stack.preview(refresh=True, parallel=manner.width, on_event=on_event))
        if is_new:
            at.remove_stack(target.environment)
        shown.end(operation.outcome(code))
    differs = any(change.action != "keep" for change in operation.changes)
    return Exit.DIFFERS if code is Exit.DONE and exit_code and differs else code


def destroy(target: Target, manner: Manner) -> Exit:
    """Remove an environment with all that is in it, and its stack."""
    engine, shown = Engine(), manner.display()
    with interruptible(engine), workspace(target, engine) as at:
        shown.begin(f"destroy: {target}")
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


def _program(target: Target, allowed: Policy, ttl: str | None) -> "_Program":
    context = Context(target.file.resolve().parent, os.environ, allowed, target.pr)
    definition = reading.load(target.file, context)
    if ttl:
        definition["lifetime"] = ttl
    return _Program(target, definition, context.secrets)


@dataclass(frozen=True)
class _Program:
    """The Pulumi program of an environment."""

    target: Target
    definition: reading.Definition
    secrets: dict[str, str]

    def __call__(self) -> None:
        made = PreviewEnvironment(self.target.project, self.definition, self.secrets)
        for name in OUTPUTS:
            pulumi.export(name, getattr(made, name))


def _open(target: Target, at: LocalWorkspace, place: Place) -> tuple[Stack, bool]:
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
