"""One stack's life by the variables that the vendors' own SDKs take: on the local cloud, or at the vendors themselves.

With EVOLVE_LIVE=1 and a key (DAYTONA_API_KEY, E2B_API_KEY) it runs at that vendor, costs a few minutes of a small
sandbox, and sweeps behind itself.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.cloud import Cloud
from tests.preview import get
from tests.pulumi_engine import Stack

LIVE = os.environ.get("EVOLVE_LIVE") == "1"
PROGRAM = """
import pulumi
from evolve_pulumi import DaytonaOptions, E2BOptions, Sandbox, Service

box = Sandbox(
    "web",
    public=True,
    env={{"WHO": "you"}},
    daytona=DaytonaOptions(auto_stop_minutes={minutes}, ttl_minutes=30),
    e2b=E2BOptions(timeout_minutes={minutes}),
)
Service(
    "page",
    sandbox_id=box.id,
    port=3000,
    command='echo "Hello, $WHO" > index.html && exec python3 -m http.server 3000',
    health={{"path": "/"}},
)
pulumi.export("id", box.id)
pulumi.export("url", box.preview_url(3000))
"""


@pytest.fixture(params=["DAYTONA", "E2B"])
def stack(request: pytest.FixtureRequest, cloud: Cloud, tmp_path: Path) -> Stack:
    """A stack that knows nothing of the local cloud but the variables."""
    own = {name: value for name, value in cloud.environment.items() if name.startswith(request.param)}
    if LIVE:
        if f"{request.param}_API_KEY" not in os.environ:
            pytest.skip(f"{request.param}_API_KEY is not set")
        own = {}
    made = Stack(tmp_path, "", env=own | {"EVOLVE_LOCAL_FOLDER": str(tmp_path)})
    made.config_set("evolve:backend", request.param.lower())
    return made


def page(url: str) -> httpx.Response:
    return httpx.get(url) if LIVE else get(url)


def test_a_stack_lives_and_leaves_nothing(stack: Stack) -> None:
    try:
        stack.write(PROGRAM.format(minutes=10))
        assert stack.up().ok().changes == {"created": 3}
        outputs = stack.outputs()
        assert page(outputs["url"]).text == "Hello, you\n"
        assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 3}
        stack.write(PROGRAM.format(minutes=15))
        assert stack.up().ok().changes == {"updated": 1, "same": 2}
        assert stack.outputs() == outputs
        assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 3}
    finally:
        stack.destroy().ok()
    command = [
        str(Path(sys.executable).with_name("evolve-pulumi")),
        "sweep",
        "--stack",
        stack.name,
        "--older-than",
        "0",
    ]
    swept = subprocess.run([*command, "--delete"], cwd=stack.folder, env=stack.env, capture_output=True, text=True)
    assert swept.stdout == "Nothing is orphaned.\n"
