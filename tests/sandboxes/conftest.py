"""The interface to sandboxes at every vendor in turn, on the local cloud and through the vendor's unmodified SDK."""

import re
from collections.abc import Callable

import pytest

from evolve_pulumi import SandboxInstance, SandboxProvider, sandbox_provider
from tests.cloud import Cloud

VENDORS = ("daytona", "e2b")
Calls = Callable[[], list[str]]


@pytest.fixture(scope="session")
def environment(cloud_process: Cloud) -> dict[str, str]:
    """What points a process that uses the interface at the local cloud."""
    return {**cloud_process.environment, "EVOLVE_LOCAL_FOLDER": str(cloud_process.folder)}


@pytest.fixture(scope="session")
def providers(environment: dict[str, str]) -> dict[str, SandboxProvider]:
    """One for each vendor, for all tests: an SDK's client has threads of its own and no way to end them."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return {name: sandbox_provider(name) for name in VENDORS}


@pytest.fixture(params=VENDORS)
def provider(request: pytest.FixtureRequest, cloud: Cloud, providers: dict[str, SandboxProvider]) -> SandboxProvider:
    """The account at each vendor in turn, with nothing in it."""
    del cloud
    return providers[request.param]


@pytest.fixture
def sandbox(provider: SandboxProvider) -> SandboxInstance:
    """A sandbox that runs."""
    return provider.create()


@pytest.fixture
def at_daytona(sandbox: SandboxInstance, provider: SandboxProvider) -> bool:
    """Whether the sandbox is one of Daytona's."""
    del sandbox
    return provider.provider_type == "daytona"


@pytest.fixture
def calls(cloud: Cloud) -> Calls:
    """Asks which calls the vendor got since it was last asked: method and path, without ids."""

    def since() -> list[str]:
        seen = [f"{each['method']} {each['path'].partition('?')[0]}" for each in cloud.calls()]
        cloud.forget_calls()
        return [re.sub(r"/daytona(/api)?|/e2b/(api|envd)|/toolbox|/[0-9a-z-]{20,}", "", each) for each in seen]

    return since
