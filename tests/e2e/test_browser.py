"""A preview URL in a real browser, which resolves `*.localhost` by itself and runs the page's script."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pulumi_engine import Stack

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGE = (
    "<h1></h1><script>fetch('greeting').then(a => a.text()).then(t => document.querySelector('h1').append(t))</script>"
)
PROGRAM = f"""
import pulumi
from evolve_pulumi import Sandbox, Service

box = Sandbox("web", public=True)
page = Service(
    "page",
    sandbox_id=box.id,
    port=3000,
    command=\"\"\"echo "{PAGE}" > index.html; echo "Hello, $USER" > greeting; exec python3 -m http.server 3000\"\"\",
    env={{"USER": "browser"}},
)
pulumi.export("url", box.preview_url(3000))
"""


@pytest.mark.usefixtures("at")
def test_chromium_opens_a_preview_url(stack: Stack, tmp_path: Path) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("there is no Chromium on this machine; CI installs it")
    stack.write(PROGRAM)
    stack.up().ok()
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    shown = subprocess.run(
        [browser, *options, "--virtual-time-budget=5000", "--dump-dom", stack.outputs()["url"]],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "<h1>Hello, browser" in shown.stdout
