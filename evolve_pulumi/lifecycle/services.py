"""Services: commands that keep running inside a sandbox, the same way at every vendor.

A service is a spawned command of its sandbox, told from others by the script that it runs, which has the service's
name. Its id is `<sandbox id>/<name>`, and stays when it is restarted.
Readiness is asked for inside the sandbox, by bash's own /dev/tcp: that needs no tool in the image, no token, and no
way from here to the preview URL.
"""

import shlex
import time
from collections.abc import Mapping
from typing import Annotated, Any

from typing_extensions import TypedDict

from evolve_pulumi.errors import NotReadyError
from evolve_pulumi.lifecycle import inside
from evolve_pulumi.models.service import RESTART
from evolve_pulumi.schema import Attribute, Change, Operation, Values
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.inside import ProcessInfo, SandboxInstance

LOG_TAIL_LINES = 20
SLICE_SECONDS = 2
"""How long one look for readiness lasts, before the process itself is looked after."""
HEALTH_SECONDS = 10
"""How long a health command may take."""
PORT_FREE_SECONDS = 5
ANSWER_BYTES = 65536
SUPERVISOR = """\
delay=1
while :; do
    started=$SECONDS
    (
{command}
    )
    code=$?
    {unless}
    (( SECONDS - started > 60 )) && delay=1
    echo "evolve: ended with exit code $code, starts again in $delay s"
    sleep $delay
    delay=$(( delay < 30 ? delay * 2 : 60 ))
done
"""
UNLESS = {"on-failure": "(( code )) || exit 0", "always": ":"}


class ServiceState(TypedDict, total=False):
    """What is declared of every service without saying so."""

    running: Annotated[bool, Attribute(default=True, every=RESTART)]


class ServiceInSandbox:
    """The service of one resource."""

    def create(self, sandbox: SandboxInstance, id: str, declared: Values, timeout_seconds: float) -> Observed:
        """Start the command and wait until it is ready; where it never is, end it again."""
        _start(sandbox, inside.name_of(id), declared, timeout_seconds)
        return Observed(id)

    def read(self, sandbox: SandboxInstance, id: str, recorded: Values) -> Observed:
        """Whether it still runs."""
        return Observed(id, {"running": bool(_processes(sandbox, inside.name_of(id)))})

    def update(
        self, sandbox: SandboxInstance, id: str, recorded: Values, declared: Values, timeout_seconds: float
    ) -> Observed:
        """Start it again, with what is declared now."""
        _end(sandbox, inside.name_of(id))
        _start(sandbox, inside.name_of(id), declared, timeout_seconds)
        return Observed(id)

    def delete(self, sandbox: SandboxInstance, id: str, recorded: Values, timeout_seconds: float) -> None:
        """End it."""
        _end(sandbox, inside.name_of(id))


def _restart(_object: Any, _change: Change) -> None:
    """Carried out by `ServiceInSandbox.update`, which has all that it takes."""


SERVICE_OPERATIONS = (Operation("restart", _restart, sends_all=True),)


