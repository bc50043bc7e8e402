"""What a vendor is to the rest: a place with objects of some kinds, and a way into its running sandboxes.

`lifecycle` speaks only these protocols. Values are named as in the tables; ids are the vendor's.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from evolve_pulumi.errors import EvolveError
from evolve_pulumi.models.info import SandboxInfo, SnapshotInfo, VolumeInfo
from evolve_pulumi.models.managed import Connection
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Operation, Values
from evolve_pulumi.vendors.inside import SandboxInstance
from evolve_pulumi.vendors.settings import Keys, Settings


@dataclass(frozen=True)
class Observed:
    """An object as the vendor holds it."""

    id: str
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Current values by attribute name, as far as the vendor tells them."""
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What it answered beside them."""
    unfinished: EvolveError | None = None
    """What kept it from becoming all that is declared. What it is instead is recorded; the next update goes on."""


class Objects(Protocol):
    """The objects of one kind in one account. Every call gives up, and undoes, after its time."""

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Make one and wait until it is ready; where that fails, nothing is left."""
        ...

    def read(self, id: str, recorded: Values) -> Observed | None:
        """Look at one; None where the vendor has it no longer."""
        ...

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Carry out the operations on one; raises NotFoundError where it is gone."""
        ...

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """Remove one and wait until it is gone; False where the vendor did not have it."""
        ...


@dataclass(frozen=True)
class Owned:
    """An object that says which stack made it."""

    kind: str
    id: str
    name: str
    resource: str
    """The resource that it was made for."""
    state: str
    created_at: datetime | None


class Lookups(Protocol):
    """What an account has, whoever owns it. Raises NotFoundError for what it has not."""

    def sandbox(self, id_or_name: str) -> SandboxInfo:
        """One sandbox."""
        ...

    def sandboxes(self, labels: Mapping[str, str]) -> Iterator[SandboxInfo]:
        """Those that carry all the labels."""
        ...

    def snapshot(self, id_or_name: str) -> SnapshotInfo:
        """One snapshot."""
        ...

    def volume(self, id_or_name: str) -> VolumeInfo:
        """One volume."""
        ...

    def preview_url(self, sandbox_id: str, port: int) -> str:
        """Where a port answers."""
        ...

    def signed_preview_url(self, sandbox_id: str, port: int, expires_minutes: float) -> str:
        """Where a port answers without a token, for a time."""
        ...


class Account(Protocol):
    """One account at one vendor, reached with its credentials."""

    def identity(self) -> str | None:
        """Which account the credentials belong to; None where the vendor does not tell."""
        ...

    def objects(self, kind: str) -> Objects:
        """The objects of a kind that this vendor has."""
        ...

    def sandbox(self, id: str) -> SandboxInstance:
        """A sandbox with its inside, running or not; asks nobody."""
        ...

    def lookups(self) -> Lookups:
        """What it has."""
        ...

    def renew(self, sandbox_id: str, recorded: Values, minutes: int | None, expires_at: str | None) -> None:
        """Count the vendor's own time limit of a sandbox from now on, the recorded one or so many minutes, and say in a
        label when it ends, where both can be changed. Raises NotFoundError."""
        ...

    def owned(self, project: str, stack: str) -> Iterator[Owned]:
        """All objects that a stack made, as far as their kind can say so."""
        ...


Contradictions = Callable[[Values, Collection[str]], Iterable[tuple[str, str]]]
"""Paths of declared values that are refused, alone or together with others, and why; of known values, and the names of
those that are not known yet."""


def no_contradictions(_declared: Values, _unknown: Collection[str]) -> Iterable[tuple[str, str]]:
    """Nothing is refused."""
    return ()


@dataclass(frozen=True)
class KindAtVendor:
    """What a vendor adds to a kind's table."""

    options: type | None
    """A TypedDict with what this vendor has alone, given under the vendor's name."""
    operations: tuple[Operation, ...]
    contradictions: Contradictions = no_contradictions
    """What this vendor refuses."""
    is_tagged: bool = False
    """Whether what an object is made from shows in a tag behind its name, `name:tag`, instead of another name."""

    @property
    def option_names(self) -> frozenset[str]:
        """The names of its own options."""
        return frozenset(self.options.__annotations__ if self.options else ())


class Vendor(Protocol):
    """A vendor, without importing its SDK."""

    @property
    def keys(self) -> Keys:
        """Where its keys are configured."""
        ...

    @property
    def kinds(self) -> Mapping[str, KindAtVendor]:
        """The kinds that this vendor has."""
        ...

    def connection(self, settings: Settings) -> Connection:
        """The place that the settings choose; raises ConfigurationError where they choose none."""
        ...

    def credentials(self, settings: Settings, connection: Connection) -> str:
        """The key for a place; raises ConfigurationError where the settings hold none."""
        ...

    def open(self, connection: Connection, credentials: str) -> Account:
        """Reach the account; imports the SDK."""
        ...

    def limited(self, minutes: int, options: Values, ttl_minutes: int) -> dict[str, Any]:
        """A sandbox's options of this vendor, with what ends it when so many minutes are over, whoever is there to.

        They fit every `ttl_minutes` that it may be given to live from now on; raises RefusedError where none do.
        """
        ...

    def warm_up(self) -> None:
        """Import the SDK."""
        ...


Opener = Callable[[Connection], Account]
"""How `lifecycle` reaches the place that a resource was recorded at."""
