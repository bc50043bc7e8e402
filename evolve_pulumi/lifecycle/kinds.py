"""The kinds of resources: which tables make them up, and what happens to them beside the tables."""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evolve_pulumi.lifecycle.services import SERVICE_OPERATIONS, Services, ServiceState
from evolve_pulumi.models.labels import LabelsArgs
from evolve_pulumi.models.managed import Labelled, Owned
from evolve_pulumi.models.sandbox import SandboxArgs, SandboxState
from evolve_pulumi.models.service import ServiceArgs
from evolve_pulumi.models.snapshot import SnapshotArgs, SnapshotState
from evolve_pulumi.models.volume import VolumeArgs
from evolve_pulumi.schema import Operation, Table, Values, is_unknown
from evolve_pulumi.vendors import VENDORS, vendor
from evolve_pulumi.vendors.base import Account, Objects


def _nothing(_outs: Values) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Kind:
    """One kind of resource."""

    name: str
    parts: tuple[type, ...]
    """TypedDicts with its arguments at every vendor; a vendor's own options come on top."""
    objects: Callable[[Account], Objects]
    """Where its objects are, in an account."""
    named_by_content: bool = False
    """Whether its automatic name changes with what it is made from."""
    holds_data: bool = False
    """Whether its deletion loses what cannot be made again, and so has to be allowed."""
    create_minutes: float = 5
    """How long its creation may take where the program does not say."""
    operations: tuple[Operation, ...] = ()
    """Those that are the same at every vendor."""
    derived: Callable[[Values], dict[str, Any]] = _nothing
    """Outputs that follow from properties and other outputs, without asking anyone."""

    @functools.cache  # noqa: B019 - kinds live as long as the process
    def table(self, backend: str) -> Table:
        """Its attributes and operations at a vendor."""
        own = vendor(backend).kinds.get(self.name)
        options = [(backend, own.options)] if own and own.options else []
        return Table(
            backend,
            [*((None, part) for part in self.parts), *options],
            own.operations if own else self.operations,
        )

    def contradictions(self, backend: str, inputs: Values) -> Iterable[tuple[str, str]]:
        """Paths of values that a vendor refuses, alone or together with others, and why."""
        values = self.table(backend).values(inputs)
        known = {name: value for name, value in values.items() if not is_unknown(value)}
        own = vendor(backend).kinds.get(self.name)
        return own.contradictions(known, values.keys() - known.keys()) if own else ()

    def is_tagged(self, backend: str) -> bool:
        """Whether its names at a vendor end in a tag that tells what an object is made from."""
        own = vendor(backend).kinds.get(self.name)
        return bool(own and own.is_tagged)

    def option_groups(self) -> frozenset[str]:
        """The names under which vendors' options for it may be given."""
        return frozenset(name for name, at in VENDORS.items() if (own := at.kinds.get(self.name)) and own.options)


def _preview_urls(outs: Values) -> dict[str, Any]:
    template = outs.get("preview_url_template")
    ports: list[int] = outs.get("ports", []) if template else []
    return {"preview_urls": {str(port): str(template).replace("{port}", str(port), 1) for port in ports}}


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "sandbox",
            (Labelled, SandboxState, SandboxArgs),
            lambda account: account.objects("sandbox"),
            derived=_preview_urls,
        ),
        Kind(
            "snapshot",
            (Owned, SnapshotState, SnapshotArgs),
            lambda account: account.objects("snapshot"),
            named_by_content=True,
            create_minutes=30,
        ),
        Kind(
            "volume",
            (Owned, VolumeArgs),
            lambda account: account.objects("volume"),
            holds_data=True,
        ),
        Kind("labels", (Owned, LabelsArgs), lambda account: account.objects("labels")),
        Kind("service", (Owned, ServiceState, ServiceArgs), Services, operations=SERVICE_OPERATIONS),
    )
}
