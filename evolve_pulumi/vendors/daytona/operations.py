"""How Daytona changes a sandbox in place, in the order of execution."""

from typing import TYPE_CHECKING

from evolve_pulumi.schema import Operation, Values
from evolve_pulumi.vendors.daytona import labels

if TYPE_CHECKING:
    from daytona import Sandbox


def _set_labels(sandbox: "Sandbox", values: Values, recorded: Values) -> None:
    sandbox.set_labels(labels.replaced(sandbox.labels, values, recorded))


def _set_idle_intervals(sandbox: "Sandbox", values: Values, _recorded: Values) -> None:
    """Daytona allows one of the two to be non-zero, so the other is turned off first."""
    stop, pause = values.get("auto_stop_interval"), values.get("auto_pause_interval")
    if pause == 0 or (stop and sandbox.auto_pause_interval):
        sandbox.set_auto_pause_interval(0)
    if stop == 0 or (pause and sandbox.auto_stop_interval):
        sandbox.set_autostop_interval(0)
    if stop:
        sandbox.set_autostop_interval(stop)
    if pause:
        sandbox.set_auto_pause_interval(pause)


def _update_network_settings(sandbox: "Sandbox", values: Values, _recorded: Values) -> None:
    """The three depend on each other at Daytona, so they are always sent together.

    An empty list clears what is stored, which `network_block_all=False` does by itself.
    """
    sandbox.update_network_settings(**values)


def _setter(method: str) -> Operation:
    """An operation that is an SDK method with one argument."""

    def call(sandbox: "Sandbox", values: Values, _recorded: Values) -> None:
        (value,) = values.values()
        getattr(sandbox, method)(value)

    return Operation(method, call)


SANDBOX_OPERATIONS = (
    Operation("set_labels", _set_labels, sends_all=True),
    _setter("set_public"),
    Operation("update_network_settings", _update_network_settings, sends_all=True),
    Operation("set_idle_intervals", _set_idle_intervals),
    _setter("set_auto_archive_interval"),
    _setter("set_auto_delete_interval"),
    _setter("set_ttl"),
)
