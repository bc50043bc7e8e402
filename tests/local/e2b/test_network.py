"""Network settings, which are kept and answered."""

import pytest
from e2b import E2B, SandboxException, SandboxNotFoundException

PROXY = {"address": "proxy.example:1080", "username": "me", "password": "secret-word"}


def test_settings_are_answered_without_the_password(e2b: E2B) -> None:
    network = {
        "allow_out": ["example.com", "8.8.8.8"],
        "deny_out": ["0.0.0.0/0"],
        "egress_proxy": PROXY,
        "mask_request_host": "localhost:${PORT}",
    }
    sandbox = e2b.Sandbox.create(network=network, allow_internet_access=False)  # pyright: ignore[reportArgumentType]
    info = sandbox.get_info()
    assert info.allow_internet_access is False
    assert info.network == {**network, "egress_proxy": {"address": "proxy.example:1080", "username": "me"}}


def test_an_update_replaces_what_may_be_reached_and_nothing_else(e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(network={"deny_out": ["1.1.1.1"], "allow_public_traffic": False})
    sandbox.update_network({"allow_out": ["8.8.0.0/16"], "allow_internet_access": True})
    info = sandbox.get_info()
    assert info.network == {"allow_out": ["8.8.0.0/16"], "allow_public_traffic": False}
    assert info.allow_internet_access is True
    sandbox.update_network({})
    assert sandbox.get_info().network == {"allow_public_traffic": False}


def test_settings_that_cannot_be_are_refused(e2b: E2B) -> None:
    with pytest.raises(SandboxException, match=r"400: .*not an IP address or CIDR block"):
        e2b.Sandbox.create(network={"deny_out": ["example.com"]})
    sandbox = e2b.Sandbox.create()
    with pytest.raises(SandboxException, match=r"400: .*need 0\.0\.0\.0/0 in deny out"):
        sandbox.update_network({"allow_out": ["example.com"]})
    sandbox.pause()
    with pytest.raises(SandboxNotFoundException):
        sandbox.update_network({})
