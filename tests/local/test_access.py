"""Who may ask, and how refusals read."""

import httpx
import pytest
from daytona import Daytona, DaytonaAuthenticationError, DaytonaConfig

from tests.cloud import Cloud


def test_a_wrong_key_opens_nothing(cloud: Cloud) -> None:
    wrong = Daytona(DaytonaConfig(api_key="wrong", api_url=cloud.daytona_api_url))
    with pytest.raises(DaytonaAuthenticationError, match="Invalid credentials"):
        wrong.get("any")
    for path in ("/daytona/api/sandbox", "/daytona/toolbox/x/files", "/local/status", "/local/calls"):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": cloud.api_key[:-1]}):
            assert httpx.get(cloud.url + path, headers=headers).status_code == 401


def test_an_error_has_the_body_that_daytona_documents(cloud: Cloud) -> None:
    answer = httpx.get(f"{cloud.daytona_api_url}/sandbox/none", headers={"Authorization": f"Bearer {cloud.api_key}"})
    body = answer.json()
    assert body.pop("timestamp")
    assert body == {
        "path": "/daytona/api/sandbox/none",
        "method": "GET",
        "statusCode": 404,
        "error": "Not Found",
        "message": "Sandbox none not found",
    }


def test_a_body_that_is_no_json_is_refused(cloud: Cloud) -> None:
    headers = {"Authorization": f"Bearer {cloud.api_key}"}
    for path in ("/daytona/api/sandbox", "/daytona/toolbox/x/process/execute"):
        assert httpx.post(cloud.url + path, headers=headers, content=b"{").status_code == 400


def test_the_key_says_which_organization_it_is_of(cloud: Cloud) -> None:
    headers = {"Authorization": f"Bearer {cloud.api_key}"}
    answer = httpx.get(f"{cloud.daytona_api_url}/api-keys/current", headers=headers).json()
    assert answer["organizationId"] == cloud.status()["organization"] == "local"
    assert cloud.api_key not in str(answer)


def test_an_unknown_path_is_not_found(cloud: Cloud) -> None:
    headers = {"Authorization": f"Bearer {cloud.api_key}"}
    for path in ("/", "/nothing", "/daytona/api/nothing", "/local/nothing"):
        assert httpx.get(cloud.url + path, headers=headers).status_code == 404
