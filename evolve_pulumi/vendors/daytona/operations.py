"""How Daytona changes sandboxes and snapshots in place, in the order of execution."""

from typing import TYPE_CHECKING

from evolve_pulumi.errors import NotReadyError, RefusedError
from evolve_pulumi.schema import Change, Operation, Values, is_unknown
from evolve_pulumi.vendors.daytona import labels

if TYPE_CHECKING:
    from daytona import Sandbox
    from daytona.common.snapshot import Snapshot


def _set_labels(sandbox: "Sandbox", change: Change) -> None:
    labels.change(sandbox, lambda current: labels.replaced(current, change.values, change.recorded))


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
    _bring_to(sandbox, change.values["state"], change.timeout_seconds)


def _bring_to(sandbox: "Sandbox", state: str, seconds: float) -> None:
    """Stopped, paused and archived each have one way in, so the sandbox is brought to its beginning first."""
    if sandbox.state == state:
        return
    if sandbox.state != "started" and (sandbox.state, state) != ("stopped", "archived"):
        sandbox.start(seconds)
    if state == "paused":
        sandbox.pause(seconds)
    elif state != "started" and sandbox.state == "started":
        sandbox.stop(seconds)
    if state == "archived":
        sandbox.archive()


def _resize(sandbox: "Sandbox", change: Change) -> None:
    """More cores and memory while it runs; less of them, and the disk, while it is stopped."""
    from daytona import Resources

    has = {field: getattr(sandbox, field) for field in SIZES}
    wanted = {field: value for field, value in change.values.items() if value != has[field]}
    if not wanted:
        return
    stopped = _stopped_for(wanted, has)
    if stopped and sandbox.auto_delete_interval == 0:
        raise RefusedError(
            f"Daytona stops a sandbox to change {', '.join(sorted(stopped))}, and this one is deleted when it stops",
            remedy="Make it from a snapshot or an image with these sizes.",
        )
    before = sandbox.state if sandbox.state in SETTLED else "started"
    if before != "stopped":
        _bring_to(sandbox, "stopped" if stopped else "started", change.timeout_seconds)
    try:
        sandbox.resize(Resources(**wanted), change.timeout_seconds)
    finally:
        _bring_to(sandbox, before, change.timeout_seconds)


def _stopped_for(wanted: Values, has: Values) -> set[str]:
    """The sizes that change only while it is stopped; what is not known counts as one that does not."""
    comparable = [field for field, value in wanted.items() if field in has and not is_unknown(value)]
    return {
        field
        for field in comparable
        if (wanted[field] != has[field] if field == "disk" else wanted[field] < has[field])
    }


def _resize_cannot(change: Change) -> set[str]:
    """A disk never shrinks, and what is deleted when it stops cannot be stopped."""
    wanted, has, recorded = change.values, _sizes(change.recorded), change.recorded
    disk = wanted.get("disk")
    smaller = {"disk"} if "disk" in has and not is_unknown(disk) and disk and disk < has["disk"] else set[str]()
    ends = recorded.get("ephemeral") or recorded.get("auto_delete_interval") == 0 or recorded.get("gpu")
    return smaller | (_stopped_for(wanted, has) if ends else set[str]())


def _resize_restarts(change: Change) -> set[str]:
    """Nothing runs in a sandbox that is meant to be stopped."""
    if change.recorded.get("state") in ("stopped", "archived"):
        return set()
    return _stopped_for(change.values, _sizes(change.recorded))


def _sizes(recorded: Values) -> dict[str, int]:
    """The sizes that it has, by Daytona's names: as declared, else as Daytona answered."""
    answered = recorded.get("resources", {})
    sizes = {field: recorded.get(field, answered.get(name)) for field, name in SIZES.items()}
    return {field: size for field, size in sizes.items() if size is not None}


def _recover(sandbox: "Sandbox", change: Change) -> None:
    if not sandbox.recoverable:
        raise NotReadyError(
            f"it is in state {sandbox.state} and Daytona cannot recover it: {sandbox.error_reason}",
            remedy="Replace it: `pulumi up --replace URN`.",
        )
    sandbox.recover(change.timeout_seconds)


def _set_auto_delete(sandbox: "Sandbox", change: Change) -> None:
    """Daytona's word for ephemeral is an interval of 0."""
    minutes = 0 if change.values["ephemeral"] else change.values["auto_delete_interval"]
    sandbox.set_auto_delete_interval(minutes)


def _setter(method: str) -> Operation:
    """An operation that is an SDK method with one argument."""

    def call(sandbox: "Sandbox", change: Change) -> None:
        (value,) = change.values.values()
        getattr(sandbox, method)(value)

    return Operation(method, call)


SETTLED = ("started", "stopped", "paused", "archived")
SIZES = {"cpu": "cpu", "memory": "memory_gb", "disk": "disk_gb"}
"""Daytona's names, and ours."""
RECOVER = Operation("recover", _recover)
RESIZE = Operation("resize", _resize, cannot=_resize_cannot, restarts=_resize_restarts)
SET_STATE = Operation("set_state", _set_state)
STARTING = (RECOVER, RESIZE, SET_STATE)
"""Those that may start the sandbox, which changes its preview token."""
SANDBOX_OPERATIONS = (
    RECOVER,
    # It may stop the sandbox, which must not be deleted by that; so it comes before the intervals.
    RESIZE,
    Operation("set_labels", _set_labels, sends_all=True),
    _setter("set_public"),
    Operation("update_network_settings", _update_network_settings, sends_all=True),
    Operation("set_idle_intervals", _set_idle_intervals),
    _setter("set_auto_archive_interval"),
    Operation("set_auto_delete_interval", _set_auto_delete, sends_all=True),
    _setter("set_ttl"),
    SET_STATE,
)


def _activate(snapshot: "Snapshot", _change: Change) -> None:
    """Carried out by `Snapshots.update`, which can wait for it."""


def _exchange(_sandbox: "Sandbox", _change: Change) -> None:
    """Carried out by `SandboxLabels.update`, which knows what others put there."""


LABELS_OPERATIONS = (Operation("set_labels", _exchange),)
SNAPSHOT_OPERATIONS = (Operation("activate", _activate),)
