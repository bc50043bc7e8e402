"""Hosts of ports of sandboxes: who sees them, what is said otherwise, and how they wake what is paused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from e2b import E2B, SandboxState

from tests.cloud import Cloud
from tests.local.e2b.inside import PORT, serve, visit

TOKEN = "e2b-traffic-access-token"


def test_a_port_is_seen_by_everybody(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create()
    assert sandbox.traffic_access_token is None
    closed = visit(cloud, sandbox)
    sentence = "The sandbox is running but port is not open"
    expected = {"sandboxId": sandbox.sandbox_id, "message": sentence, "code": 502, "port": PORT}
    assert (closed.status_code, closed.json()) == (502, expected)
    serve(cloud, sandbox)
    assert visit(cloud, sandbox).json()["headers"]["Host"] == sandbox.get_host(PORT)


def test_a_private_sandbox_asks_for_its_token(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(network={"allow_public_traffic": False})
    token = sandbox.traffic_access_token
    assert token
    serve(cloud, sandbox)
    assert visit(cloud, sandbox).status_code == 403
    assert visit(cloud, sandbox, **{TOKEN: "wrong"}).status_code == 403
    seen = visit(cloud, sandbox, **{TOKEN: token})
    assert (seen.status_code, token in seen.text) == (200, False)
    sandbox.pause(mode="filesystem")
    assert e2b.Sandbox.connect(sandbox.sandbox_id).traffic_access_token == token


def test_programs_inside_see_the_host_that_is_put_before_them(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(network={"mask_request_host": "localhost:${PORT}"})
    serve(cloud, sandbox)
    headers = visit(cloud, sandbox).json()["headers"]
    assert (headers["Host"], headers["X-Forwarded-Host"]) == ("localhost:3000", sandbox.get_host(PORT))


def test_a_sandbox_that_is_paused_or_killed_is_not_there(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(lifecycle={"on_timeout": "pause"})
    serve(cloud, sandbox)
    sandbox.pause()
    answer = visit(cloud, sandbox)
    assert (answer.status_code, answer.json()["message"]) == (502, "The sandbox was not found")
    assert sandbox.get_info().state == SandboxState.PAUSED
    e2b.Sandbox.connect(sandbox.sandbox_id)
    assert visit(cloud, sandbox).status_code == 200, "what ran goes on"
    sandbox.kill()
    answer = visit(cloud, sandbox)
    assert (answer.status_code, answer.json()["message"]) == (502, "The sandbox was not found")


def test_a_request_wakes_a_paused_sandbox_with_all_that_ran(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(
        timeout=60,
        lifecycle={"on_timeout": "pause", "auto_resume": True},
        network={"allow_public_traffic": False},
    )
    token = sandbox.traffic_access_token
    assert token
    serve(cloud, sandbox)
    cloud.advance(minutes=1)
    assert visit(cloud, sandbox).status_code == 403
    assert sandbox.get_info().state == SandboxState.PAUSED, "nobody wakes it who may not see it"
    assert visit(cloud, sandbox, **{TOKEN: token}).status_code == 200
    info = sandbox.get_info()
    assert (info.state, info.lifecycle) == (SandboxState.RUNNING, {"on_timeout": "pause", "auto_resume": True})
    assert timedelta(seconds=299) < info.end_at - info.started_at < timedelta(seconds=301), "five minutes at least"
    cloud.advance(minutes=5)
    assert sandbox.get_info().state == SandboxState.PAUSED


def test_requests_that_come_together_wake_it_together(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(lifecycle={"on_timeout": "pause", "auto_resume": True})
    serve(cloud, sandbox)
    sandbox.pause()
    with ThreadPoolExecutor() as pool:
        visits = [pool.submit(visit, cloud, sandbox) for _ in range(8)]
    assert {each.result().status_code for each in visits} == {200}


def test_a_command_wakes_a_paused_sandbox(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(timeout=600, lifecycle={"on_timeout": "pause", "auto_resume": True})
    sandbox.pause()
    cloud.advance(minutes=60)
    assert sandbox.commands.run("echo awake").stdout == "awake\n"
    info = sandbox.get_info()
    assert info.state == SandboxState.RUNNING
    assert round((info.end_at - info.started_at).total_seconds()) == 600, "as long as it was to run at first"


def test_no_request_wakes_what_was_paused_without_its_memory(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(lifecycle={"on_timeout": "pause", "auto_resume": True})
    sandbox.pause(mode="filesystem")
    assert visit(cloud, sandbox).status_code == 502
    assert sandbox.get_info().state == SandboxState.PAUSED


def test_a_request_that_finds_no_room_to_wake_it_is_refused(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create(lifecycle={"on_timeout": "pause", "auto_resume": True})
    serve(cloud, sandbox)
    sandbox.pause()
    cloud.limit(total={"running": 0})
    assert visit(cloud, sandbox).status_code == 502
    cloud.limit()
    assert visit(cloud, sandbox).status_code == 200
