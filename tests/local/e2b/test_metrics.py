"""What sandboxes use."""

from datetime import timedelta

from e2b import E2B


def test_what_is_used_now_is_measured(e2b: E2B) -> None:
    sandbox = e2b.Sandbox.create()
    sandbox.commands.run("head -c 30000000 /dev/urandom > large; (while :; do :; done) > /dev/null 2>&1 &")
    (metric,) = sandbox.get_metrics()
    assert (metric.cpu_count, metric.mem_total, metric.disk_total) == (2, 1 << 30, 10 << 30)
    assert metric.disk_used > 30_000_000
    assert 0 < metric.mem_used < metric.mem_total
    assert 0 < metric.cpu_used_pct <= 100
    assert sandbox.get_metrics(start=metric.timestamp - timedelta(seconds=9))
    assert sandbox.get_metrics(end=metric.timestamp - timedelta(seconds=9)) == []
    assert sandbox.get_metrics(start=metric.timestamp + timedelta(hours=1)) == []
    sandbox.pause()
    assert sandbox.get_metrics() == []
