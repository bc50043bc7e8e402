"""What most tests of the local cloud begin with."""

import pytest
from daytona import Daytona, DaytonaConfig, Sandbox

from tests.cloud import Cloud


@pytest.fixture(scope="session")
def client(cloud_process: Cloud) -> Daytona:
    """One SDK client for all tests: each has threads of its own and no way to end them."""
    return Daytona(DaytonaConfig(api_key=cloud_process.api_key, api_url=cloud_process.daytona_api_url))


@pytest.fixture
def daytona(cloud: Cloud, client: Daytona) -> Daytona:
    """The SDK, unmodified, against an empty cloud."""
    del cloud
    return client


@pytest.fixture
def sandbox(daytona: Daytona) -> Sandbox:
    """A sandbox that is started."""
    return daytona.create()
