"""A command outlives the client that spawned it, and any other process finds it again by its pid."""

import os
import subprocess
import sys

from evolve_pulumi import SandboxInstance, SandboxProvider

SPAWN = """
import sys
from evolve_pulumi import sandbox_provider
vendor, id = sys.argv[1:]
line = "echo begun; read -r word; echo got $word; exit 9"
command = sandbox_provider(vendor).connect(id).commands.spawn(line, stdin=True)
print(command.pid)
"""
FIND = """
import sys, threading
from evolve_pulumi import sandbox_provider
vendor, id, pid = sys.argv[1:]
commands = sandbox_provider(vendor).connect(id).commands
assert [each.pid for each in commands.list()] == [int(pid)]
command = commands.connect(int(pid))
command.send_stdin("again\\n")
done = command.wait(timeout_seconds=20)
print(done.exit_code, done.stdout.splitlines()[-1])
"""
HANGING = """
import sys
from evolve_pulumi import NotReadyError, sandbox_provider
vendor, id = sys.argv[1:]
command = sandbox_provider(vendor).connect(id).commands.spawn("exec sleep 1000")
try:
    command.wait(timeout_seconds=0.2)
except NotReadyError:
    print("left")
"""


def run(program: str, environment: dict[str, str], *arguments: str) -> str:
    whole = {**os.environ, **environment}
    return subprocess.check_output([sys.executable, "-c", program, *arguments], env=whole, text=True, timeout=60)


def test_another_process_finds_it_writes_to_it_and_gets_its_result(
    provider: SandboxProvider, sandbox: SandboxInstance, environment: dict[str, str]
) -> None:
    where = (provider.provider_type, sandbox.sandbox_id)
    pid = run(SPAWN, environment, *where).strip()
    assert [each.pid for each in sandbox.commands.list()] == [int(pid)]
    assert run(FIND, environment, *where, pid) == "9 got again\n"
    assert sandbox.commands.list() == []


def test_a_process_that_gave_up_waiting_ends(
    provider: SandboxProvider, sandbox: SandboxInstance, environment: dict[str, str]
) -> None:
    assert run(HANGING, environment, provider.provider_type, sandbox.sandbox_id) == "left\n"
    (left,) = sandbox.commands.list()
    assert left.command == "exec sleep 1000"
