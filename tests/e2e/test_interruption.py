"""Answers that are lost, failures half-way, and engines that are killed, at every vendor."""

import os
import re
import signal
import subprocess

import psutil

from tests.cloud import Cloud
from tests.e2e.sides import Side
from tests.pulumi_engine import Stack
from tests.waiting import until

PROGRAM = """
import pulumi
from evolve_pulumi import Sandbox, Timeouts

for number in range({count}):
    Sandbox(f"web-{{number}}", timeouts=Timeouts(create_minutes={minutes}))
"""


def program(count: int = 1, minutes: float = 1) -> str:
    return PROGRAM.format(count=count, minutes=minutes)


def test_a_create_whose_answer_is_lost_makes_one_sandbox(stack: Stack, cloud: Cloud, at: Side) -> None:
    cloud.inject(method="POST", path=at.create_path, drop="after", times=1)
    stack.write(program())
    assert stack.up().ok().changes == {"created": 2}
    assert len(at.ids()) == 1
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.destroy().ok()
    assert cloud.status()["sandboxes"] == 0


def test_a_create_that_never_arrived_is_asked_for_again(stack: Stack, cloud: Cloud, at: Side) -> None:
    cloud.inject(method="POST", path=at.create_path, drop="before", times=1)
    stack.write(program())
    assert stack.up().ok().changes == {"created": 2}
    assert len(at.ids()) == 1


def test_lost_answers_double_no_volume_and_no_snapshot(stack: Stack, cloud: Cloud, at: Side) -> None:
    cloud.inject(method="POST", path=r"/api/(volumes|snapshots|v3/templates)$", drop="after", times=2)
    stack.write(
        """
from evolve_pulumi import Dockerfile, Snapshot, Volume

Volume("data", allow_data_loss=True)
Snapshot("tools", dockerfile=Dockerfile.from_image("evolve/local:1").run("true"))
"""
    )
    assert stack.up().ok().changes == {"created": 3}
    assert (len(at.volumes()), len(at.snapshots())) == (1, 1)
    assert stack.up("--refresh", "--expect-no-changes").ok()


def test_rate_limits_are_waited_for(stack: Stack, cloud: Cloud, at: Side) -> None:
    cloud.limit(rates={"sandbox-create": {"calls": 1, "seconds": 2}})
    stack.write(program(count=2))
    assert stack.up().ok().changes == {"created": 3}
    statuses = [call["status"] for call in cloud.calls() if call["method"] == "POST"]
    made = set(statuses) - {429}
    assert (429 in statuses, len(made), statuses.count(*made)) == (True, 1, 2)
    assert len(at.ids()) == 2


def test_a_quota_is_said_at_once(stack: Stack, cloud: Cloud, at: Side) -> None:
    quota, words, remedy = at.quota
    cloud.limit(total=quota)
    stack.write(program())
    result = stack.up()
    assert words in result.output
    assert remedy in result.output
    assert len([call for call in cloud.calls() if call["method"] == "POST"]) == 1


def test_a_create_that_fails_late_is_undone_also_while_the_vendor_is_busy(stack: Stack, cloud: Cloud, at: Side) -> None:
    busy = {"code": 409, "message": "Sandbox state change in progress"}
    cloud.inject(method="DELETE", path=r"/api/sandbox(es)?/", status=409, body=busy, times=2)
    cloud.inject(method="GET", path=at.look_after_create_path, status=403, body={"code": 403, "message": "no"})
    stack.write(program())
    result = stack.up()
    assert result.code != 0
    assert re.search(r"sandbox 'web-0': create: \w+ answered 403", result.output)
    assert "that was made is deleted again" in result.output
    assert cloud.status()["sandboxes"] == 0


def test_an_operation_that_fails_half_way_is_finished_by_the_next_up(stack: Stack, cloud: Cloud, at: Side) -> None:
    before, after, path = at.two_operations
    stack.write(program().replace("timeouts=", f"{before}, timeouts="))
    stack.up().ok()
    cloud.inject(path=path, status=403, body={"code": 403, "message": "no"}, times=1)
    stack.write(program().replace("timeouts=", f"{after}, timeouts="))
    assert stack.up().code != 0
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    assert stack.up("--refresh", "--expect-no-changes").ok()


def test_a_killed_engine_leaves_no_process_and_no_sandbox(stack: Stack, cloud: Cloud, at: Side) -> None:
    cloud.inject(method="POST", path=at.create_path, delay_seconds=4)
    stack.write(program(count=3))
    engine = subprocess.Popen(
        stack.command("up", "--yes", "--skip-preview"),
        cwd=stack.folder,
        env=stack.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: cloud.peak_concurrent() >= 3)
    children = psutil.Process(engine.pid).children(recursive=True)
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait()
    gone, alive = psutil.wait_procs(children, timeout=30)
    assert gone
    assert not alive
    until(lambda: cloud.status()["sandboxes"] == 0)


def test_an_interrupted_up_loses_and_doubles_nothing(stack: Stack, cloud: Cloud, at: Side) -> None:
    """The engine waits for the creates that run, and records them."""
    cloud.inject(method="POST", path=at.create_path, delay_seconds=4)
    stack.write(program(count=3))
    engine = subprocess.Popen(
        stack.command("up", "--yes", "--skip-preview"),
        cwd=stack.folder,
        env=stack.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until(lambda: cloud.peak_concurrent() >= 1)
    engine.send_signal(signal.SIGINT)
    output, _ = engine.communicate(timeout=60)
    assert engine.returncode != 0
    assert "Traceback" not in output, output
    cloud.heal()
    stack.up().ok()
    recorded = {item["id"] for item in stack.export()["resources"] if item["type"].endswith("evolve:Sandbox")}
    assert set(at.ids()) == recorded
    assert len(recorded) == 3
