"""Where an environment lives: what the command line says, or else where it is already."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation import Stack

from evolve_pulumi import local_address
from evolve_pulumi.lifecycle.orphans import StackState
from evolve_pulumi.vendors import accounts
from evolve_pulumi.vendors.base import Opener
from evolve_pulumi.vendors.settings import Settings


def state_of(stack: Stack) -> StackState:
    """Our resources in the stack's state."""
    deployment: Mapping[str, Any] = stack.export_stack().deployment or {}
    return StackState.of({"deployment": deployment})


def opener() -> Opener:
    """Reaches the vendors with the keys that this machine's environment has."""
    return accounts(Settings(lambda _: None, os.environ))


@dataclass(frozen=True)
class Place:
    """What the stack's configuration says about where its resources go."""

    backend: str | None
    local: bool | None

    @property
    def config(self) -> dict[str, str]:
        """In the words of the stack's configuration."""
        found = {"evolve:backend": self.backend or ""} if self.backend else {}
        return found | ({"evolve:local": "true"} if self.local else {})

    def settled(self, state: StackState) -> "Place":
        """With what is not said here as it is in the stack already: an environment does not move by itself."""
        for connection in state.places():
            address = local_address.read_address()
            there = bool(address and connection.get("endpoint", "").startswith(f"{address.url}/"))
            return Place(self.backend or connection.get("backend"), there if self.local is None else self.local)
        return self
