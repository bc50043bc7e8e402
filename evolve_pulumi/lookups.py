"""Looking things up: plain functions, for programs that declare resources and for any others.

In a Pulumi program they look where the stack's resources go; elsewhere where the environment says, at the vendor that
it has a key for: DAYTONA_API_KEY or E2B_API_KEY. `backend` names another. They answer what is there at that moment,
also in a preview, and raise NotFoundError for what is not, and other EvolveErrors.
"""

import functools
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from evolve_pulumi.errors import EvolveError, RefusedError
from evolve_pulumi.models.info import SandboxInfo, SnapshotInfo, VolumeInfo
from evolve_pulumi.models.managed import Backend
from evolve_pulumi.vendors import accounts, backend_of, connect
from evolve_pulumi.vendors.base import Lookups, Opener
from evolve_pulumi.vendors.settings import Settings

MOST_SIGNED_MINUTES = 24 * 60


def get_sandbox(id_or_name: str, *, backend: Backend | None = None) -> SandboxInfo:
    """A sandbox, by its id or name."""
    with _about(f"sandbox {id_or_name!r}", backend) as lookups:
        return lookups.sandbox(id_or_name)


def list_sandboxes(labels: Mapping[str, str] | None = None, *, backend: Backend | None = None) -> list[SandboxInfo]:
    """All sandboxes that carry all of these labels, or just all. The vendor's list may lag behind by seconds."""
    with _about("sandboxes", backend) as lookups:
        return list(lookups.sandboxes(labels or {}))


def get_snapshot(id_or_name: str, *, backend: Backend | None = None) -> SnapshotInfo:
    """A snapshot, by its id or name."""
    with _about(f"snapshot {id_or_name!r}", backend) as lookups:
        return lookups.snapshot(id_or_name)


def get_volume(id_or_name: str, *, backend: Backend | None = None) -> VolumeInfo:
    """A volume, by its id or name."""
    with _about(f"volume {id_or_name!r}", backend) as lookups:
        return lookups.volume(id_or_name)


def preview_url(sandbox_id: str, port: int, *, backend: Backend | None = None) -> str:
    """The URL at which a port of a sandbox answers. It asks for a token unless the sandbox is public."""
    with _about(f"sandbox {sandbox_id!r}", backend) as lookups:
        return lookups.preview_url(sandbox_id, port)


def signed_preview_url(
    sandbox_id: str, port: int, expires_minutes: float = 60, *, backend: Backend | None = None
) -> str:
    """A URL that opens a port of a sandbox without a token, for up to a day; a new one at each call.

    It is a secret: in a Pulumi program, keep it with `pulumi.Output.secret`.
    """
    with _about(f"sandbox {sandbox_id!r}", backend) as lookups:
        if not 0 < expires_minutes <= MOST_SIGNED_MINUTES:
            raise RefusedError(f"expires_minutes is more than 0 and at most {MOST_SIGNED_MINUTES}, a day")
        return lookups.signed_preview_url(sandbox_id, port, expires_minutes)


def _program() -> Any:
    """Pulumi, where this runs in one of its programs: there it is imported."""
    return sys.modules.get("pulumi")


@functools.cache
def _opener() -> Opener:
    return accounts(Settings.here())


@contextmanager
def _about(subject: str, backend: Backend | None) -> Generator[Lookups]:
    """The account that is looked at; every error names what was looked up."""
    try:
        settings = Settings.here()
        chosen = backend or (None if _program() else backend_of(settings))
        yield _opener()(connect(settings, chosen)).lookups()
    except EvolveError as error:
        error.about(f"{subject}: look up")
        if program := _program():
            # Pulumi shows these without a traceback.
            error.__class__ = type(type(error).__name__, (type(error), program.RunError), {})
        raise
