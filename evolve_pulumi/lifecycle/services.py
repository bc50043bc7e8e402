"""Services: commands that keep running inside a sandbox, the same way at every vendor.

A service is a spawned command of its sandbox, told from others by the script that it runs, which has the service's
name. Its id is `<sandbox id>/<name>`, and stays when it is restarted.
Readiness is asked for inside the sandbox, by bash's own /dev/tcp: that needs no tool in the image, no token, and no
way from here to the preview URL.
"""

import secrets
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from typing_extensions import TypedDict

from evolve_pulumi.errors import NotFoundError, NotReadyError
from evolve_pulumi.models.service import RESTART
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Attribute, Change, Operation, Values
from evolve_pulumi.vendors.base import Account, Observed
from evolve_pulumi.vendors.inside import ProcessInfo, SandboxInstance

LOG_TAIL_LINES = 20
SLICE_SECONDS = 2
"""How long one look for readiness lasts, before the process itself is looked after."""
PORT_FREE_SECONDS = 5
ANSWER_BYTES = 65536


class ServiceState(TypedDict, total=False):
    """What is declared of every service without saying so."""

    running: Annotated[bool, Attribute(default=True, every=RESTART)]


class Services:
    """The services of one account's sandboxes."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Start the command and wait until its port answers; where it never does, end it again."""
        id = f"{declared['sandbox_id']}/evolve-{secrets.token_hex(4)}"
        _start(*self._running(id), declared, timeout_seconds)
        return Observed(id, outputs={"account": self._account.identity()})

    def read(self, id: str, recorded: Values) -> Observed | None:
        """Whether it still runs; in a sandbox that does not, it is left as it was recorded."""
        sandbox, name = self._open(id)
        try:
            running = bool(_processes(sandbox, name)) if sandbox.is_running() else recorded["running"]
        except NotFoundError:
            return None
        return Observed(id, {"running": running})

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Start it again, with what is declared now."""
        sandbox, name = self._running(id)
        _end(sandbox, name)
        _start(sandbox, name, declared, timeout_seconds)
        return Observed(id)

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """End it; where its sandbox is gone or does not run, there is nothing to end."""
        sandbox, name = self._open(id)
        try:
            if sandbox.is_running():
                _end(sandbox, name)
        except NotFoundError:
            return False
        return True

    def _open(self, id: str) -> tuple[SandboxInstance, str]:
        sandbox_id, name = id.split("/", 1)
        return self._account.sandbox(sandbox_id), name

    def _running(self, id: str) -> tuple[SandboxInstance, str]:
        sandbox, name = self._open(id)
        if not sandbox.is_running():
            raise NotReadyError(
                f"the sandbox {sandbox.sandbox_id} is not running", remedy="Start it, then run `pulumi up` again."
            )
        return sandbox, name


def _restart(_sandbox: Any, _change: Change) -> None:
    """Carried out by `Services.update`, which has all that it takes."""


SERVICE_OPERATIONS = (Operation("restart", _restart, sends_all=True),)


def _start(sandbox: SandboxInstance, name: str, declared: Values, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    port = declared["port"]
    free = _until(f"! {_connects(port)}", PORT_FREE_SECONDS)
    if sandbox.commands.run(free, timeout_seconds=PORT_FREE_SECONDS + 10).exit_code:
        raise NotReadyError(
            f"port {port} is in use inside the sandbox",
            remedy="Give the service another port, or end what listens there.",
        )
    sandbox.files.write(_script_path(name), _script(name, declared))
    command = sandbox.commands.spawn(f"bash {_script_path(name)}")
    try:
        _wait_until_ready(sandbox, name, declared, deadline)
    except BaseException:
        command.kill()
        sandbox.files.remove(_log_path(name))
        raise


def _end(sandbox: SandboxInstance, name: str) -> None:
    for process in _processes(sandbox, name):
        sandbox.commands.kill(process.pid)
    sandbox.files.remove(_log_path(name))


def _processes(sandbox: SandboxInstance, name: str) -> list[ProcessInfo]:
    """What runs of a service; its name is random, so only its own command line has it."""
    return [each for each in sandbox.commands.list() if _script_path(name) in each.command]


def _script(name: str, declared: Values) -> str:
    """The command with its environment, in a file that removes itself: nothing of it shows in process arguments."""
    exports = [f"export {variable}={shlex.quote(value)}" for variable, value in declared.get("env", {}).items()]
    directory = declared.get("working_directory")
    return "\n".join(
        [
            'rm -f -- "$0"',
            f"exec > {_log_path(name)} 2>&1",
            f"cd {shlex.quote(directory)} || exit" if directory else "cd",
            *exports,
            declared["command"],
            "",
        ]
    )


def _script_path(name: str) -> str:
    return f"/tmp/.{name}"


def _log_path(name: str) -> str:
    return f"/tmp/.{name}.log"


def _wait_until_ready(sandbox: SandboxInstance, name: str, declared: Values, deadline: float) -> None:
    port, health = declared["port"], declared.get("health", {})
    while True:
        seconds = min(SLICE_SECONDS, max(1, round(deadline - time.monotonic())))
        look = sandbox.commands.run(_until(_answers(port, health), seconds), timeout_seconds=seconds + 10)
        if not _processes(sandbox, name):
            raise NotReadyError("the command ended before it was ready", details=_tail(sandbox, name))
        if look.exit_code == 0:
            return
        if time.monotonic() > deadline:
            status = look.stdout.strip()
            raise NotReadyError(
                f"port {port} answers with status {status}" if status else f"port {port} does not answer",
                remedy="If it only needs longer, raise timeouts.create_minutes.",
                details=_tail(sandbox, name),
            )


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
