"""How Daytona changes a sandbox in place, in the order of execution."""

from typing import TYPE_CHECKING

from evolve_pulumi.schema import Operation, Values
from evolve_pulumi.vendors.daytona import labels

if TYPE_CHECKING:
    from daytona import Sandbox


def _set_labels(sandbox: "Sandbox", values: Values, recorded: Values) -> None:
    sandbox.set_labels(labels.replaced(sandbox.labels, values, recorded))


def _setter(method: str) -> Operation:
    """An operation that is an SDK method with one argument."""

    def call(sandbox: "Sandbox", values: Values, _recorded: Values) -> None:
        (value,) = values.values()
        getattr(sandbox, method)(value)

    return Operation(method, call)


SANDBOX_OPERATIONS = (
    Operation("set_labels", _set_labels, sends_all=True),
    _setter("set_public"),
    _setter("set_autostop_interval"),
    _setter("set_auto_archive_interval"),
    _setter("set_auto_delete_interval"),
    _setter("set_ttl"),
)
