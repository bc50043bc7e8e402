"""One account at E2B, through its SDK."""

from collections.abc import Iterator

from e2b import E2B

from evolve_pulumi import local_address, names
from evolve_pulumi.models.managed import Connection
from evolve_pulumi.schema import Values
from evolve_pulumi.vendors import ownership
from evolve_pulumi.vendors.base import Objects, Owned
from evolve_pulumi.vendors.e2b.inside.instance import E2BInstance
from evolve_pulumi.vendors.e2b.lookups import Lookups
from evolve_pulumi.vendors.e2b.place import Place
from evolve_pulumi.vendors.e2b.sandboxes import NAME, Sandboxes
from evolve_pulumi.vendors.e2b.templates import Templates
from evolve_pulumi.vendors.e2b.volumes import Volumes

OBJECTS = {"sandbox": Sandboxes, "snapshot": Templates, "volume": Volumes}


class E2BAccount:
    """An open account; safe to use from several threads."""

    def __init__(self, connection: Connection, api_key: str) -> None:
        self.place = Place.of(connection, api_key)
        local = local_address.read_address()
        is_local = local is not None and self.place.endpoint == local.e2b_api_url
        self.sdk = E2B(
            api_key=api_key,
            api_url=self.place.endpoint,
            domain=self.place.domain,
            sandbox_url=local.e2b_sandbox_url if local and is_local else None,
            debug=False,
            # One layer tries again, and that is ours.
            retries=0,
        )

    def identity(self) -> str | None:
        """What tells this account from others."""
        return self.place.account

    def objects(self, kind: str) -> Objects:
        """The objects of a kind."""
        return OBJECTS[kind](self.sdk, self.place)

    def sandbox(self, id: str) -> E2BInstance:
        """A sandbox with its inside."""
        return E2BInstance(self.sdk, self.place, id)

    def lookups(self) -> Lookups:
        """What the account has."""
        return Lookups(self.sdk, self.place)

    def renew(self, sandbox_id: str, recorded: Values, minutes: int | None, expires_at: str | None) -> None:
        """Count the timeout of one that is killed by it from now on; E2B's labels cannot be changed."""
        del expires_at
        Sandboxes(self.sdk, self.place).renew(sandbox_id, recorded, minutes)

    def owned(self, project: str, stack: str) -> Iterator[Owned]:
        """The sandboxes with the stack's metadata, and the templates and volumes with its names."""
        sandboxes = Sandboxes(self.sdk, self.place)
        for found in sandboxes.all(ownership.of_stack(project, stack)):
            # The list lags behind, so each is looked at once more.
            if sandboxes.find(found.sandbox_id):
                resource = found.metadata.get(ownership.OWNER_LABELS["resource"], "")
                name = found.metadata.get(NAME, "")
                yield Owned("sandbox", found.sandbox_id, name, resource, found.state.value, found.started_at)
        for template in Templates(self.sdk, self.place).all():
            for name in template.aliases:
                if (resource := names.resource_of(name, project, stack)) is not None:
                    state = template.build_status.value
                    yield Owned("snapshot", template.template_id, name, resource, state, template.created_at)
        for volume in Volumes(self.sdk, self.place).all():
            if (resource := names.resource_of(volume.name, project, stack)) is not None:
                yield Owned("volume", volume.volume_id, volume.name, resource, "ready", None)
