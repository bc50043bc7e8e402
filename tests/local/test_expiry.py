"""Sandboxes stop and go by the cloud's clock."""

import asyncio
from datetime import UTC, datetime, timedelta

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.daytona.bodies import DEFAULT_SNAPSHOT
from evolve_pulumi.local.records import Sandbox, State, Store
from evolve_pulumi.local.tiers import choose
from tests.cloud import cloud_folder


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, minutes: float) -> None:
        self.time += timedelta(minutes=minutes)


def sandbox(name: str, stops: int = 0, goes: int = -1) -> Sandbox:
    return Sandbox(
        vendor="any",
        name=name,
        snapshot=DEFAULT_SNAPSHOT,
        user="daytona",
        auto_stop_minutes=stops,
        auto_delete_minutes=goes,
    )


def test_idle_sandboxes_stop_then_go_and_a_life_has_an_end() -> None:
    async def live() -> None:
        with cloud_folder() as folder:
            clock = Clock()
            cloud = Cloud(Store(folder), choose(folder, None), clock)
            idle = sandbox("idle", stops=10, goes=20)
            ending = sandbox("ending")
            ending.destroy_at = clock() + timedelta(minutes=30)
            for each in (idle, ending):
                await cloud.create(each)
            clock.move(9)
            cloud.touch(idle)
            clock.move(9)
            await cloud.expire()
            assert (idle.state, ending.state) == (State.STARTED, State.STARTED)
            clock.move(1)
            await cloud.expire()
            assert (idle.state, ending.state) == (State.STOPPED, State.STARTED)
            clock.move(19)
            await cloud.expire()
            await cloud.settle()
            assert cloud.sandboxes() == [idle]
            clock.move(1)
            await cloud.expire()
            await cloud.settle()
            assert cloud.sandboxes() == []

    asyncio.run(live())
