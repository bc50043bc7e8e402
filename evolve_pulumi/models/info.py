"""What look-ups answer: objects at a vendor as they are now, whoever owns them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SandboxInfo:
    """A sandbox."""

    id: str
    name: str
    state: str
    """The vendor's word: `started`, `stopped`, `error`, …"""
    snapshot: str | None
    """What it was made from; None for one of an image."""
    labels: Mapping[str, str]
    """All of them, with those that say which stack owns it: `evolve-project`, `evolve-stack`, `evolve-resource`."""
    public: bool
    cpu: int
    memory_gb: int
    disk_gb: int
    region: str
    created_at: datetime | None
    error_reason: str | None


@dataclass(frozen=True)
class SnapshotInfo:
    """A snapshot."""

    id: str
    name: str
    state: str
    """The vendor's word: `active`, `building`, `inactive`, …"""
    cpu: int
    memory_gb: int
    disk_gb: int
    created_at: datetime | None
    error_reason: str | None


@dataclass(frozen=True)
class VolumeInfo:
    """A volume."""

    id: str
    name: str
    state: str
    """The vendor's word: `ready`, `pending_create`, …"""
    created_at: datetime | None
