"""Choosing a vendor, and making, finding and ending sandboxes there."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from evolve_pulumi import (
    DaytonaOptions,
    E2BOptions,
    EvolveError,
    NotFoundError,
    NotReadyError,
    SandboxInstance,
    SandboxProvider,
    sandbox_provider,
)
from evolve_pulumi.errors import ConfigurationError, RefusedError
from tests.cloud import Cloud
from tests.sandboxes.conftest import Calls
from tests.waiting import until

SetKeys = Callable[..., None]


@pytest.fixture
def set_keys(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> SetKeys:
    """Lets a process have just these keys."""

    def only(*names: str) -> None:
        for name, value in environment.items():
            if name.endswith("_API_KEY") and name not in names:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)

    return only


@pytest.mark.parametrize(("variable", "vendor"), [("DAYTONA_API_KEY", "daytona"), ("E2B_API_KEY", "e2b")])
def test_the_key_that_is_set_chooses_the_vendor(set_keys: SetKeys, variable: str, vendor: str) -> None:
    set_keys(variable)
    assert sandbox_provider().provider_type == vendor


def test_two_keys_leave_the_choice_to_the_program(set_keys: SetKeys) -> None:
    set_keys("DAYTONA_API_KEY", "E2B_API_KEY")
    with pytest.raises(ConfigurationError, match="Name the one: 'daytona' or 'e2b'"):
        sandbox_provider()
    assert sandbox_provider("e2b").provider_type == "e2b"


def test_without_a_key_it_is_said_what_to_set(set_keys: SetKeys) -> None:
    set_keys()
    with pytest.raises(ConfigurationError, match="DAYTONA_API_KEY"):
        sandbox_provider()
    with pytest.raises(ConfigurationError, match="E2B_API_KEY"):
        sandbox_provider("e2b")
    with pytest.raises(ConfigurationError, match="no backend 'modal'"):
        sandbox_provider("modal")  # pyright: ignore[reportArgumentType]


def test_it_needs_no_pulumi(environment: dict[str, str], provider: SandboxProvider) -> None:
    code = (
        "import sys; from evolve_pulumi import sandbox_provider; box = sandbox_provider(sys.argv[1]).create();"
        "print(box.commands.run('echo ran').stdout.strip(), sorted({'pulumi', 'aiohttp.web'} & set(sys.modules)))"
    )
    arguments = [sys.executable, "-c", code, provider.provider_type]
    assert subprocess.check_output(arguments, env={**os.environ, **environment}, text=True) == "ran []\n"


def test_a_sandbox_has_what_it_was_made_with_and_no_owner(provider: SandboxProvider) -> None:
    box = provider.create(
        name="mine",
        env={"GREETING": "it's ü"},
        labels={"team": "docs"},
        daytona=DaytonaOptions(auto_stop_minutes=30),
        e2b=E2BOptions(timeout_minutes=30),
    )
    info = box.get_info()
    assert (info.id, info.name) == (box.sandbox_id, "mine")
    own = {name: value for name, value in info.labels.items() if name not in ("evolve-create", "evolve-name")}
    assert own == {"team": "docs"}
    assert box.commands.run("echo $GREETING").stdout == "it's ü\n"
    if provider.provider_type == "daytona":
        assert box.native.auto_stop_interval == 30
    else:
        seen = box.native.get_info()
        assert round((seen.end_at - seen.started_at).total_seconds() / 60) == 30


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"nmae": "x"}, r"nmae: is not an argument of a sandbox; did you mean name\?"),
        ({"env": {"1A": "x"}}, r"env\.1A: String should match pattern"),
        ({"labels": {"evolve-stack": "x"}}, "labels that begin with evolve-"),
        ({"on_destroy": "keep", "ports": [1]}, "on_destroy, ports: only the resource `Sandbox` takes this"),
    ],
)
def test_wrong_options_are_refused_with_their_path(
    provider: SandboxProvider, calls: Calls, options: dict[str, Any], words: str
) -> None:
    calls()
    with pytest.raises(RefusedError, match=words):
        provider.create(**options)
    assert calls() == []


def test_each_vendors_own_options_are_its_own(provider: SandboxProvider) -> None:
    wrong: dict[str, Any] = {provider.provider_type: {"timeout_hours": 1}}
    with pytest.raises(RefusedError, match=rf"{provider.provider_type}\.timeout_hours"):
        provider.create(**wrong)


def test_a_vendor_that_refuses_says_why(provider: SandboxProvider, cloud: Cloud) -> None:
    limits = {"total": {"cpu": 0}} if provider.provider_type == "daytona" else {"total": {"running": 0}}
    cloud.limit(**limits)
    with pytest.raises(EvolveError, match=r"(CPU limit exceeded|maximum number of concurrent).*raise the limit at"):
        provider.create()


def test_they_are_listed_by_labels_and_connected_to_by_id(provider: SandboxProvider) -> None:
    made = {team: provider.create(labels={"team": team, "all": "yes"}).sandbox_id for team in ("a", "b")}
    assert {each.id for each in provider.list()} == set(made.values())
    assert [each.id for each in provider.list({"team": "b", "all": "yes"})] == [made["b"]]
    assert provider.list({"team": "c"}) == []
    assert provider.connect(made["a"]).commands.run("echo here").stdout == "here\n"
    with pytest.raises(NotFoundError):
        provider.connect("0" * 20)


def test_looking_at_one_that_sleeps_wakes_nothing(provider: SandboxProvider) -> None:
    sandbox = provider.create(e2b=E2BOptions(auto_resume=False))
    sandbox.files.write("/tmp/kept", "1")
    assert sandbox.is_running()
    sandbox.pause()
    again = provider.connect(sandbox.sandbox_id)
    until(lambda: again.get_info().state in ("archived", "paused"))
    assert not again.is_running()
    assert again.get_host(3000) == sandbox.get_host(3000)
    for call in (
        lambda: again.commands.run("true"),
        lambda: sandbox.commands.run("true"),
        lambda: sandbox.commands.spawn("true"),
        lambda: sandbox.files.read("/tmp/kept"),
        lambda: again.files.exists("/tmp/kept"),
        lambda: again.git.status("/tmp"),
    ):
        with pytest.raises(NotReadyError, match=r"is (archived|paused)\. Start it: `resume\(\)`"):
            call()
    assert again.get_info().state in ("archived", "paused")
    again.resume()
    assert sandbox.is_running()
    assert (sandbox.files.read("/tmp/kept"), again.files.read("/tmp/kept")) == (b"1", b"1")


def test_a_request_wakes_one_that_is_made_for_it(providers: dict[str, SandboxProvider], cloud: Cloud) -> None:
    del cloud
    sandbox = providers["e2b"].create(e2b=E2BOptions(auto_resume=True))
    for box in (sandbox, providers["e2b"].connect(sandbox.sandbox_id)):
        assert box.commands.run("echo awake").stdout == "awake\n"
        box.pause()
        assert not box.is_running()


def test_a_pause_keeps_processes_where_the_vendor_keeps_memory(sandbox: SandboxInstance, at_daytona: bool) -> None:
    command = sandbox.commands.spawn("exec sleep 1000")
    sandbox.pause()
    sandbox.resume()
    assert [each.pid for each in sandbox.commands.list()] == ([] if at_daytona else [command.pid])


def test_one_that_is_gone_is_not_found(provider: SandboxProvider, sandbox: SandboxInstance) -> None:
    other = provider.connect(sandbox.sandbox_id)
    other.commands.run("true")
    sandbox.kill()
    sandbox.kill()
    for call in (
        sandbox.is_running,
        sandbox.get_info,
        lambda: other.commands.run("true"),
        lambda: other.files.read("/etc/passwd"),
        lambda: other.files.exists("/etc/passwd"),
        lambda: sandbox.get_host(80),
        sandbox.pause,
    ):
        with pytest.raises(NotFoundError):
            call()
    assert provider.list() == []


def test_a_host_answers_from_outside(provider: SandboxProvider, cloud: Cloud) -> None:
    box = provider.create(public=True)
    box.commands.spawn("echo served > index.html; exec python3 -m http.server 3000", working_directory="/tmp")
    until(lambda: box.commands.run("</dev/tcp/127.0.0.1/3000").exit_code == 0)
    host = box.get_host(3000)
    assert host.startswith(f"3000-{box.sandbox_id}.")
    assert "://" not in host
    assert httpx.get(f"{cloud.url}/", headers={"Host": host}).text == "served\n"


def test_making_the_object_calls_nobody(provider: SandboxProvider, sandbox: SandboxInstance, calls: Calls) -> None:
    box = provider.connect(sandbox.sandbox_id)
    calls()
    assert (box.sandbox_id, box.commands is not None, calls()) == (sandbox.sandbox_id, True, [])
    assert box.is_running()
    (asked,) = calls()
    assert asked.startswith("GET ")
