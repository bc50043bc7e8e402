"""Sizes of environments: a vendor gives them to a sandbox, or only to what it is made from."""

from collections.abc import Iterator

from evolve_pulumi.definitions import tree
from evolve_pulumi.definitions.model import Definition
from evolve_pulumi.models.snapshot import SnapshotArgs
from evolve_pulumi.vendors import vendor


def unsupported(definition: Definition, backend: str) -> Iterator[tuple[tree.Path, str]]:
    """What of a definition's `size` a vendor has not, and why."""
    size, kinds = definition.get("size", {}), vendor(backend).kinds
    of_snapshot = SnapshotArgs.__annotations__.keys() | kinds["snapshot"].option_names
    if not {"image", "dockerfile"} & definition.keys() and size.keys() - kinds["sandbox"].option_names:
        yield ("size",), f"goes at {backend} only with image or dockerfile: a snapshot there has its own size"
    for key in size.keys() - of_snapshot:
        yield ("size", key), f"is not there at {backend}"