def _start(sandbox: SandboxInstance, name: str, declared: Values, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    _await_free(sandbox, declared.get("port"))
    sandbox.files.write(_script_path(name), _script(name, declared))
    if health := declared.get("health", {}).get("command"):
        sandbox.files.write(_health_path(name), "\n".join([*_surroundings(declared), health, ""]))
    command = sandbox.commands.spawn(f"bash {_script_path(name)}")
    try:
        _wait_until_ready(sandbox, name, declared, deadline)
    except BaseException:
        command.kill()
        sandbox.files.remove(_log_path(name))
        raise
    finally:
        if health:
            sandbox.files.remove(_health_path(name))


def _await_free(sandbox: SandboxInstance, port: int | None) -> None:
    if port is None:
        return
    free = _until(f"! {_connects(port)}", PORT_FREE_SECONDS)
    if sandbox.commands.run(free, timeout_seconds=PORT_FREE_SECONDS + 10).exit_code:
        raise NotReadyError(
            f"port {port} is in use inside the sandbox",
            remedy="Give the service another port, or end what listens there.",
        )


def _end(sandbox: SandboxInstance, name: str) -> None:
    for process in _processes(sandbox, name):
        sandbox.commands.kill(process.pid)
    sandbox.files.remove(_log_path(name))


def _processes(sandbox: SandboxInstance, name: str) -> list[ProcessInfo]:
    """What runs of a service; its name is random, so only its own command line has it."""
    return [each for each in sandbox.commands.list() if _script_path(name) in each.command]


def _script(name: str, declared: Values) -> str:
    """The command with its environment, in a file that removes itself: nothing of it shows in process arguments."""
    command, restart = declared["command"], declared.get("restart", "no")
    return "\n".join(
        [
            'rm -f -- "$0"',
            f"exec > {_log_path(name)} 2>&1",
            *_surroundings(declared),
            SUPERVISOR.format(command=command, unless=UNLESS[restart]) if restart in UNLESS else command,
            "",
        ]
    )


def _surroundings(declared: Values) -> list[str]:
    """The lines of a script that set its directory and environment."""
    directory = declared.get("working_directory")
    exports = [f"export {variable}={shlex.quote(value)}" for variable, value in declared.get("env", {}).items()]
    return [f"cd {shlex.quote(directory)} || exit" if directory else "cd", *exports]


def _script_path(name: str) -> str:
    return f"/tmp/.{name}"


def log(sandbox: SandboxInstance, name: str) -> str:
    """What a service wrote so far."""
    return sandbox.files.read(_log_path(name)).decode(errors="replace")


def _log_path(name: str) -> str:
    return f"/tmp/.{name}.log"


def _health_path(name: str) -> str:
    return f"/tmp/.{name}.health"


def _wait_until_ready(sandbox: SandboxInstance, name: str, declared: Values, deadline: float) -> None:
    condition = _is_ready(name, declared)
    while True:
        seconds = min(SLICE_SECONDS, max(1, round(deadline - time.monotonic())))
        look = sandbox.commands.run(_until(condition, seconds), timeout_seconds=seconds + HEALTH_SECONDS + 10)
        if not _processes(sandbox, name):
            raise NotReadyError("the command ended before it was ready", details=_tail(sandbox, name))
        if look.exit_code == 0:
            return
        if time.monotonic() > deadline:
            raise NotReadyError(
                _why_not(declared, look.stdout.strip()),
                remedy="If it only needs longer, raise timeouts.create_minutes.",
                details=_tail(sandbox, name),
            )


def _is_ready(name: str, declared: Values) -> str:
    """A condition in bash, which leaves in `$status` what came instead."""
    health = declared.get("health", {})
    if "command" in health:
        return f"status=$(timeout {HEALTH_SECONDS} bash {_health_path(name)} 2>&1)"
    return _answers(declared["port"], health)


def _why_not(declared: Values, status: str) -> str:
    if "command" in declared.get("health", {}):
        return f"its health command does not succeed: {status}" if status else "its health command does not succeed"
    port = declared["port"]
    return f"port {port} answers with status {status}" if status else f"port {port} does not answer"


def _tail(sandbox: SandboxInstance, name: str) -> str:
    log = sandbox.commands.run(f"tail -n {LOG_TAIL_LINES} {_log_path(name)}").stdout.rstrip()
    return f"The end of its log:\n{log}" if log else "It logged nothing."


def _until(condition: str, seconds: int) -> str:
    """A command line that succeeds once the condition holds; where it does not in time, it prints `$status`."""
    return f'until {condition}; do (( SECONDS >= {seconds} )) && echo "$status" && exit 1; sleep 0.1; done'


def _connects(port: int) -> str:
    return f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null"


def _answers(port: int, health: Mapping[str, Any]) -> str:
    """A condition in bash. The answer is read before the connection is closed, or servers complain in their logs."""
    if not health:
        return _connects(port)
    wanted = str(health["status"]) if "status" in health else "[23]??"
    head = f"GET {health.get('path', '/')} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    ask = (
        f"exec 3<>/dev/tcp/127.0.0.1/{port} && printf %s {shlex.quote(head)} >&3 && read -r -t 5 _ status _ <&3"
        f' && echo "$status" && read -r -t 1 -N {ANSWER_BYTES} _ <&3'
    )
    return f'{{ status=$({ask}); [[ "$status" == {wanted} ]]; }} 2>/dev/null'
