"""One account at Daytona, through its SDK."""

import functools
from collections.abc import Iterator

import daytona
from daytona_api_client import ApiClient, ApiException, ApiKeysApi, Configuration

from evolve_pulumi import names
from evolve_pulumi.models.managed import Connection
from evolve_pulumi.schema import Values
from evolve_pulumi.vendors import ownership
from evolve_pulumi.vendors.base import Objects, Owned
from evolve_pulumi.vendors.daytona.errors import translated
from evolve_pulumi.vendors.daytona.inside.instance import DaytonaInstance
from evolve_pulumi.vendors.daytona.lookups import Lookups, time
from evolve_pulumi.vendors.daytona.sandbox_labels import SandboxLabels
from evolve_pulumi.vendors.daytona.sandboxes import Sandboxes
from evolve_pulumi.vendors.daytona.snapshots import Snapshots
from evolve_pulumi.vendors.daytona.volumes import Volumes

MAX_CONNECTIONS = 256
OBJECTS = {"sandbox": Sandboxes, "snapshot": Snapshots, "labels": SandboxLabels, "volume": Volumes}


class DaytonaAccount:
    """An open account; safe to use from several threads."""

    def __init__(self, connection: Connection, api_key: str) -> None:
        self.endpoint = connection.get("endpoint", "")
        self._api_key = api_key
        config = daytona.DaytonaConfig(
            api_key=api_key,
            api_url=self.endpoint,
            target=connection.get("region"),
            connection_pool_maxsize=MAX_CONNECTIONS,
        )
        with translated(self.endpoint):
            self.sdk = daytona.Daytona(config)

    @functools.cache  # noqa: B019 - an account lives as long as the process
    def identity(self) -> str | None:
        """The organization that the key belongs to."""
        client = ApiClient(Configuration(host=self.endpoint), "Authorization", f"Bearer {self._api_key}")
        try:
            return ApiKeysApi(client).get_current_api_key().organization_id
        except ApiException:
            return None

    def objects(self, kind: str) -> Objects:
        """The objects of a kind."""
        return OBJECTS[kind](self.sdk, self.endpoint)

    def sandbox(self, id: str) -> DaytonaInstance:
        """A sandbox with its inside."""
        return DaytonaInstance(self.sdk, self.endpoint, id)

    def lookups(self) -> Lookups:
        """What the account has."""
        return Lookups(self.sdk, self.endpoint)

    def renew(self, sandbox_id: str, recorded: Values, minutes: int | None, expires_at: str | None) -> None:
        """Count its time to live from now on."""
        ttl_minutes = recorded.get("ttl_minutes", 0) if minutes is None else minutes
        Sandboxes(self.sdk, self.endpoint).renew(sandbox_id, ttl_minutes, expires_at)

    def owned(self, project: str, stack: str) -> Iterator[Owned]:
        """The sandboxes with the stack's labels, and the volumes and snapshots with its names."""
        yield from self._owned_sandboxes(project, stack)
        volumes, snapshots = Volumes(self.sdk, self.endpoint), Snapshots(self.sdk, self.endpoint)
        for kind, item in [
            *(("volume", each) for each in volumes.all()),
            *(("snapshot", each) for each in snapshots.all()),
        ]:
            resource = names.resource_of(item.name, project, stack)
            if resource is not None:
                yield Owned(kind, item.id, item.name, resource, item.state.value, time(item.created_at))

    def _owned_sandboxes(self, project: str, stack: str) -> Iterator[Owned]:
        """Daytona's list lags behind, so each is looked at once more."""
        with translated(self.endpoint):
            listed = list(self.sdk.list(daytona.ListSandboxesQuery(labels=ownership.of_stack(project, stack))))
        sandboxes = Sandboxes(self.sdk, self.endpoint)
        for item in listed:
            if found := sandboxes.find(item.id):
                resource = found.labels.get(ownership.OWNER_LABELS["resource"], "")
                state = found.state.value if found.state else "unknown"
                yield Owned("sandbox", found.id, found.name, resource, state, time(found.created_at))
