"""pr up, close and comment: what happens to the environment, and what is said about it."""

import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import typer

from evolve_pulumi.cli.environments import changing
from evolve_pulumi.cli.environments.changing import Manner
from evolve_pulumi.cli.environments.engine_process import Engine
from evolve_pulumi.cli.environments.events import Note
from evolve_pulumi.cli.environments.exits import Exit
from evolve_pulumi.cli.environments.settled import Place
from evolve_pulumi.cli.environments.target import Target
from evolve_pulumi.cli.environments.workspace import NoEnvironmentError, select, workspace
from evolve_pulumi.cli.pull_requests.recording import Recorder
from evolve_pulumi.cli.pull_requests.report import Report, without
from evolve_pulumi.cli.pull_requests.request import Request
from evolve_pulumi.cli.pull_requests.rules import Ruling, ruling
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.errors import EvolveError

GONE = "There is no environment: the pull request is closed."


def up(request: Request, rules: Path, label: str, ttl: str | None, place: Place, manner: Manner) -> Exit:
    """Make the pull request's environment what its definition says, where it gets one."""
    match ruling(request.event, label):
        case Ruling.NOTHING:
            typer.echo("this event changes nothing", err=True)
            return Exit.DONE
        case Ruling.REFUSED:
            return _refuse(request, label)
        case Ruling.UP:
            return _bring_up(request, rules, ttl, place, manner)


def close(request: Request, project: str | None, manner: Manner) -> Exit:
    """Remove the pull request's environment."""
    request.job.check_state()
    target, recorder = request.target(project), Recorder()
    code = _recorded(lambda: changing.destroy(target, replace(manner, beside=recorder)), recorder)
    headline = GONE if code is Exit.DONE else "**The environment could not be removed.**"
    request.say(_report(request, target, headline, recorder), only_edit=True)
    return code


def comment(request: Request) -> Exit:
    """Say what there is."""
    target = request.target()
    summary = _summary(target)
    headline = "This is what there is." if summary else "There is no environment."
    request.say(Report(target.project, headline, summary=summary, job_url=request.job.url))
    return Exit.DONE


def _bring_up(request: Request, rules: Path, ttl: str | None, place: Place, manner: Manner) -> Exit:
    request.job.check_state()
    target, allowed, recorder = request.target(), request.policy(rules), Recorder()
    if request.event.pull_request.is_from_fork:
        request.check_head()
    code = _recorded(lambda: changing.up(target, allowed, ttl, place, replace(manner, beside=recorder)), recorder)
    secrets = Context(environ=os.environ, policy=allowed).secrets.values()
    report = _report(request, target, _brought_up(request, code), recorder, secrets)
    with suppress(EvolveError):  # Where the states cannot be reached, that is the reason already.
        report = replace(report, summary=_summary(target))
    request.say(report)
    if code is Exit.DONE and recorder.outcome:
        urls, expires_at = recorder.outcome.urls, recorder.outcome.expires_at
        request.job.output(
            {"urls": json.dumps(urls), "expires_at": expires_at or ""}
            | ({"url": next(iter(urls.values()))} if len(urls) == 1 else {})
        )
    return code


def _brought_up(request: Request, code: Exit) -> str:
    match code:
        case Exit.DONE:
            return f"{request.commit} is up."
        case Exit.INTERRUPTED:
            return f"**{request.commit} was interrupted on its way up.**"
        case _:
            return f"**{request.commit} could not be brought up.**"


def _refuse(request: Request, label: str) -> Exit:
    """A fork's pull request that nobody has allowed. That it was allowed before is over."""
    headline = (
        f"{request.commit} comes from a fork and is not brought up, unless a maintainer puts the label `{label}` on."
    )
    typer.echo(headline, err=True)
    if not request.event.pull_request.has(label):
        request.job.summarise(headline)
        return Exit.DONE
    try:
        request.conversation.remove_label(label)
    except EvolveError as error:
        typer.echo(f"warning: the label {label} is still on: {error}", err=True)
    target = request.target()
    request.say(Report(target.project, headline, summary=_summary(target), job_url=request.job.url))
    return Exit.DONE


def _recorded(act: Callable[[], Exit], recorder: Recorder) -> Exit:
    """How it ended; what was wrong from the beginning is recorded too."""
    try:
        return act()
    except EvolveError as error:
        typer.echo(f"error: {error}", err=True)
        recorder.note(Note("error", str(error)))
        return Exit.WRONG


def _report(request: Request, target: Target, headline: str, recorder: Recorder, secrets: Iterable[str] = ()) -> Report:
    reason = without(secrets, "\n".join(recorder.errors))
    return Report(target.project, headline, reason, changes=recorder.changes, job_url=request.job.url)


def _summary(target: Target) -> str:
    """What the environment's last `up` that succeeded said of it, in Markdown; empty where there was none."""
    try:
        with workspace(target, Engine()) as at:
            outputs = select(target, at).outputs()
    except NoEnvironmentError:
        return ""
    return str(outputs["summary"].value) if "summary" in outputs else ""
