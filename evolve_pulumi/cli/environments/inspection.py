"""status, logs and open: what is there, without changing it."""

import json
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import typer
from pulumi.automation import EngineEvent, LocalWorkspace, OutputMap, Stack
from pulumi.automation.errors import CommandError

from evolve_pulumi.cli.environments import settled, tags
from evolve_pulumi.cli.environments.engine_process import Engine, words_of
from evolve_pulumi.cli.environments.events import Change, translate
from evolve_pulumi.cli.environments.exits import Exit
from evolve_pulumi.cli.environments.target import Target
from evolve_pulumi.cli.environments.workspace import select, workspace
from evolve_pulumi.errors import ConfigurationError, NotFoundError, RefusedError, UnsupportedError
from evolve_pulumi.lifecycle import services
from evolve_pulumi.vendors.base import Account

FOLLOW_SECONDS = 1
SIGNED_MINUTES = 60


@dataclass(frozen=True)
class SandboxStatus:
    """A sandbox of an environment, as it is now."""

    name: str
    id: str
    backend: str
    state: str
    """The vendor's word; `gone` where it has it no longer."""
    age_minutes: int | None


@dataclass(frozen=True)
class Status:
    """An environment, as it is now."""

    project: str
    environment: str
    urls: dict[str, str]
    expires_at: str | None
    expired: bool
    sandboxes: list[SandboxStatus]
    drift: list[str]
    """What is not as it was made, in words."""


def status(target: Target, *, as_json: bool, exit_code: bool) -> Exit:
    """Say what is there."""
    with _opened(target) as (stack, at):
        sandboxes = [_sandbox(item) for item in settled.state_of(stack).of_kind("Sandbox")]
        environment = tags.read(target, at)
        found = Status(
            target.project,
            target.environment,
            _urls(stack.outputs()),
            environment.expires_at,
            environment.is_expired(tags.now()),
            sandboxes,
            drift(stack),
        )
    typer.echo(json.dumps(asdict(found), indent=2) if as_json else "\n".join(_described(found)))
    return Exit.DIFFERS if exit_code and found.drift else Exit.DONE


def logs(target: Target, service: str | None, *, follow: bool) -> Exit:
    """Print what a service wrote."""
    with _opened(target) as (stack, _):
        found = _service(list(settled.state_of(stack).of_kind("Service")), target, service)
    sandbox_id, process = found["id"].split("/", 1)
    sandbox, shown = _account(found).sandbox(sandbox_id), ""
    while True:
        text = services.log(sandbox, process)
        typer.echo(text.removeprefix(shown), nl=False)
        shown = text
        if not follow:
            return Exit.DONE
        time.sleep(FOLLOW_SECONDS)


def url(target: Target, service: str | None) -> str:
    """Where a service answers; signed where it is not public and the vendor can sign."""
    with _opened(target) as (stack, _):
        urls, state = _urls(stack.outputs()), settled.state_of(stack)
    name = _chosen(list(urls), service)
    sandbox = next(state.of_kind("Sandbox"))
    declared = next(item for item in state.of_kind("Service") if _name(item) == f"{target.project}-{name}")
    if sandbox["outputs"].get("public"):
        return urls[name]
    port = int(declared["outputs"]["port"])
    try:
        return _account(sandbox).lookups().signed_preview_url(sandbox["id"], port, SIGNED_MINUTES)
    except UnsupportedError as error:
        raise RefusedError(f"{name} is not public, and {error}") from None


@contextmanager
def _opened(target: Target) -> Generator[tuple[Stack, LocalWorkspace]]:
    with workspace(target, Engine()) as at:
        yield select(target, at), at


def _account(resource: Mapping[str, Any]) -> Account:
    return settled.opener()(resource["outputs"]["connection"])


def _sandbox(resource: Mapping[str, Any]) -> SandboxStatus:
    backend = resource["outputs"]["connection"]["backend"]
    try:
        found = _account(resource).lookups().sandbox(resource["id"])
    except NotFoundError:
        return SandboxStatus(_name(resource), resource["id"], backend, "gone", None)
    age = round((datetime.now(UTC) - found.created_at).total_seconds() / 60) if found.created_at else None
    return SandboxStatus(_name(resource), resource["id"], backend, found.state, age)


def drift(stack: Stack) -> list[str]:
    """What a refresh would find."""
    found: list[Change] = []

    def note(event: EngineEvent) -> None:
        change = translate(event)
        if isinstance(change, Change) and change.phase == "done" and change.action != "keep":
            found.append(change)

    try:
        stack.preview_refresh(on_event=note)
    except CommandError as error:
        raise ConfigurationError(words_of(error)) from None
    return [_drifted(change) for change in found]


def _drifted(change: Change) -> str:
    if change.action == "delete":
        return f"{change.kind} {change.name} is gone"
    if change.kind == "service" and change.attributes == ("running",):
        return f"service {change.name} has ended"
    return f"{change.kind} {change.name} has another {', '.join(change.attributes) or 'form'}"


def _urls(outputs: OutputMap) -> dict[str, str]:
    return dict(outputs["urls"].value) if "urls" in outputs else {}


def _service(resources: list[Mapping[str, Any]], target: Target, name: str | None) -> Mapping[str, Any]:
    by_name = {_name(item).removeprefix(f"{target.project}-"): item for item in resources}
    return by_name[_chosen(list(by_name), name)]


def _chosen(names: list[str], name: str | None) -> str:
    """The service that is meant: the named one, or the only one."""
    if name in names:
        return name
    known = ", ".join(names) or "none"
    if name:
        raise ConfigurationError(f"there is no service {name}", remedy=f"There are: {known}.")
    if len(names) == 1:
        return names[0]
    raise ConfigurationError("say which service", remedy=f"There are: {known}.")


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"]).rsplit("::", 1)[-1]


def _described(found: Status) -> Iterator[str]:
    yield f"{found.project} {found.environment}"
    for sandbox in found.sandboxes:
        age = f", {sandbox.age_minutes} minutes old" if sandbox.age_minutes is not None else ""
        yield f"sandbox {sandbox.name}: {sandbox.state}{age}, at {sandbox.backend}, {sandbox.id}"
    for name, where in found.urls.items():
        yield f"{name}: {where}"
    if found.expires_at:
        yield f"{'expired' if found.expired else 'expires'}: {found.expires_at}"
    yield from (f"drift: {words}" for words in found.drift)
    if not found.drift:
        yield "no drift"
