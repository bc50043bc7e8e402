"""A stack of the real engine's, on the local cloud, and Daytona's own SDK to look at what came of it."""

from pathlib import Path

import pytest
from daytona import Daytona, DaytonaConfig

from tests.cloud import Cloud
from tests.e2e.evolve_command import Environments
from tests.e2e.sides import SIDES, Side
from tests.pulumi_engine import Stack


@pytest.fixture
def stack(cloud: Cloud, tmp_path: Path) -> Stack:
    made = Stack(tmp_path, "", env={"EVOLVE_LOCAL_FOLDER": str(cloud.folder)})
    made.config_set("evolve:local", "true")
    return made


@pytest.fixture
def sdk(cloud: Cloud) -> Daytona:
    """The vendor's client on the same account."""
    return Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url, target="local"))


@pytest.fixture(params=SIDES)
def at(request: pytest.FixtureRequest, cloud: Cloud, stack: Stack) -> Side:
    """Each vendor in turn; the stack goes there too."""
    stack.config_set("evolve:backend", request.param)
    return SIDES[request.param](cloud)


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest, cloud: Cloud) -> Side:
    """Each vendor in turn, for what is said on the command line."""
    return SIDES[request.param](cloud)


@pytest.fixture
def environments(tmp_path: Path, cloud: Cloud) -> Environments:
    """Definitions, their states, and the command."""
    return Environments(tmp_path, cloud)
