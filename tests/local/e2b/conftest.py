"""What most tests of E2B's dialect begin with."""

import pytest
from e2b import E2B, Sandbox

from tests.cloud import Cloud
from tests.local.e2b.client import client_of


@pytest.fixture
def e2b(cloud: Cloud) -> E2B:
    """The SDK, unmodified, against an empty cloud."""
    return client_of(cloud)


@pytest.fixture
def sandbox(e2b: E2B) -> Sandbox:
    """A sandbox that runs."""
    return e2b.Sandbox.create()
