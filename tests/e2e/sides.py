"""Each vendor's cloud as a test sees it from outside: through the vendor's own SDK, in words that both share.

What differs between them is said here once, by hand, so that one test body serves both.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaConfig
from e2b import CommandExitException, ConnectionConfig, SandboxQuery
from e2b.api.client.api.templates import get_templates
from e2b.api.client_sync import get_api_client  # pyright: ignore[reportUnknownVariableType]

from tests.cloud import Cloud
from tests.local.e2b.client import client_of
from tests.waiting import until


class Side(Protocol):
    """One vendor."""

    backend: str
    create_path: str
    """Of the call that makes a sandbox, as a regular expression."""
    look_after_create_path: str
    """Of a call that looks at what was made, before it is reported."""
    quota: tuple[dict[str, int], str, str]
    """A limit that leaves no room for any sandbox, the vendor's words for it, and the remedy."""
    two_operations: tuple[str, str, str]
    """Arguments, others that take two calls to get to, and the path of the second call."""
    in_place: tuple[str, str]
    """Arguments of a sandbox of which one is changed to the other in place."""
    sleep_ends_processes: bool
    """Whether what runs in a sandbox is gone after `put_to_sleep` and `wake`."""
    builds_in_place: bool
    """Whether a changed snapshot stays the same object."""
    snapshot_name: str
    """Of a snapshot `tools` with an automatic name, as a regular expression."""
    running: str
    """The vendor's word for a sandbox that runs."""
    cores: int
    """Of a sandbox for which nothing is declared."""

    def ids(self) -> list[str]:
        """All sandboxes, the oldest first."""
        ...

    def state(self, id: str) -> str: ...

    def labels(self, id: str) -> Mapping[str, str]:
        """Those that are ours and the user's."""
        ...

    def make(self, labels: Mapping[str, str]) -> str:
        """A sandbox that no stack made; its id."""
        ...

    def change_outside(self, id: str) -> None:
        """Undo what the second of `in_place` declares."""
        ...

    def run(self, id: str, command: str) -> str: ...

    def processes(self, id: str) -> list[Any]:
        """What was started in a sandbox and runs on."""
        ...

    def put_to_sleep(self, id: str) -> None: ...

    def wake(self, id: str) -> None: ...

    def delete(self, id: str) -> None: ...

    def volumes(self) -> dict[str, str]:
        """Names by id."""
        ...

    def make_volume(self, name: str) -> str: ...

    def delete_volume(self, id: str) -> None: ...

    def snapshots(self) -> list[str]:
        """Ids of those that are not built in."""
        ...

    def delete_snapshot(self, id: str) -> None: ...


class DaytonaSide:
    """Daytona."""

    backend = "daytona"
    create_path = r"/daytona/api/sandbox$"
    look_after_create_path = r"/preview-url$"
    quota: tuple[dict[str, int], str, str] = (
        {"cpu": 0},
        "Total CPU limit exceeded. Maximum allowed: 0",
        "raise the limit at Daytona",
    )
    two_operations: tuple[str, str, str] = ("labels={'a': '1'}", "labels={'a': '2'}, public=True", "/public/true")
    in_place: tuple[str, str] = (
        "daytona={'auto_stop_minutes': 0}",
        "daytona={'auto_stop_minutes': 30}",
    )
    sleep_ends_processes = True
    builds_in_place = False
    snapshot_name = r"tests-dev-tools-[0-9a-f]{8}-[0-9a-f]{12}"
    running = "started"
    cores = 1

    def __init__(self, cloud: Cloud) -> None:
        self.sdk = Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url, target="local"))

    def ids(self) -> list[str]:
        return [item.id for item in sorted(self.sdk.list(), key=lambda item: str(item.created_at))]

    def state(self, id: str) -> str:
        state = self.sdk.get(id).state
        return state.value if state else ""

    def labels(self, id: str) -> Mapping[str, str]:
        return {name: value for name, value in self.sdk.get(id).labels.items() if name != "code-toolbox-language"}

    def make(self, labels: Mapping[str, str]) -> str:
        return self.sdk.create(CreateSandboxFromSnapshotParams(labels=dict(labels))).id

    def change_outside(self, id: str) -> None:
        self.sdk.get(id).set_autostop_interval(5)

    def run(self, id: str, command: str) -> str:
        return self.sdk.get(id).process.exec(command).result

    def processes(self, id: str) -> list[Any]:
        return self.sdk.get(id).process.list_sessions()

    def put_to_sleep(self, id: str) -> None:
        self.sdk.get(id).stop()

    def wake(self, id: str) -> None:
        self.sdk.get(id).start()

    def delete(self, id: str) -> None:
        self.sdk.get(id).delete(wait=True)

    def volumes(self) -> dict[str, str]:
        return {volume.id: volume.name for volume in self.sdk.volume.list()}

    def make_volume(self, name: str) -> str:
        id = self.sdk.volume.create(name).id
        until(lambda: self.sdk.volume.get(name).state == "ready")
        return id

    def delete_volume(self, id: str) -> None:
        self.sdk.volume.delete(next(volume for volume in self.sdk.volume.list() if volume.id == id))
        until(lambda: id not in self.volumes())

    def snapshots(self) -> list[str]:
        return [each.id for each in self.sdk.snapshot.list().items if not each.general]

    def delete_snapshot(self, id: str) -> None:
        self.sdk.snapshot.delete(id)
        until(lambda: id not in self.snapshots())


