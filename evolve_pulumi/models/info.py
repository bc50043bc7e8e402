"""What look-ups answer: objects at a vendor as they are now, whoever owns them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SandboxInfo:
    """A sandbox."""

    id: str
    name: str
    """Empty for one at E2B that was not made here."""
    state: str
    """The vendor's word: `started`, `stopped`, `error`, …; at E2B `running` or `paused`."""
    snapshot: str | None
    """What it was made from; None for one of an image."""
    labels: Mapping[str, str]
    """All of them, with those that say which stack owns it: `evolve-project`, `evolve-stack`, `evolve-resource`."""
    public: bool | None
    """None where the vendor does not tell, as in E2B's lists."""
    cpu: int
    memory_gb: float
    disk_gb: int | None
    """None where the vendor does not tell."""
    region: str | None
    """None where the vendor has none."""
    created_at: datetime | None
    """At E2B of the last start."""
    error_reason: str | None


@dataclass(frozen=True)
class SnapshotInfo:
    """A snapshot."""

    id: str
    name: str
    state: str
    """The vendor's word: `active`, `building`, `inactive`, …"""
    cpu: int
    memory_gb: float
    disk_gb: float
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
