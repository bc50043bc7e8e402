"""The life of a command in a sandbox under the real engine, at every vendor."""

import json

import pytest

from tests.e2e.sides import Side
from tests.pulumi_engine import Stack

pytestmark = pytest.mark.usefixtures("at")


def program(arguments: str, sandbox: str = "") -> str:
    return f"""
import pulumi
from evolve_pulumi import Command, Sandbox, Timeouts

box = Sandbox("box", {sandbox})
setup = Command("setup", sandbox_id=box.id, {arguments})
pulumi.export("id", box.id)
pulumi.export("setup", setup.id)
pulumi.export("told", [setup.stdout, setup.stderr, setup.exit_code])
"""


def runs(at: Side, stack: Stack) -> list[str]:
    """The lines that commands wrote to a file."""
    return at.run(stack.outputs()["id"], "cat /tmp/runs").splitlines()


CREATE = "create='echo created $A >> /tmp/runs; echo out; echo err >&2'"


def test_from_creation_to_deletion(stack: Stack, at: Side) -> None:
    stack.write(program(f"{CREATE}, env={{'A': '1'}}"))
    assert stack.preview().ok().changes == {"created": 3}
    shown = stack.up().ok()
    assert shown.changes == {"created": 3}
    assert "setup: out" in shown.output
    assert "setup: err" in shown.output
    outputs = stack.outputs()
    assert outputs["told"] == ["out\n", "err\n", 0]
    assert stack.up("--refresh", "--expect-no-changes").ok().changes == {"same": 3}

    stack.write(program(f"{CREATE}, env={{'A': '2'}}"))
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    last = 'printf %s "updated after $PULUMI_COMMAND_STDOUT" >> /tmp/runs; cat'
    stack.write(program(f"{CREATE}, update='{last}', stdin='read\\n', delete='echo deleted >> /tmp/runs'"))
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert stack.outputs() == {**outputs, "told": ["read\n", "", 0]}
    assert runs(at, stack) == ["created 1", "created 2", "updated after out"]

    stack.write(program(f"{CREATE}, update='{last}', stdin='read\\n', delete='echo gone $PWD >> /tmp/runs'"))
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert len(runs(at, stack)) == 3
    stack.write(program("").replace("setup = Command", "setup = box or Command").split('pulumi.export("setup')[0])
    assert stack.up().ok().changes == {"deleted": 1, "same": 2}
    last_run = runs(at, stack)[-1]
    assert last_run.startswith("gone /")
    assert last_run != "gone /"


def test_triggers_replace(stack: Stack, at: Side) -> None:
    arguments = f"{CREATE}, delete='echo deleted >> /tmp/runs'"
    stack.write(program(f"{arguments}, triggers=['a', 1, {{'b': True}}]"))
    stack.up().ok()
    id = stack.outputs()["setup"]
    assert stack.up("--expect-no-changes").ok()
    stack.write(program(f"{arguments}, triggers=['a', 2, {{'b': True}}]"))
    assert stack.preview().ok().changes == {"replaced": 1, "same": 2}
    assert stack.up().ok().changes == {"replaced": 1, "same": 2}
    assert runs(at, stack) == ["created", "deleted", "created"]
    assert stack.outputs()["setup"] != id


def test_one_that_fails_says_why_and_is_not_recorded(stack: Stack) -> None:
    stack.write(program("create='echo line 1; echo this is why >&2; exit 3'"))
    failed = stack.up()
    assert failed.code != 0
    assert "command 'setup': create: the command failed with exit code 3" in failed.diagnostics
    assert "this is why" in failed.diagnostics
    assert "The end of its output:" in failed.diagnostics
    assert "Traceback" not in failed.output
    assert not [item for item in stack.export()["resources"] if item["urn"].endswith("::setup")]
    stack.write(program("create='echo fine'"))
    assert stack.up().ok().changes == {"created": 1, "same": 2}


def test_an_update_that_fails_runs_again(stack: Stack, at: Side) -> None:
    stack.write(program("create='true'"))
    stack.up().ok()
    stack.write(program("create='true', update='test -e /tmp/ready && echo ready'"))
    failed = stack.up()
    assert failed.code != 0
    assert "command 'setup': update: the command failed with exit code 1" in failed.output
    assert "It wrote nothing" in failed.output
    at.run(stack.outputs()["id"], "touch /tmp/ready")
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert stack.outputs()["told"][0] == "ready\n"


def test_one_that_takes_too_long_is_ended(stack: Stack, at: Side) -> None:
    stack.write(program("create='echo begun; sleep 1000', timeouts=Timeouts(create_minutes=0.05)"))
    failed = stack.up()
    assert failed.code != 0
    assert "command 'setup': create: " in failed.output
    assert "Traceback" not in failed.output, failed.output
    (id,) = at.ids()
    assert at.run(id, "pgrep -f '[s]leep 1000' || echo none").strip() == "none"


def test_env_and_input_show_in_no_process_argument_and_secrets_nowhere(stack: Stack, at: Side) -> None:
    look = 'cat /proc/[0-9]*/cmdline | xargs -0 > /tmp/seen; echo "$TOKEN $(cat)" > /tmp/got; pwd; cat /tmp/got'
    stack.write(
        program(
            f"create='{look}', working_directory='/tmp', show_output=False, "
            "env={'TOKEN': pulumi.Output.secret('s3cret-env')}, stdin=pulumi.Output.secret('s3cret-stdin'), "
            "opts=pulumi.ResourceOptions(additional_secret_outputs=['stdout'])"
        )
    )
    shown = stack.up().ok().output
    id = stack.outputs()["id"]
    assert stack.outputs()["told"][0] == "/tmp\ns3cret-env s3cret-stdin\n"
    seen = at.run(id, "cat /tmp/seen")
    assert len(seen) > 10
    for secret in ("s3cret-env", "s3cret-stdin"):
        assert secret not in shown + json.dumps(stack.export()) + seen


def test_in_a_sandbox_that_sleeps_it_waits(stack: Stack, at: Side) -> None:
    stack.write(program(f"{CREATE}, delete='echo deleted >> /tmp/runs'"))
    stack.up().ok()
    id = stack.outputs()["id"]
    at.put_to_sleep(id)
    asleep = at.state(id)
    assert stack.up("--refresh", "--expect-no-changes").ok()
    stack.write(program(f"{CREATE}, stdin='more'"))
    failed = stack.up()
    assert failed.code != 0
    assert f"command 'setup': update: the sandbox {id} is not running. Start it" in failed.output
    assert at.state(id) == asleep
    at.wake(id)
    assert stack.up().ok().changes == {"updated": 1, "same": 2}
    assert runs(at, stack) == ["created", "created"]
    at.delete(id)
    assert stack.up("--refresh").ok().changes == {"created": 2, "same": 1}
    assert runs(at, stack) == ["created"]
