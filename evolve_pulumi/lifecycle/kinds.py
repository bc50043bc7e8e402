"""The kinds of resources: which tables make them up, and what happens to them beside the tables."""

import functools
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evolve_pulumi.lifecycle.commands import COMMAND_OPERATIONS, CommandInSandbox
from evolve_pulumi.lifecycle.files import FILES_OPERATIONS, FilesInSandbox
from evolve_pulumi.lifecycle.inside import InSandboxes
from evolve_pulumi.lifecycle.repositories import GIT_REPOSITORY_OPERATIONS, RepositoryInSandbox
from evolve_pulumi.lifecycle.services import SERVICE_OPERATIONS, ServiceInSandbox, ServiceState
from evolve_pulumi.models.command import CommandArgs
from evolve_pulumi.models.files import FilesArgs, FilesState
from evolve_pulumi.models.git_repository import GitRepositoryArgs, GitRepositoryState
from evolve_pulumi.models.labels import LabelsArgs
from evolve_pulumi.models.managed import Contained, Labelled, Owned
from evolve_pulumi.models.sandbox import SandboxArgs, SandboxState
from evolve_pulumi.models.service import ServiceArgs
from evolve_pulumi.models.service import contradictions as service_contradictions
from evolve_pulumi.models.snapshot import SnapshotArgs, SnapshotState
from evolve_pulumi.models.volume import VolumeArgs
from evolve_pulumi.schema import Operation, Table, Values, is_unknown
from evolve_pulumi.vendors import VENDORS, vendor
from evolve_pulumi.vendors.base import Account, Contradictions, Objects, no_contradictions

ONE_TABLE_AT_A_TIME = threading.Lock()
"""Pydantic parses source text for a table's docstrings. Where two threads do that at once, Python before 3.11.8 raises
a SystemError now and then (python/cpython#106905)."""


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
    refuses: Contradictions = no_contradictions
    """What is refused at every vendor."""
    derived: Callable[[Values], dict[str, Any]] = _nothing
    """Outputs that follow from properties and other outputs, without asking anyone."""

    @property
    def words(self) -> str:
        """Its name as users read it."""
        return self.name.replace("_", " ")

    @functools.cache  # noqa: B019 - kinds live as long as the process
    def table(self, backend: str) -> Table:
        """Its attributes and operations at a vendor."""
        own = vendor(backend).kinds.get(self.name)
        options = [(backend, own.options)] if own and own.options else []
        with ONE_TABLE_AT_A_TIME:
            return Table(
                backend,
                [*((None, part) for part in self.parts), *options],
                own.operations if own else self.operations,
            )

    def contradictions(self, backend: str, inputs: Values) -> Iterable[tuple[str, str]]:
        """Paths of values that are refused, alone or together with others, and why."""
        values = self.table(backend).values(inputs)
        known = {name: value for name, value in values.items() if not is_unknown(value)}
        own, unknown = vendor(backend).kinds.get(self.name), values.keys() - known.keys()
        return (*self.refuses(known, unknown), *(own.contradictions(known, unknown) if own else ()))

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
        Kind(
            "files",
            (Contained, FilesState, FilesArgs),
            lambda account: InSandboxes(account, FilesInSandbox()),
            operations=FILES_OPERATIONS,
        ),
        Kind(
            "command",
            (Contained, CommandArgs),
            lambda account: InSandboxes(account, CommandInSandbox()),
            operations=COMMAND_OPERATIONS,
        ),
        Kind(
            "git_repository",
            (Contained, GitRepositoryState, GitRepositoryArgs),
            lambda account: InSandboxes(account, RepositoryInSandbox()),
            operations=GIT_REPOSITORY_OPERATIONS,
        ),
        Kind(
            "service",
            (Contained, ServiceState, ServiceArgs),
            lambda account: InSandboxes(account, ServiceInSandbox()),
            operations=SERVICE_OPERATIONS,
            refuses=service_contradictions,
        ),
    )
}
