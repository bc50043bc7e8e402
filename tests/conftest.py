"""Fixtures that every test may use."""

from collections.abc import Iterator

import pytest

from tests.cloud import Cloud, running_cloud


@pytest.fixture(scope="session")
def cloud_process() -> Iterator[Cloud]:
    """A local cloud that runs for the whole session."""
    with running_cloud() as (_, cloud):
        yield cloud


@pytest.fixture
def cloud(cloud_process: Cloud) -> Iterator[Cloud]:
    """A local cloud that is empty before the test and after it."""
    cloud_process.reset()
    yield cloud_process
    cloud_process.reset()
