"""What earlier SDKs call: the same by other paths, with shorter times."""

from datetime import datetime
from typing import Any

import httpx

from tests.cloud import Cloud


def call(cloud: Cloud, method: str, path: str, **body: Any) -> httpx.Response:
    url = f"{cloud.e2b_api_url}/sandboxes{path}"
    return httpx.request(method, url, json=body or None, headers={"X-API-KEY": cloud.api_key})


def seconds(cloud: Cloud, sandbox: str) -> int:
    """How long it was to run from its start."""
    known = call(cloud, "GET", f"/{sandbox}").json()
    return round((datetime.fromisoformat(known["endAt"]) - datetime.fromisoformat(known["startedAt"])).total_seconds())


def test_a_sandbox_is_made_paused_and_resumed(cloud: Cloud) -> None:
    made = call(cloud, "POST", "", templateID="base", secure=True)
    assert made.status_code == 201
    sandbox = made.json()["sandboxID"]
    assert seconds(cloud, sandbox) == 15
    assert call(cloud, "POST", f"/{sandbox}-{made.json()['clientID']}/resume", timeout=60).status_code == 409
    assert call(cloud, "POST", f"/{sandbox}/pause").status_code == 204
    assert call(cloud, "POST", f"/{sandbox}/pause").status_code == 409
    assert call(cloud, "POST", f"/{sandbox}/resume", timeout=60).status_code == 201
    assert seconds(cloud, sandbox) == 60
    assert call(cloud, "POST", f"/{sandbox}/connect", timeout=120).status_code == 200
    assert seconds(cloud, sandbox) == 120
    assert call(cloud, "POST", f"/{sandbox}/pause").status_code == 204
    assert call(cloud, "POST", f"/{sandbox}/resume", autoPause=True).status_code == 201
    cloud.advance(minutes=1)
    assert call(cloud, "GET", f"/{sandbox}").json()["state"] == "paused"


def test_a_refresh_only_gives_more_time(cloud: Cloud) -> None:
    sandbox = call(cloud, "POST", "", templateID="base", timeout=60).json()["sandboxID"]
    assert call(cloud, "POST", f"/{sandbox}/refreshes").status_code == 204
    assert seconds(cloud, sandbox) == 60
    assert call(cloud, "POST", f"/{sandbox}/refreshes", duration=600).status_code == 204
    assert seconds(cloud, sandbox) == 600
    assert call(cloud, "POST", f"/{sandbox}/refreshes", duration=3601).status_code == 400
