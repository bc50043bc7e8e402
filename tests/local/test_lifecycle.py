"""Sandboxes come, stop, start and go, as the Daytona SDK sees it."""

from daytona import CreateSandboxFromSnapshotParams, Daytona, DaytonaConfig

from tests.cloud import Cloud


def test_a_sandbox_is_created_found_and_deleted(cloud: Cloud) -> None:
    daytona = Daytona(DaytonaConfig(api_key=cloud.api_key, api_url=cloud.daytona_api_url))
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(name="one", labels={"team": "a"}))
    assert daytona.get("one").id == sandbox.id
    assert [each.name for each in daytona.list()] == ["one"]
    sandbox.delete(wait=True)
    assert list(daytona.list()) == []
