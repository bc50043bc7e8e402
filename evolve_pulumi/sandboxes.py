"""Sandboxes at run time: one interface to what is inside them, whichever vendor has them.

    from evolve_pulumi import sandbox_provider

    provider = sandbox_provider()
    sandbox = provider.create(env={"GREETING": "hello"})
    print(sandbox.commands.run("echo $GREETING").stdout)
    sandbox.kill()

Nothing here needs Pulumi. What is created here belongs to no stack: no `pulumi up` or `sweep` touches it, and whoever
creates it has to `kill` it. A sandbox that a stack declares is reached by its id: `provider.connect(id)`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, cast

from typing_extensions import Unpack, get_type_hints

from evolve_pulumi import names
from evolve_pulumi.errors import RefusedError
from evolve_pulumi.lifecycle.check import check
from evolve_pulumi.lifecycle.kinds import KINDS
from evolve_pulumi.models.info import SandboxInfo
from evolve_pulumi.models.managed import Connection
from evolve_pulumi.models.sandbox import SandboxOptions
from evolve_pulumi.vendors import accounts, backend_of, connect
from evolve_pulumi.vendors.base import Account
from evolve_pulumi.vendors.daytona.options import DaytonaOptions
from evolve_pulumi.vendors.e2b.options import E2BOptions
from evolve_pulumi.vendors.inside import SandboxInstance
from evolve_pulumi.vendors.settings import Settings

ProviderType = Literal["daytona", "e2b"]

KIND = KINDS["sandbox"]


class CreateOptions(SandboxOptions, total=False):
    """What a sandbox is made with: as the resource takes it, from the same tables."""

    daytona: DaytonaOptions
    """What only Daytona has; ignored elsewhere."""
    e2b: E2BOptions
    """What only E2B has; ignored elsewhere."""


class SandboxProvider(Protocol):
    """Sandboxes of one account at one vendor."""

    @property
    def provider_type(self) -> ProviderType:
        """The vendor."""
        ...

    def create(self, **options: Unpack[CreateOptions]) -> SandboxInstance:
        """Make a sandbox and wait until it runs; where that fails, nothing is left.

        Args:
            options: See `SandboxOptions`, `DaytonaOptions` and `E2BOptions`, which the reference documents.

        Raises:
            RefusedError: Options are wrong, each named with its path.
            VendorError: The vendor refuses, or does not answer.
            NotReadyError: It does not come up in `timeouts`' `create_minutes`, by default 5.
        """
        ...

    def connect(self, sandbox_id: str) -> SandboxInstance:
        """A sandbox that is there, by its id or name, running or not; wakes nothing. Raises NotFoundError."""
        ...

    def list(self, labels: Mapping[str, str] | None = None) -> Sequence[SandboxInfo]:
        """All sandboxes that carry all of these labels, or just all. The vendor's list may lag behind by seconds."""
        ...


def sandbox_provider(provider_type: ProviderType | None = None) -> SandboxProvider:
    """The sandboxes of a vendor; without its name of the one that DAYTONA_API_KEY or E2B_API_KEY is set for.

    Each vendor's environment is its SDK's: DAYTONA_API_URL, DAYTONA_TARGET, E2B_API_URL, E2B_DOMAIN. In a Pulumi
    program the stack's configuration comes first, as for resources.

    Raises:
        ConfigurationError: No key is set, or both are and no vendor is named.
    """
    settings = Settings.here()
    backend = provider_type or settings.get("backend") or backend_of(settings)
    connection = connect(settings, backend)
    return Provider(cast(ProviderType, backend), connection, accounts(settings)(connection))


class Provider:
    """An account at a vendor."""

    def __init__(self, backend: ProviderType, connection: Connection, account: Account) -> None:
        self._backend: ProviderType = backend
        self._connection = connection
        self._account = account

    @property
    def provider_type(self) -> ProviderType:
        """The vendor."""
        return self._backend

    def create(self, **options: Unpack[CreateOptions]) -> SandboxInstance:
        """Make a sandbox and wait until it runs."""
        table = KIND.table(self._backend)
        if foreign := sorted({each.path[0] for each in table.entries} & options.keys() - get_type_hints(CreateOptions)):
            raise RefusedError(f"{', '.join(foreign)}: only the resource `Sandbox` takes this")
        declared = {"name": names.of_labelled("sandbox"), **options, "connection": self._connection}
        checked = check(KIND, table, {}, declared)
        if checked.failures:
            raise RefusedError("; ".join(map(str, checked.failures)))
        minutes = checked.inputs.get("timeouts", {}).get("create_minutes", KIND.create_minutes)
        made = KIND.objects(self._account).create(table.fields(checked.inputs), 60 * minutes)
        return self._account.sandbox(made.id)

    def connect(self, sandbox_id: str) -> SandboxInstance:
        """A sandbox that is there."""
        return self._account.sandbox(self._account.lookups().sandbox(sandbox_id).id)

    def list(self, labels: Mapping[str, str] | None = None) -> Sequence[SandboxInfo]:
        """All sandboxes that carry all of these labels."""
        return [*self._account.lookups().sandboxes(labels or {})]
