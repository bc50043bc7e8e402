"""Quotas and rate limits that tests switch on. Knows no HTTP and no vendor."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from evolve_pulumi.local.errors import QuotaExceededError
from evolve_pulumi.local.records import Sandbox, State

Size = Literal["cpu", "memory_gib", "disk_gib"]
SIZES: tuple[Size, ...] = ("cpu", "memory_gib", "disk_gib")
Counted = Literal["running", "snapshots", "volumes"]
Throttler = Literal["general", "sandbox-create", "sandbox-lifecycle"]
IDLE = {State.STOPPED, State.ARCHIVING, State.ARCHIVED, State.ERROR, State.DESTROYING}
"""States in which a sandbox needs no cores and no memory."""
NOT_RUNNING = {*IDLE, State.STOPPING, State.PAUSING, State.PAUSED}
"""States in which it is not counted as one that runs."""
STORED_AWAY = {State.ARCHIVED, State.DESTROYING}
"""States in which it needs no disk either."""


class Rate(BaseModel):
    """So many calls in so many seconds of the cloud's clock, counted from the first."""

    model_config = ConfigDict(extra="forbid")

    calls: int = Field(ge=0)
    seconds: float = Field(gt=0, default=60)


@dataclass(frozen=True)
class Taken:
    """A call that was counted: how many are allowed, how many are left, and the seconds until it begins anew."""

    allowed: int
    left: int
    seconds: int

    @property
    def too_many(self) -> bool:
        """Whether the call is one too many."""
        return self.left < 0


class Window:
    """The calls of one throttler in its current stretch of time."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._calls = 0

    def take(self, rate: Rate, now: datetime) -> Taken:
        """Count a call."""
        length = timedelta(seconds=rate.seconds)
        if self._began is None or now >= self._began + length:
            self._began, self._calls = now, 0
        self._calls += 1
        return Taken(rate.calls, rate.calls - self._calls, math.ceil((self._began + length - now).total_seconds()))


class Limits(BaseModel):
    """What an organization may use; what is not set has no limit."""

    model_config = ConfigDict(extra="forbid")

    total: dict[Size | Counted, int] = {}
    """Of all sandboxes together, and the number of sandboxes that run, of snapshots and of volumes."""
    sandbox: dict[Size, int] = {}
    """Of each sandbox."""
    rates: dict[Throttler, Rate] = {}
    _windows: dict[Throttler, Window] = PrivateAttr(default_factory=lambda: defaultdict(Window))

    def count_call(self, throttler: Throttler, now: datetime) -> Taken | None:
        """Count a call where its throttler has a rate."""
        rate = self.rates.get(throttler)
        return rate and self._windows[throttler].take(rate, now)

    def admit_sandbox(self, others: Iterable[Sandbox], asked: dict[Size, int]) -> None:
        """Whether a sandbox may have these sizes beside others; raises QuotaExceededError."""
        for size, amount in asked.items():
            if amount > self.sandbox.get(size, amount):
                raise QuotaExceededError(size, self.sandbox[size], amount, sandbox=True)
            spared = STORED_AWAY if size == "disk_gib" else IDLE
            used = sum(getattr(other, size) for other in others if other.state not in spared)
            if used + amount > self.total.get(size, used + amount):
                raise QuotaExceededError(size, self.total[size], amount)

    def admit_one_more(self, what: Counted, there: int) -> None:
        """Whether there may be another one; raises QuotaExceededError."""
        if there >= self.total.get(what, there + 1):
            raise QuotaExceededError(what, self.total[what], 1)
