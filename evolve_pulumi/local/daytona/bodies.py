"""The bodies of Daytona's control plane: what it takes, and how it describes sandboxes and snapshots."""

import stat
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, StrictInt, StrictStr, field_validator
from pydantic.alias_generators import to_camel

from evolve_pulumi.local.daytona.errors import DaytonaError
from evolve_pulumi.local.limits import Size
from evolve_pulumi.local.operations import Status
from evolve_pulumi.local.records import Sandbox, Snapshot, State
from evolve_pulumi.local.volumes import Volume

VENDOR = "daytona"
DEFAULT_SNAPSHOT = Snapshot(
    id="00000000-0000-4000-8000-000000000001",
    vendor=VENDOR,
    name="daytona-small",
    cpu=1,
    memory_gib=1,
    disk_gib=3,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
"""What a sandbox is made from that names no snapshot: the host's own programs."""
PAUSABLE_SNAPSHOT = DEFAULT_SNAPSHOT.model_copy(
    update={"id": "00000000-0000-4000-8000-000000000002", "name": "daytona-vm-small", "can_pause": True}
)
"""The same for sandboxes that say to be virtual machines, and can pause as those do."""
SANDBOX_CLASSES = {False: "container", True: "linux-vm"}
"""Daytona's word, by whether it can pause."""
PAUSE_MINUTES, STOP_MINUTES = 60, 15
"""Daytona's defaults for a class that can pause, and for one that cannot."""
MOST_ARCHIVE_MINUTES = 43200

CREATE_FIELDS = {
    "name": Status.WORKS,
    "snapshot": Status.WORKS,
    "user": Status.WORKS,
    "env": Status.WORKS,
    "labels": Status.WORKS,
    "public": Status.WORKS,
    "autoStopInterval": Status.WORKS,
    "autoDeleteInterval": Status.WORKS,
    "ttlMinutes": Status.WORKS,
    "autoArchiveInterval": Status.WORKS,
    "autoPauseInterval": Status.WORKS,
    "target": Status.NO_EFFECT,
    "queueTimeout": Status.NO_EFFECT,
    "networkBlockAll": Status.NO_EFFECT,
    "networkAllowList": Status.NO_EFFECT,
    "domainAllowList": Status.NO_EFFECT,
    "outboundProxyUrl": Status.NO_EFFECT,
    "otelEndpointOverride": Status.NO_EFFECT,
    "cpu": Status.WORKS,
    "memory": Status.WORKS,
    "disk": Status.WORKS,
    "gpu": Status.NO_EFFECT,
    "gpuType": Status.NO_EFFECT,
    "spot": Status.NO_EFFECT,
    "kvm": Status.NO_EFFECT,
    "volumes": Status.WORKS,
    "buildInfo": Status.WORKS,
    "linkedSandbox": Status.NO_EFFECT,
    "secrets": Status.ABSENT,
}
"""Every field of a create body and what it is worth here; an absent one is refused unless it is empty."""
SINGLE_ONLY = ("env", "kvm", "volumes", "outboundProxyUrl", "otelEndpointOverride")
"""Fields that Daytona leaves out of lists."""


class Body(BaseModel):
    """A body in Daytona's spelling."""

    model_config = ConfigDict(alias_generator=to_camel, hide_input_in_errors=True)


class LabelsBody(Body):
    """Labels that replace all others."""

    labels: dict[StrictStr, StrictStr]


class NetworkBody(Body):
    """Network settings; what is None stays, what is empty goes."""

    network_block_all: StrictBool | None = None
    network_allow_list: StrictStr | None = None
    domain_allow_list: StrictStr | None = None

    def applied(self, kept: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The settings that follow from those kept; blocking all and a list of networks exclude each other."""
        block, allow, domains = self.network_block_all, self.network_allow_list, self.domain_allow_list
        if block is not None or allow is not None:
            listed = None if block else allow or None
            blocks = block if block is not None else not listed and bool(kept.get("networkBlockAll"))
            kept = {**kept, "networkBlockAll": blocks, "networkAllowList": listed}
        return kept if domains is None else {**kept, "domainAllowList": domains or None}


class ResizeBody(Body):
    """New sizes, in cores and GiB."""

    cpu: StrictInt | None = Field(default=None, ge=1)
    memory: StrictInt | None = Field(default=None, ge=1)
    disk: StrictInt | None = Field(default=None, ge=1)

    def sizes(self) -> dict[Size, int]:
        """Those that are given, by the cloud's names."""
        given: dict[Size, int | None] = {"cpu": self.cpu, "memory_gib": self.memory, "disk_gib": self.disk}
        return {size: amount for size, amount in given.items() if amount is not None}


class VolumeBody(Body):
    """A new volume."""

    name: StrictStr = Field(min_length=1)


class MountBody(Body):
    """A volume to mount, by its id or name."""

    volume_id: StrictStr
    mount_path: StrictStr = Field(pattern=r"^/.")
    subpath: StrictStr | None = Field(default=None, pattern=r"^[^/]")

    @field_validator("subpath")
    @classmethod
    def _stay_inside(cls, subpath: str | None) -> str | None:
        if ".." in (subpath or "").split("/"):
            raise ValueError("must stay inside the volume")
        return subpath


class SizesBody(Body):
    """Sizes of what is to be made, in cores and GiB."""

    cpu: StrictInt = Field(default=1, ge=1)
    memory: StrictInt = Field(default=1, ge=1)
    disk: StrictInt = Field(default=3, ge=1)
    gpu: StrictInt = Field(default=0, ge=0)

    def sizes(self) -> dict[str, Any]:
        """By the cloud's names."""
        return {"cpu": self.cpu, "memory_gib": self.memory, "disk_gib": self.disk, "gpu": self.gpu}


class BuildBody(Body):
    """What is to be built."""

    dockerfile_content: StrictStr
    context_hashes: list[StrictStr] | None = None

    def snapshot(self, sizes: SizesBody, name: str = "", **fields: Any) -> Snapshot:
        """A snapshot that is still to be built; without a name it is one sandbox's own."""
        if self.context_hashes:
            raise DaytonaError(501, "The local cloud does not implement contextHashes of buildInfo")
        made_from = {"vendor": VENDOR, "name": name, "dockerfile": self.dockerfile_content}
        return Snapshot.model_validate({**made_from, **sizes.sizes(), **fields})


class SnapshotBody(SizesBody):
    """A new snapshot: of a registry's image, or built."""

    model_config = ConfigDict(extra="allow")

    name: StrictStr = Field(min_length=1)
    image_name: StrictStr | None = None
    entrypoint: list[StrictStr] | None = None
    build_info: BuildBody | None = None
    sandbox_class: Literal["container", "linux-vm"] | None = None

    def snapshot(self) -> Snapshot:
        """A snapshot that is still to be made; raises DaytonaError."""
        image, tag = self.image_name, (self.image_name or "").rpartition("/")[2].partition(":")[2]
        if bool(image) == bool(self.build_info):
            raise DaytonaError(400, "Specify either imageName or buildInfo")
        options = {name: value for name, value in (self.model_extra or {}).items() if value is not None}
        fields: dict[str, Any] = {"options": options, "can_pause": self.sandbox_class == SANDBOX_CLASSES[True]}
        if self.build_info:
            if self.entrypoint:
                raise DaytonaError(400, "Cannot specify entrypoint together with buildInfo")
            return self.build_info.snapshot(self, self.name, **fields)
        if "@sha256:" not in (image or "") and tag in ("", "latest"):
            raise DaytonaError(400, "Image name must include a tag other than latest, or a digest")
        return Snapshot(
            vendor=VENDOR, name=self.name, image=image, entrypoint=self.entrypoint or [], **fields, **self.sizes()
        )


class CreateBody(SizesBody):
    """What a new sandbox is asked to be, as far as it means something here."""

    model_config = ConfigDict(extra="allow")

    name: StrictStr | None = Field(default=None, min_length=1)
    snapshot: StrictStr | None = None
    user: StrictStr = Field(default="daytona", pattern=r"^[a-z_][a-z0-9_-]{0,31}$")
    env: dict[StrictStr, StrictStr] = {}
    labels: dict[StrictStr, StrictStr] = {}
    public: StrictBool = False
    volumes: list[MountBody] = []
    auto_stop_interval: StrictInt | None = Field(default=None, ge=0)
    auto_archive_interval: StrictInt = Field(default=10080, ge=0)
    auto_delete_interval: StrictInt = -1
    auto_pause_interval: StrictInt | None = Field(default=None, ge=0)
    linked_sandbox: StrictStr | None = None
    build_info: BuildBody | None = None
    ttl_minutes: StrictInt = Field(default=0, ge=0)

    def refuse_absent(self) -> None:
        """Raise DaytonaError for fields that exclude each other, and for one that would have to do something here."""
        if self.build_info and self.snapshot:
            raise DaytonaError(400, "Cannot specify a snapshot when using a build info entry")
        if not self.build_info and {"cpu", "memory", "disk", "gpu"} & self.model_fields_set:
            raise DaytonaError(400, "Cannot specify Sandbox resources when using a snapshot")
        for field, value in (self.model_extra or {}).items():
            if value and CREATE_FIELDS.get(field) == Status.ABSENT:
                raise DaytonaError(501, f"The local cloud does not implement {field} of create_sandbox")

    def options(self) -> dict[str, JsonValue]:
        """What is kept only to be answered."""
        kept = {field: value for field, value in (self.model_extra or {}).items() if value is not None}
        return {**kept, "linkedSandboxId": self.linked_sandbox}

    def idle_minutes(self, *, can_pause: bool) -> tuple[int, int]:
        """Until it stops, and until it pauses; one of the two at most is not 0."""
        stop, pause = self.auto_stop_interval, self.auto_pause_interval
        if stop is None:
            stop = 0 if can_pause or pause else STOP_MINUTES
        if pause is None:
            pause = PAUSE_MINUTES if can_pause and self.auto_stop_interval is None else 0
        refuse_idle_minutes(stop, pause, can_pause=can_pause)
        return stop, pause


def refuse_idle_minutes(stop: int, pause: int, *, can_pause: bool) -> None:
    """Raise DaytonaError for intervals that do not go together, or not with the class."""
    if pause and not can_pause:
        raise DaytonaError(400, f"Auto-pause is not supported for sandbox class {SANDBOX_CLASSES[can_pause]}")
    if pause and stop:
        raise DaytonaError(400, "Only one of autoStopInterval and autoPauseInterval can be non-zero")


def whole(text: str, name: str, least: int | None = 0, most: int | None = None) -> int:
    """A whole number from a path or query; raises DaytonaError."""
    try:
        number = int(text)
    except ValueError:
        raise DaytonaError(400, f"{name} must be a whole number") from None
    if (least is not None and number < least) or (most is not None and number > most):
        raise DaytonaError(400, f"{name} must not be {number}")
    return number


def archive_minutes(minutes: int) -> int:
    """The archive interval as Daytona stores it: 0 means the longest."""
    return min(minutes or MOST_ARCHIVE_MINUTES, MOST_ARCHIVE_MINUTES)


def volume_body(volume: Volume, organization: str) -> dict[str, Any]:
    """A volume as Daytona describes it."""
    return {
        "id": volume.id,
        "name": volume.name,
        "organizationId": organization,
        "state": volume.state,
        "createdAt": volume.created_at.isoformat(),
        "updatedAt": volume.created_at.isoformat(),
        "lastUsedAt": None,
        "errorReason": None,
    }


def sandbox_body(sandbox: Sandbox, organization: str, toolbox_url: str) -> dict[str, Any]:
    """A sandbox as Daytona describes a single one."""
    snapshot = sandbox.snapshot
    region = snapshot.options.get("regionId") or "local"
    defaults: dict[str, Any] = {"networkBlockAll": False, "target": region, "kvm": False}
    return {
        **defaults,
        **sandbox.options,
        **_resources(sandbox),
        "gpuType": _gpu_type(sandbox.options) or _gpu_type(snapshot.options),
        "id": sandbox.id,
        "organizationId": organization,
        "name": _name(sandbox),
        "snapshot": snapshot.name or None,
        "buildInfo": None if snapshot.name else _build_info(snapshot),
        "user": sandbox.user,
        "env": sandbox.env,
        "labels": sandbox.labels,
        "public": sandbox.public,
        "volumes": [
            {"volumeId": mount.volume_id, "mountPath": mount.path, "subpath": mount.subpath} for mount in sandbox.mounts
        ],
        "state": sandbox.state,
        "desiredState": sandbox.desired,
        "errorReason": sandbox.error_reason,
        "recoverable": sandbox.recoverable,
        "autoStopInterval": sandbox.auto_stop_minutes,
        "autoPauseInterval": sandbox.auto_pause_minutes,
        "autoArchiveInterval": sandbox.auto_archive_minutes,
        "autoDeleteInterval": sandbox.auto_delete_minutes,
        "autoDestroyAt": sandbox.destroy_at.isoformat() if sandbox.destroy_at else None,
        "createdAt": sandbox.created_at.isoformat(),
        "updatedAt": sandbox.updated_at.isoformat(),
        "lastActivityAt": sandbox.last_activity_at.isoformat(),
        "sandboxClass": SANDBOX_CLASSES[sandbox.can_pause],
        "toolboxProxyUrl": toolbox_url,
    }


def list_item(body: dict[str, Any]) -> dict[str, Any]:
    """A sandbox as Daytona describes it in a list."""
    return {field: value for field, value in body.items() if field not in SINGLE_ONLY}


def snapshot_body(snapshot: Snapshot, organization: str, *, general: bool) -> dict[str, Any]:
    """A snapshot as Daytona describes it."""
    region = snapshot.options.get("regionId")
    return {
        "id": snapshot.id,
        "organizationId": organization,
        "general": general,
        "name": snapshot.name,
        "imageName": snapshot.image,
        "buildInfo": _build_info(snapshot) if snapshot.dockerfile else None,
        "state": snapshot.state,
        "size": 0,
        "entrypoint": snapshot.entrypoint or None,
        "regionIds": [region] if region else None,
        "cpu": snapshot.cpu,
        "gpu": snapshot.gpu,
        "gpuType": _gpu_type(snapshot.options),
        "mem": snapshot.memory_gib,
        "disk": snapshot.disk_gib,
        "errorReason": snapshot.error_reason,
        "createdAt": snapshot.created_at.isoformat(),
        "updatedAt": snapshot.created_at.isoformat(),
        "lastUsedAt": None,
        "sourceSandboxId": None,
        "sandboxClass": SANDBOX_CLASSES[snapshot.can_pause],
    }


def _build_info(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "dockerfileContent": snapshot.dockerfile,
        "contextHashes": [],
        "createdAt": snapshot.created_at.isoformat(),
        "updatedAt": snapshot.created_at.isoformat(),
        "snapshotRef": snapshot.content or "",
    }


def _gpu_type(options: dict[str, JsonValue]) -> JsonValue:
    """The type that is had: the first of those that would do."""
    wanted = options.get("gpuType")
    return wanted[0] if isinstance(wanted, list) and wanted else None


def _resources(sandbox: Sandbox) -> dict[str, int]:
    return {"cpu": sandbox.cpu, "gpu": sandbox.gpu, "memory": sandbox.memory_gib, "disk": sandbox.disk_gib}


def _name(sandbox: Sandbox) -> str:
    """The name, which a sandbox loses as soon as it is being destroyed."""
    if sandbox.state != State.DESTROYING:
        return sandbox.name
    return f"DESTROYED_{sandbox.name}_{int(sandbox.updated_at.timestamp() * 1000)}"


def file_body(known: dict[str, Any]) -> dict[str, Any]:
    """A file or folder as Daytona describes it."""
    modified = datetime.fromtimestamp(known["modified"], UTC)
    return {
        "name": known["name"],
        "path": known["path"],
        "isDir": stat.S_ISDIR(known["mode"]),
        "size": known["size"],
        "mode": stat.filemode(known["mode"]),
        "permissions": f"{stat.S_IMODE(known['mode']):04o}",
        "modTime": f"{modified:%Y-%m-%d %H:%M:%S.%f} +0000 UTC",
        "modifiedAt": modified.isoformat(),
        "owner": known["owner"],
        "group": known["group"],
    }
