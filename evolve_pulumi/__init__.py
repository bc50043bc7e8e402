"""A Pulumi provider for cloud sandboxes.

Only the names listed here are promised; every other module may change. They are imported when they are first used:
the command and the local cloud are in this package too, and do not wait for Pulumi.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evolve_pulumi.components.preview_environment import PreviewEnvironment
    from evolve_pulumi.definitions.model import Definition
    from evolve_pulumi.dockerfile import Dockerfile
    from evolve_pulumi.errors import EvolveError, NotFoundError, NotReadyError, UnsupportedError, VendorError
    from evolve_pulumi.lookups import (
        get_sandbox,
        get_snapshot,
        get_volume,
        list_sandboxes,
        preview_url,
        signed_preview_url,
    )
    from evolve_pulumi.models.files import InlineFile
    from evolve_pulumi.models.info import SandboxInfo, SnapshotInfo, VolumeInfo
    from evolve_pulumi.models.managed import Timeouts
    from evolve_pulumi.models.sandbox import VolumeMount
    from evolve_pulumi.models.service import Health
    from evolve_pulumi.resources.command import Command
    from evolve_pulumi.resources.files import Files
    from evolve_pulumi.resources.git_repository import GitRepository
    from evolve_pulumi.resources.labels import Labels
    from evolve_pulumi.resources.sandbox import Sandbox
    from evolve_pulumi.resources.service import Service
    from evolve_pulumi.resources.snapshot import Snapshot
    from evolve_pulumi.resources.volume import Volume
    from evolve_pulumi.sandboxes import SandboxProvider, sandbox_provider
    from evolve_pulumi.vendors.daytona.options import DaytonaOptions, DaytonaSnapshotOptions
    from evolve_pulumi.vendors.e2b.options import E2BOptions, E2BSnapshotOptions, EgressProxy
    from evolve_pulumi.vendors.inside import (
        CommandHandle,
        CommandResult,
        FileEvent,
        FileInfo,
        GitStatus,
        ProcessInfo,
        SandboxCommands,
        SandboxFiles,
        SandboxGit,
        SandboxInstance,
        TextMatch,
    )

__all__ = [
    "Command",
    "CommandHandle",
    "CommandResult",
    "DaytonaOptions",
    "DaytonaSnapshotOptions",
    "Definition",
    "Dockerfile",
    "E2BOptions",
    "E2BSnapshotOptions",
    "EgressProxy",
    "EvolveError",
    "FileEvent",
    "FileInfo",
    "Files",
    "GitRepository",
    "GitStatus",
    "Health",
    "InlineFile",
    "Labels",
    "NotFoundError",
    "NotReadyError",
    "PreviewEnvironment",
    "ProcessInfo",
    "Sandbox",
    "SandboxCommands",
    "SandboxFiles",
    "SandboxGit",
    "SandboxInfo",
    "SandboxInstance",
    "SandboxProvider",
    "Service",
    "Snapshot",
    "SnapshotInfo",
    "TextMatch",
    "Timeouts",
    "UnsupportedError",
    "VendorError",
    "Volume",
    "VolumeInfo",
    "VolumeMount",
    "get_sandbox",
    "get_snapshot",
    "get_volume",
    "list_sandboxes",
    "preview_url",
    "sandbox_provider",
    "signed_preview_url",
]

_HOMES = {
    "Command": "evolve_pulumi.resources.command",
    "CommandHandle": "evolve_pulumi.vendors.inside",
    "CommandResult": "evolve_pulumi.vendors.inside",
    "DaytonaOptions": "evolve_pulumi.vendors.daytona.options",
    "DaytonaSnapshotOptions": "evolve_pulumi.vendors.daytona.options",
    "Definition": "evolve_pulumi.definitions.model",
    "Dockerfile": "evolve_pulumi.dockerfile",
    "E2BOptions": "evolve_pulumi.vendors.e2b.options",
    "E2BSnapshotOptions": "evolve_pulumi.vendors.e2b.options",
    "EgressProxy": "evolve_pulumi.vendors.e2b.options",
    "EvolveError": "evolve_pulumi.errors",
    "FileEvent": "evolve_pulumi.vendors.inside",
    "FileInfo": "evolve_pulumi.vendors.inside",
    "Files": "evolve_pulumi.resources.files",
    "GitRepository": "evolve_pulumi.resources.git_repository",
    "GitStatus": "evolve_pulumi.vendors.inside",
    "Health": "evolve_pulumi.models.service",
    "InlineFile": "evolve_pulumi.models.files",
    "Labels": "evolve_pulumi.resources.labels",
    "NotFoundError": "evolve_pulumi.errors",
    "NotReadyError": "evolve_pulumi.errors",
    "ProcessInfo": "evolve_pulumi.vendors.inside",
    "PreviewEnvironment": "evolve_pulumi.components.preview_environment",
    "Sandbox": "evolve_pulumi.resources.sandbox",
    "SandboxCommands": "evolve_pulumi.vendors.inside",
    "SandboxFiles": "evolve_pulumi.vendors.inside",
    "SandboxGit": "evolve_pulumi.vendors.inside",
    "SandboxInfo": "evolve_pulumi.models.info",
    "SandboxInstance": "evolve_pulumi.vendors.inside",
    "SandboxProvider": "evolve_pulumi.sandboxes",
    "Service": "evolve_pulumi.resources.service",
    "Snapshot": "evolve_pulumi.resources.snapshot",
    "SnapshotInfo": "evolve_pulumi.models.info",
    "TextMatch": "evolve_pulumi.vendors.inside",
    "Timeouts": "evolve_pulumi.models.managed",
    "UnsupportedError": "evolve_pulumi.errors",
    "VendorError": "evolve_pulumi.errors",
    "Volume": "evolve_pulumi.resources.volume",
    "VolumeInfo": "evolve_pulumi.models.info",
    "VolumeMount": "evolve_pulumi.models.sandbox",
    "get_sandbox": "evolve_pulumi.lookups",
    "get_snapshot": "evolve_pulumi.lookups",
    "get_volume": "evolve_pulumi.lookups",
    "list_sandboxes": "evolve_pulumi.lookups",
    "preview_url": "evolve_pulumi.lookups",
    "sandbox_provider": "evolve_pulumi.sandboxes",
    "signed_preview_url": "evolve_pulumi.lookups",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