class E2BSide:
    """E2B."""

    backend = "e2b"
    create_path = r"/e2b/api/v2/sandboxes$"
    look_after_create_path = r"/e2b/api/sandboxes/[a-z0-9]+$"
    quota: tuple[dict[str, int], str, str] = (
        {"running": 0},
        "maximum number of concurrent E2B sandboxes (0)",
        "raise the limit at E2B",
    )
    two_operations: tuple[str, str, str] = (
        "ports=[]",
        "e2b={'deny_out': ['10.0.0.0/8'], 'timeout_minutes': 30}",
        "/timeout$",
    )
    in_place: tuple[str, str] = ("e2b={'deny_out': ['10.0.0.0/8']}", "e2b={'deny_out': ['192.168.0.0/16']}")
    sleep_ends_processes = False
    builds_in_place = True
    snapshot_name = r"tests-dev-tools-[0-9a-f]{12}:[0-9a-f]{8}"
    running = "running"
    cores = 2

    def __init__(self, cloud: Cloud) -> None:
        self.sdk = client_of(cloud)
        self._cloud = cloud

    def ids(self) -> list[str]:
        return [item.sandbox_id for item in sorted(self._all({}), key=lambda item: item.started_at)]

    def state(self, id: str) -> str:
        return {"running": "started"}.get(state := self.sdk.Sandbox.get_info(id).state.value, state)

    def labels(self, id: str) -> Mapping[str, str]:
        return {name: value for name, value in self.sdk.Sandbox.get_info(id).metadata.items() if name != "evolve-name"}

    def make(self, labels: Mapping[str, str]) -> str:
        return self.sdk.Sandbox.create(metadata=dict(labels)).sandbox_id

    def change_outside(self, id: str) -> None:
        self.sdk.Sandbox.update_network(id, {"allow_internet_access": True})

    def run(self, id: str, command: str) -> str:
        try:
            return self.sdk.Sandbox.connect(id).commands.run(command).stdout
        except CommandExitException as failed:
            return failed.stdout

    def processes(self, id: str) -> list[Any]:
        return self.sdk.Sandbox.connect(id).commands.list()

    def put_to_sleep(self, id: str) -> None:
        self.sdk.Sandbox.pause(id)

    def wake(self, id: str) -> None:
        self.sdk.Sandbox.connect(id)

    def delete(self, id: str) -> None:
        assert self.sdk.Sandbox.kill(id)

    def volumes(self) -> dict[str, str]:
        every: list[Any] = cast(Any, self.sdk.Volume).list()
        return {volume.volume_id: volume.name for volume in every}

    def make_volume(self, name: str) -> str:
        return self.sdk.Volume.create(name).volume_id

    def delete_volume(self, id: str) -> None:
        assert self.sdk.Volume.destroy(id)

    def snapshots(self) -> list[str]:
        config = ConnectionConfig(api_key=self._cloud.api_key, api_url=self._cloud.e2b_api_url)
        every: list[Any] = cast(Any, get_templates.sync(client=get_api_client(config)))
        return [each.template_id for each in every]

    def delete_snapshot(self, id: str) -> None:
        assert self.sdk.Sandbox.delete_snapshot(id)

    def _all(self, metadata: Mapping[str, str]) -> list[Any]:
        pages = self.sdk.Sandbox.list(SandboxQuery(metadata=dict(metadata) or None))
        found: list[Any] = []
        while pages.has_next:
            found += pages.next_items()
        return found


SIDES: dict[str, type[DaytonaSide] | type[E2BSide]] = {"daytona": DaytonaSide, "e2b": E2BSide}
