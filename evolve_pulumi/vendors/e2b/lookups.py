"""Looking things up at E2B, whoever owns them."""

from collections.abc import Iterator, Mapping

from e2b import E2B
from e2b import SandboxInfo as Seen

from evolve_pulumi.errors import NotFoundError, UnsupportedError
from evolve_pulumi.models.info import SandboxInfo, SnapshotInfo, VolumeInfo
from evolve_pulumi.vendors.e2b.place import Place
from evolve_pulumi.vendors.e2b.sandboxes import NAME, Sandboxes
from evolve_pulumi.vendors.e2b.templates import Templates
from evolve_pulumi.vendors.e2b.volumes import Volumes


class Lookups:
    """What one account has."""

    def __init__(self, sdk: E2B, place: Place) -> None:
        self._sandboxes = Sandboxes(sdk, place)
        self._templates = Templates(sdk, place)
        self._volumes = Volumes(sdk, place)
        self._place = place

    def sandbox(self, id_or_name: str) -> SandboxInfo:
        """One sandbox; by name one that was made here, which carries it."""
        return _sandbox(self._find(id_or_name))

    def sandboxes(self, labels: Mapping[str, str]) -> Iterator[SandboxInfo]:
        """Those that carry all the labels; E2B's list may lag behind by seconds."""
        return map(_sandbox, self._sandboxes.all(labels))

    def snapshot(self, id_or_name: str) -> SnapshotInfo:
        """One template."""
        found = self._templates.find(id_or_name)
        return SnapshotInfo(
            id=found.template_id,
            name=(found.aliases or [""])[0],
            state=found.build_status.value,
            cpu=found.cpu_count,
            memory_gb=found.memory_mb / 1024,
            disk_gb=found.disk_size_mb / 1024,
            created_at=found.created_at,
            error_reason=None,
        )

    def volume(self, id_or_name: str) -> VolumeInfo:
        """One volume."""
        for found in self._volumes.all():
            if id_or_name in (found.volume_id, found.name):
                return VolumeInfo(found.volume_id, found.name, "ready", None)
        raise NotFoundError("E2B has no such volume in this account")

    def preview_url(self, sandbox_id: str, port: int) -> str:
        """Where a port answers."""
        found = self._find(sandbox_id)
        template = self._place.preview_url_template(found.sandbox_id, found.sandbox_domain)
        return template.replace("{port}", str(port), 1)

    def signed_preview_url(self, sandbox_id: str, port: int, expires_minutes: float) -> str:
        """E2B has none."""
        raise UnsupportedError(
            "E2B signs no preview URLs",
            remedy="Make the sandbox public=True, or send its preview_token as the header e2b-traffic-access-token.",
        )

    def _find(self, id_or_name: str) -> Seen:
        found = self._sandboxes.find(id_or_name) or next(self._sandboxes.all({NAME: id_or_name}), None)
        if found is None:
            raise NotFoundError("E2B has no such sandbox in this account")
        return found


def _sandbox(found: Seen) -> SandboxInfo:
    network: Mapping[str, object] = found.network or {}
    public = network.get("allow_public_traffic")
    return SandboxInfo(
        id=found.sandbox_id,
        name=found.metadata.get(NAME, ""),
        state=found.state.value,
        snapshot=found.name or found.template_id,
        labels=dict(found.metadata),
        public=public if isinstance(public, bool) else None,
        cpu=found.cpu_count,
        memory_gb=found.memory_mb / 1024,
        disk_gb=None,
        region=None,
        created_at=found.started_at,
        error_reason=None,
    )
