"""Snapshots: what a sandbox's files were, for other sandboxes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from e2b import E2B, SandboxException, SandboxNotFoundException, SandboxState

from tests.cloud import Cloud, running_cloud
from tests.local.e2b.client import client_of
from tests.local.e2b.inside import serve, visit, write


def test_a_sandbox_is_made_of_anothers_files(cloud: Cloud, e2b: E2B) -> None:
    source = e2b.Sandbox.create()
    serve(cloud, source)
    write(source, "note", "first")
    snapshot = source.create_snapshot()
    assert snapshot.names == []
    write(source, "note", "second")
    copy = e2b.Sandbox.create(snapshot.snapshot_id)
    assert (source.files.read("note"), copy.files.read("note")) == ("second", "first")
    assert visit(cloud, source).status_code == 200, "what ran there goes on"
    assert visit(cloud, copy).status_code == 502, "what ran there does not run here"
    assert copy.get_info().template_id == snapshot.snapshot_id.removesuffix(":default")
    assert source.get_info().state == SandboxState.RUNNING


def test_the_same_name_again_is_another_build_of_it(e2b: E2B) -> None:
    source = e2b.Sandbox.create()
    write(source, "note", "first")
    first = source.create_snapshot("state:one")
    write(source, "note", "second")
    second = source.create_snapshot("state:two")
    assert first.snapshot_id == "local/state:one"
    assert second.names == ["local/state:one", "local/state:two"]
    assert e2b.Sandbox.create("state:one").files.read("note") == "first"
    assert e2b.Sandbox.create("local/state:two").files.read("note") == "second"


def test_snapshots_are_listed_and_removed_when_nobody_needs_them(e2b: E2B) -> None:
    one, other = e2b.Sandbox.create(), e2b.Sandbox.create()
    snapshots = [one.create_snapshot("a"), other.create_snapshot("b"), one.create_snapshot()]
    ids = [each.snapshot_id for each in reversed(snapshots)]
    assert [each.snapshot_id for each in e2b.Sandbox.list_snapshots().next_items()] == ids
    pages = e2b.Sandbox.list_snapshots(limit=2)
    assert [[each.snapshot_id for each in pages.next_items()] for _ in range(2)] == [ids[:2], ids[2:]]
    assert not pages.has_next
    assert [each.snapshot_id for each in other.list_snapshots().next_items()] == ["local/b:default"]
    assert [each.names for each in e2b.Sandbox.list_snapshots(name="a").next_items()] == [["local/a:default"]]
    made = e2b.Sandbox.create("a")
    with pytest.raises(SandboxException, match=r"400: .*there are running or paused sandboxes using it"):
        e2b.Sandbox.delete_snapshot("local/a:default")
    made.kill()
    assert e2b.Sandbox.delete_snapshot("local/a:default")
    assert not e2b.Sandbox.delete_snapshot("local/a:default")


def test_a_sandbox_that_is_paused_or_gone_has_no_snapshot(e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create()
    sandbox.pause()
    with pytest.raises(SandboxNotFoundException):
        sandbox.create_snapshot()
    sandbox.kill()
    with pytest.raises(SandboxNotFoundException):
        sandbox.create_snapshot()


def test_a_snapshot_and_a_pause_wait_for_each_other(cloud: Cloud, e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create()
    serve(cloud, sandbox)
    with ThreadPoolExecutor() as pool:
        snapshots = [pool.submit(sandbox.create_snapshot) for _ in range(3)]
        assert all(each.result().snapshot_id for each in snapshots)
        made = pool.submit(sandbox.create_snapshot)
        paused = pool.submit(sandbox.pause)
        assert paused.result()
        assert made.exception() is None or isinstance(made.exception(), SandboxNotFoundException)
    assert sandbox.get_info().state == SandboxState.PAUSED
    e2b.Sandbox.connect(sandbox.sandbox_id)
    assert visit(cloud, sandbox).status_code == 200


def test_snapshots_outlive_the_server() -> None:
    with running_cloud() as (process, cloud):
        source = client_of(cloud).Sandbox.create()
        write(source, "note", "kept")
        source.create_snapshot("kept")
        source.kill()
        process.kill()
        cloud = process.start()
        assert client_of(cloud).Sandbox.create("kept").files.read("note") == "kept"
