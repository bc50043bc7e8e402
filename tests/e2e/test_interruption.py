"""Answers that are lost, failures half-way, and engines that are killed."""

import os
import signal
import subprocess

import psutil
from daytona import Daytona

from tests.cloud import Cloud
from tests.pulumi_engine import Stack
from tests.waiting import until

PROGRAM = """
import pulumi
from evolve_pulumi import Sandbox, Timeouts

for number in range({count}):
    Sandbox(f"web-{{number}}", timeouts=Timeouts(create_minutes={minutes}))
"""
CREATE = {"method": "POST", "path": r"/daytona/api/sandbox$"}


def program(count: int = 1, minutes: float = 1) -> str:
    return PROGRAM.format(count=count, minutes=minutes)


def test_a_create_whose_answer_is_lost_makes_one_sandbox(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    cloud.inject(**CREATE, drop="after", times=1)
    stack.write(program())
    assert stack.up().ok().changes == {"created": 2}
    assert len(list(sdk.list())) == 1
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.destroy().ok()
    assert cloud.status()["sandboxes"] == 0


def test_a_create_that_never_arrived_is_asked_for_again(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    cloud.inject(**CREATE, drop="before", times=1)
    stack.write(program())
    assert stack.up().ok().changes == {"created": 2}
    assert len(list(sdk.list())) == 1


def test_lost_answers_double_no_volume_and_no_snapshot(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    for kind in ("volumes", "snapshots"):
        cloud.inject(method="POST", path=f"/daytona/api/{kind}$", drop="after", times=1)
    stack.write(
        """
from evolve_pulumi import Dockerfile, Snapshot, Volume

Volume("data", allow_data_loss=True)
Snapshot("tools", dockerfile=Dockerfile.from_image("evolve/local:1").run("true"))
"""
    )
    assert stack.up().ok().changes == {"created": 3}
    assert len(sdk.volume.list()) == 1
    assert [each.state for each in sdk.snapshot.list().items if not each.general] == ["active"]
    assert stack.up("--refresh", "--expect-no-changes").ok()


def test_rate_limits_are_waited_for(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    cloud.limit(rates={"sandbox-create": {"calls": 1, "seconds": 2}})
    stack.write(program(count=2))
    assert stack.up().ok().changes == {"created": 3}
    statuses = [call["status"] for call in cloud.calls() if call["method"] == "POST"]
    assert (statuses.count(200), set(statuses)) == (2, {200, 429})
    assert len(list(sdk.list())) == 2


def test_a_quota_is_said_at_once(stack: Stack, cloud: Cloud) -> None:
    cloud.limit(total={"cpu": 0})
    stack.write(program())
    result = stack.up()
    assert "Total CPU limit exceeded. Maximum allowed: 0" in result.output
    assert "raise the limit at Daytona" in result.output
    assert len([call for call in cloud.calls() if call["method"] == "POST"]) == 1


def test_a_create_that_fails_late_is_undone_also_while_the_vendor_is_busy(stack: Stack, cloud: Cloud) -> None:
    busy = {"statusCode": 409, "error": "Conflict", "message": "Sandbox state change in progress"}
    cloud.inject(method="DELETE", path=r"/daytona/api/sandbox/", status=409, body=busy, times=2)
    cloud.inject(method="GET", path=r"/preview-url$", status=403)
    stack.write(program())
    result = stack.up()
    assert result.code != 0
    assert "sandbox 'web-0': create: Daytona answered 403" in result.output
    assert "that was made is deleted again" in result.output
    assert cloud.status()["sandboxes"] == 0


def test_an_operation_that_fails_half_way_is_finished_by_the_next_up(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    stack.write(program().replace("timeouts=", "labels={'a': '1'}, public=False, timeouts="))
    stack.up().ok()
    cloud.inject(method="POST", path="/public/true", status=403, times=1)
    stack.write(program().replace("timeouts=", "labels={'a': '2'}, public=True, timeouts="))
    assert stack.up().code != 0
    assert stack.up().ok().changes == {"updated": 1, "same": 1}
    (box,) = sdk.list()
    assert (box.labels["a"], box.public) == ("2", True)
    assert stack.up("--refresh", "--expect-no-changes").ok()


def test_a_killed_engine_leaves_no_process_and_no_sandbox(stack: Stack, cloud: Cloud) -> None:
    cloud.inject(**CREATE, delay_seconds=4)
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


def test_an_interrupted_up_loses_and_doubles_nothing(stack: Stack, cloud: Cloud, sdk: Daytona) -> None:
    """The engine waits for the creates that run, and records them."""
    cloud.inject(**CREATE, delay_seconds=4)
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
    assert {item.id for item in sdk.list()} == recorded
    assert len(recorded) == 3
