"""What pickled providers in stacks' states refer to. Frozen: this module's name, `load`, and its kinds, for ever.

A state that was written by any release must find its provider here, or its resources can be neither refreshed nor
destroyed.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evolve_pulumi.dynamic.provider import Provider


def load(kind: str) -> "Provider":
    """The provider for a kind."""
    from evolve_pulumi.dynamic.provider import provider

    return provider(kind)
