"""Where the stacks of environments are: Pulumi's usual variables, or else a folder of the user's."""

import os
import secrets
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs
from pulumi.automation import LocalWorkspace, ProjectSettings, Stack, StackSettings
from pulumi.automation.errors import CommandError, StackNotFoundError

from evolve_pulumi.cli.environments.engine_process import Engine, words_of
from evolve_pulumi.cli.environments.target import Target
from evolve_pulumi.errors import ConfigurationError, EvolveError

FOLDER_VARIABLE = "EVOLVE_STATE_FOLDER"
"""Environment variable that moves the folder with the states, where no backend is named."""
PASSPHRASE_VARIABLES = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")


class NoEnvironmentError(EvolveError):
    """There is no such environment."""


@contextmanager
def workspace(
    target: Target, engine: Engine, program: Callable[[], None] | None = None, config: Mapping[str, str] | None = None
) -> Generator[LocalWorkspace]:
    """A Pulumi project in a folder that is gone afterwards: all that stays is in the state."""
    with TemporaryDirectory(prefix="evolve-") as folder:
        settings = {target.environment: StackSettings(config=dict(config))} if config else None
        at = LocalWorkspace(
            work_dir=folder,
            program=program,
            env_vars=_state() | engine.environment,
            project_settings=ProjectSettings(name=target.project, runtime="python"),
            stack_settings=settings,
            pulumi_command=engine,
        )
        try:
            yield at
        except CommandError as error:
            raise ConfigurationError(words_of(error)) from None


def select(target: Target, at: LocalWorkspace) -> Stack:
    """An environment's stack; raises NoEnvironmentError where there is none."""
    try:
        return Stack.select(target.environment, at)
    except StackNotFoundError:
        raise NoEnvironmentError(f"there is no environment {target.environment} of {target.project}") from None


def _state() -> dict[str, str]:
    """Variables that say where the states are, and how their secrets are encrypted.

    The passphrase's salt is in the state too, since the project's folder does not stay.
    """
    found = {"PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true"}
    named = bool(os.environ.get("PULUMI_BACKEND_URL") or os.environ.get("PULUMI_ACCESS_TOKEN"))
    if not named:
        states = _folder() / "states"
        states.mkdir(parents=True, exist_ok=True)
        found["PULUMI_BACKEND_URL"] = states.as_uri()
    if not any(variable in os.environ for variable in PASSPHRASE_VARIABLES):
        if not named:
            found["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase())
        elif "PULUMI_ACCESS_TOKEN" not in os.environ:
            raise ConfigurationError(
                f"the state is at {os.environ['PULUMI_BACKEND_URL']}, and there is no passphrase for its secrets",
                remedy=f"Set {' or '.join(PASSPHRASE_VARIABLES)}, to the same value wherever this environment is used.",
            )
    return found


def _folder() -> Path:
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen).absolute() if chosen else Path(platformdirs.user_state_dir("evolve-pulumi")) / "environments"


def _passphrase() -> Path:
    """A file with a passphrase of our own making, for states on this machine."""
    file = _folder() / "passphrase"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file
    with os.fdopen(descriptor, "w") as made:
        made.write(secrets.token_urlsafe())
    return file
