"""How Daytona changes a sandbox in place, in the order of execution."""

from typing import TYPE_CHECKING

from evolve_pulumi.schema import Change, Operation
from evolve_pulumi.vendors.daytona import labels

if TYPE_CHECKING:
    from daytona import Sandbox


def _set_labels(sandbox: "Sandbox", change: Change) -> None:
    sandbox.set_labels(labels.replaced(sandbox.labels, change.values, change.recorded))


def _update_network_settings(sandbox: "Sandbox", change: Change) -> None:
    """The three depend on each other at Daytona, so they are always sent together.

    An empty list clears what is stored, which `network_block_all=False` does by itself.
    """
    sandbox.update_network_settings(**change.values)


def _set_idle_intervals(sandbox: "Sandbox", change: Change) -> None:
    """Daytona allows one of the two to be non-zero, so the other is turned off first."""
    stop, pause = change.values.get("auto_stop_interval"), change.values.get("auto_pause_interval")
    if pause == 0 or (stop and sandbox.auto_pause_interval):
        sandbox.set_auto_pause_interval(0)
    if stop == 0 or (pause and sandbox.auto_stop_interval):
        sandbox.set_autostop_interval(0)
    if stop:
        sandbox.set_autostop_interval(stop)
    if pause:
        sandbox.set_auto_pause_interval(pause)


def _set_state(sandbox: "Sandbox", change: Change) -> None:
    """Stopped, paused and archived each have one way in, so the sandbox is brought to its beginning first."""
    wanted, seconds = change.values["state"], change.timeout_seconds
    if wanted == "archived":
        if sandbox.state == "started":
            sandbox.stop(seconds)
        sandbox.archive()
        return
    if sandbox.state != "started":
        sandbox.start(seconds)
    if wanted == "stopped":
        sandbox.stop(seconds)
    elif wanted == "paused":
        sandbox.pause(seconds)


def _setter(method: str) -> Operation:
    """An operation that is an SDK method with one argument."""

    def call(sandbox: "Sandbox", change: Change) -> None:
        (value,) = change.values.values()
        getattr(sandbox, method)(value)

    return Operation(method, call)


SET_STATE = Operation("set_state", _set_state)
SANDBOX_OPERATIONS = (
    Operation("set_labels", _set_labels, sends_all=True),
    _setter("set_public"),
    Operation("update_network_settings", _update_network_settings, sends_all=True),
    Operation("set_idle_intervals", _set_idle_intervals),
    _setter("set_auto_archive_interval"),
    _setter("set_auto_delete_interval"),
    _setter("set_ttl"),
    SET_STATE,
)
