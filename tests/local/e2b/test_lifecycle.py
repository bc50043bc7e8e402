"""The life of a sandbox, from create to kill."""

import re

import pytest
from e2b import E2B, AuthenticationException, SandboxException, SandboxNotFoundException, SandboxState

from tests.cloud import Cloud


def test_a_sandbox_is_made_seen_listed_and_killed(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(metadata={"who": "me"}, timeout=60)
    assert re.fullmatch("i[a-z0-9]{20}", sandbox.sandbox_id)
    assert sandbox.get_host(3000) == f"3000-{sandbox.sandbox_id}.{cloud.e2b_domain}"
    info = sandbox.get_info()
    assert (info.name, info.state, info.metadata) == ("base", SandboxState.RUNNING, {"who": "me"})
    assert [each.sandbox_id for each in e2b.Sandbox.list().next_items()] == [sandbox.sandbox_id]
    assert sandbox.kill()
    assert not sandbox.kill()
    with pytest.raises(SandboxNotFoundException):
        sandbox.get_info()
    assert e2b.Sandbox.list().next_items() == []


def test_an_unknown_template_is_refused(e2b: E2B) -> None:
    with pytest.raises(SandboxException, match="404: template 'none' not found") as refused:
        e2b.Sandbox.create("none")
    assert refused.value.status_code == 404


def test_another_key_opens_nothing(e2b: E2B) -> None:
    with pytest.raises(AuthenticationException):
        e2b.Sandbox.create(api_key="wrong")
