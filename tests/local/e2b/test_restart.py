"""What outlives the server, in order or by a crash."""

from datetime import datetime

from e2b import Sandbox, SandboxState

from tests.cloud import running_cloud
from tests.local.e2b.client import client_of
from tests.local.e2b.inside import serve, visit


def times(sandbox: Sandbox) -> tuple[datetime, datetime]:
    info = sandbox.get_info()
    return info.started_at, info.end_at


def test_after_a_crash_sandboxes_go_on() -> None:
    with running_cloud() as (process, cloud):
        running = client_of(cloud).Sandbox.create(metadata={"a": "b"}, timeout=3600)
        serve(cloud, running)
        paused = client_of(cloud).Sandbox.create()
        serve(cloud, paused)
        paused.pause()
        before = times(running), times(paused)
        process.kill()
        cloud = process.start()
        e2b = client_of(cloud)
        info = e2b.Sandbox.get_info(running.sandbox_id)
        assert (info.state, info.metadata) == (SandboxState.RUNNING, {"a": "b"})
        info = e2b.Sandbox.get_info(paused.sandbox_id)
        assert info.state == SandboxState.PAUSED
        running = e2b.Sandbox.connect(running.sandbox_id, timeout=60)
        assert (times(running), (info.started_at, info.end_at)) == before
        paused = e2b.Sandbox.connect(paused.sandbox_id)
        assert (visit(cloud, running).status_code, visit(cloud, paused).status_code) == (200, 200)


def test_after_an_orderly_end_sandboxes_start_again_with_their_tokens() -> None:
    with running_cloud() as (process, cloud):
        network = {"allow_public_traffic": False}
        running = client_of(cloud).Sandbox.create(timeout=3600, network=network)  # pyright: ignore[reportArgumentType]
        end, token = running.get_info().end_at, running.traffic_access_token
        paused = client_of(cloud).Sandbox.create(lifecycle={"on_timeout": "pause"})
        paused.pause()
        assert process.stop() == 0
        e2b = client_of(process.start())
        info = e2b.Sandbox.get_info(running.sandbox_id)
        assert (info.state, info.end_at) == (SandboxState.RUNNING, end)
        assert e2b.Sandbox.connect(running.sandbox_id).traffic_access_token == token
        assert e2b.Sandbox.get_info(paused.sandbox_id).state == SandboxState.PAUSED
        assert e2b.Sandbox.connect(paused.sandbox_id).get_info().state == SandboxState.RUNNING
