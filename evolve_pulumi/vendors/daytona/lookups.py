"""Looking things up at Daytona, whoever owns them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from daytona import Daytona, ListSandboxesQuery, Sandbox

from evolve_pulumi.errors import NotFoundError
from evolve_pulumi.models.info import SandboxInfo, SnapshotInfo, VolumeInfo
from evolve_pulumi.vendors.daytona.errors import translated
from evolve_pulumi.vendors.daytona.labels import LANGUAGE
from evolve_pulumi.vendors.daytona.volumes import Volumes
from evolve_pulumi.vendors.retry import patiently

T = TypeVar("T")

READ_SECONDS = 30


class Lookups:
    """What one account has."""

    def __init__(self, sdk: Daytona, endpoint: str) -> None:
        self._sdk = sdk
        self._endpoint = endpoint

    def sandbox(self, id_or_name: str) -> SandboxInfo:
        """One sandbox."""
        return _sandbox(self._read(lambda: self._sdk.get(id_or_name)))

    def sandboxes(self, labels: Mapping[str, str]) -> Iterator[SandboxInfo]:
        """Those that carry all the labels; Daytona's list may lag behind by seconds."""
        query = ListSandboxesQuery(labels=dict(labels) or None)
        yield from map(_sandbox, self._read(lambda: list(self._sdk.list(query))))

    def snapshot(self, id_or_name: str) -> SnapshotInfo:
        """One snapshot."""
        found = self._read(lambda: self._sdk.snapshot.get(id_or_name))
        sizes = (int(found.cpu), int(found.mem), int(found.disk))
        return SnapshotInfo(found.id, found.name, found.state.value, *sizes, time(found.created_at), found.error_reason)

    def volume(self, id_or_name: str) -> VolumeInfo:
        """One volume; by id Daytona has only the list."""
        for found in Volumes(self._sdk, self._endpoint).all():
            if id_or_name in (found.id, found.name):
                return VolumeInfo(found.id, found.name, found.state.value, time(found.created_at))
        raise NotFoundError("Daytona has no such volume in this account")

    def preview_url(self, sandbox_id: str, port: int) -> str:
        """Where a port answers."""
        sandbox = self._read(lambda: self._sdk.get(sandbox_id))
        return self._read(lambda: sandbox.get_preview_link(port)).url

    def signed_preview_url(self, sandbox_id: str, port: int, expires_minutes: float) -> str:
        """Where a port answers without a token, for a time."""
        sandbox = self._read(lambda: self._sdk.get(sandbox_id))
        return self._read(lambda: sandbox.create_signed_preview_url(port, round(expires_minutes * 60))).url

    def _read(self, call: Callable[[], T]) -> T:
        def once() -> T:
            with translated(self._endpoint):
                return call()

        return patiently(once, READ_SECONDS)


def time(text: str | datetime | None) -> datetime | None:
    """When, as Daytona writes it."""
    return datetime.fromisoformat(text) if isinstance(text, str) else text


def _sandbox(found: Sandbox) -> SandboxInfo:
    return SandboxInfo(
        found.id,
        found.name,
        found.state.value if found.state else "unknown",
        found.snapshot,
        {name: value for name, value in found.labels.items() if name != LANGUAGE},
        found.public,
        int(found.cpu),
        int(found.memory),
        int(found.disk),
        found.target,
        time(found.created_at),
        found.error_reason,
    )
