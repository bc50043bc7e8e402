"""What a change of one attribute asks of a vendor."""

from dataclasses import dataclass, field
from typing import Any

REPLACED = None
"""Instead of calls: another sandbox takes its place."""


@dataclass(frozen=True)
class Case:
    """A value, another, and what is asked of the vendor: calls below the sandbox's own path, or REPLACED.

    `beside` are arguments that never change.
    """

    first: Any
    second: Any
    changed: list[str] | None
    removed: list[str] | None
    beside: dict[str, Any] = field(default_factory=dict[str, Any])
