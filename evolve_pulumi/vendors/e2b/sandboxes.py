"""Sandboxes as E2B keeps them: create, read, update, delete. Looking at one never wakes it."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from e2b import (
    E2B,
    Sandbox,
    SandboxInfo,
    SandboxLifecycle,
    SandboxNetworkOpts,
    SandboxQuery,
    SandboxState,
    VolumeAndToken,
)

from evolve_pulumi.errors import EvolveError, NotFoundError, NotReadyError, VendorError
from evolve_pulumi.planning import Step
from evolve_pulumi.schema import Change, Values
from evolve_pulumi.vendors import ownership
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.e2b.errors import translated
from evolve_pulumi.vendors.e2b.operations import EGRESS, SET_STATE, SET_TIMEOUT, Remote, egress
from evolve_pulumi.vendors.e2b.options import TIMEOUT_MINUTES
from evolve_pulumi.vendors.e2b.place import Place
from evolve_pulumi.vendors.retry import made_after_all, patiently

T = TypeVar("T")

NAME = "evolve-name"
"""The metadata that holds a sandbox's name, since E2B has none."""
LASTING = {SandboxState.RUNNING: "started", SandboxState.PAUSED: "paused"}
READ_SECONDS = 30
UNDO_SECONDS = 60


class Sandboxes:
    """The sandboxes of one account."""

    def __init__(self, sdk: E2B, place: Place) -> None:
        self._sdk = sdk
        self._place = place

    def create(self, declared: Values, timeout_seconds: float) -> Observed:
        """Make one, which runs when E2B answers, and undo it where that fails.

        The random token goes along as idempotency key, so that a call may be repeated whose answer was lost, and as
        metadata, so that what came of the last one is found.
        """
        token = secrets.token_hex(8)
        parameters = self._parameters(declared, token)
        deadline = time.monotonic() + timeout_seconds
        try:
            sandbox = self._patiently(
                lambda: self._sdk.Sandbox.create(**parameters, request_timeout=_left(deadline)), timeout_seconds
            )
        except EvolveError as error:
            if isinstance(error, NotFoundError):
                error.remedy = "Check `snapshot`: it has to be a template of this account, or a public one."
            ours = made_after_all(lambda: self._created_with(token), error, deadline)
            raise (self._undone(ours, error) if ours else error) from error
        try:
            if declared.get("state") == "paused":
                self._pause(sandbox.sandbox_id, _left(deadline))
            return self._observe(self._get(sandbox.sandbox_id), sandbox)
        except EvolveError as error:
            raise self._undone(sandbox.sandbox_id, error) from error

    def read(self, id: str, recorded: Values) -> Observed | None:
        """Look at one."""
        found = self.find(id)
        return found and self._observe(found)

    def update(
        self, id: str, recorded: Values, declared: Values, steps: Sequence[Step], timeout_seconds: float
    ) -> Observed:
        """Carry out the operations; each may be replayed. What is paused is woken for them, and paused again."""
        deadline = time.monotonic() + timeout_seconds
        was = LASTING[self._get(id).state]
        wanted = next((step.values["state"] for step in steps if step.operation is SET_STATE), was)
        others = [step for step in steps if step.operation is not SET_STATE]
        outputs: dict[str, Any] = {}
        if was == "paused" and (wanted == "started" or others):
            outputs = self._token(self._resume(id, _timeout(declared), timeout_seconds))
            others = [step for step in others if step.operation is not SET_TIMEOUT]
        for step in others:
            change = Change(step.values, recorded, _left(deadline))
            self._patiently(lambda s=step, c=change: s.operation.call(Remote(self._sdk, id), c), change.timeout_seconds)
        if wanted == "paused" and (was != "paused" or outputs or others):
            self._pause(id, _left(deadline))
        return Observed(id, outputs=outputs)

    def delete(self, id: str, recorded: Values, timeout_seconds: float) -> bool:
        """Kill one, running or paused; E2B forgets it at once."""
        return self._patiently(lambda: self._sdk.Sandbox.kill(id), timeout_seconds)

    def renew(self, id: str, recorded: Values, minutes: int | None) -> None:
        """Count the time until it is killed from now on; one that is paused then needs no more time."""
        if recorded.get("on_timeout") != "kill":
            return
        seconds = 60 * minutes if minutes else _timeout(recorded)
        self._patiently(lambda: self._sdk.Sandbox.set_timeout(id, seconds), READ_SECONDS)

    def find(self, id: str) -> SandboxInfo | None:
        """What E2B tells of one; None where it is gone."""
        try:
            return self._get(id)
        except NotFoundError:
            return None

    def all(self, metadata: Mapping[str, str]) -> Iterator[SandboxInfo]:
        """Those that carry all the metadata; E2B's list may lag behind."""
        pages = self._sdk.Sandbox.list(SandboxQuery(metadata=dict(metadata) or None))
        while pages.has_next:
            yield from self._patiently(pages.next_items, READ_SECONDS)

    def _parameters(self, declared: Values, token: str) -> dict[str, Any]:
        """What is declared, as the SDK's `create` takes it."""
        pauses = declared.get("on_timeout", "pause") == "pause"
        lifecycle: SandboxLifecycle = {"on_timeout": "pause" if pauses else "kill"}
        if pauses:
            lifecycle["auto_resume"] = declared.get("auto_resume", True)
        named = {NAME: declared["name"], ownership.CREATE_TOKEN: token}
        return {
            "template": declared.get("template"),
            "timeout": _timeout(declared),
            "envs": dict(declared.get("envs", {})),
            "metadata": {**ownership.stamped(declared), **named},
            "allow_internet_access": declared.get("allow_internet_access"),
            "network": _network(declared),
            "lifecycle": lifecycle,
            "volume_mounts": {
                mount["mount_path"]: self._volume_name(mount["volume_id"]) for mount in declared.get("volumes", [])
            }
            or None,
            "idempotency_key": token,
        }

    def _volume_name(self, id: str) -> str:
        """E2B mounts volumes by name."""
        found: VolumeAndToken = self._patiently(lambda: cast(Any, self._sdk.Volume).get_info(id), READ_SECONDS)
        return found.name

    def _get(self, id: str) -> SandboxInfo:
        return self._patiently(lambda: self._sdk.Sandbox.get_info(id), READ_SECONDS)

    def _resume(self, id: str, timeout: int, seconds: float) -> Sandbox:
        return self._patiently(lambda: self._sdk.Sandbox.connect(id, timeout=timeout), seconds)

    def _pause(self, id: str, seconds: float) -> None:
        # False says that it is paused already.
        self._patiently(lambda: self._sdk.Sandbox.pause(id), seconds)

    def _created_with(self, token: str) -> str | None:
        """The sandbox that a failed call made after all."""
        try:
            return next((found.sandbox_id for found in self.all({ownership.CREATE_TOKEN: token})), None)
        except VendorError:
            return None

    def _undone(self, id: str, error: EvolveError) -> EvolveError:
        """Delete what was made, and say what became of it."""
        try:
            self.delete(id, {}, UNDO_SECONDS)
        except VendorError as failed:
            return NotReadyError(
                f"{error.words}; the sandbox {id} that was made could not be deleted: {failed.words}",
                remedy=f"Delete {id} at E2B.",
            )
        return NotReadyError(f"{error.words}; the sandbox {id} that was made is deleted again", remedy=error.remedy)

    def _patiently(self, call: Callable[[], T], seconds: float) -> T:
        def once() -> T:
            with translated(self._place.endpoint):
                return call()

        return patiently(once, seconds)

    def _observe(self, seen: SandboxInfo, made: Sandbox | None = None) -> Observed:
        network: Mapping[str, Any] = seen.network or {}
        attributes: dict[str, Any] = {field: network.get(field) or None for field in EGRESS}
        # An empty list means that there is no server; nothing means the default one.
        attributes["dns_servers"] = network.get("dns_servers")
        attributes["allow_internet_access"] = seen.allow_internet_access is not False
        attributes["state"] = LASTING[seen.state]
        domain = seen.sandbox_domain or (made and made.sandbox_domain)
        outputs: dict[str, Any] = {
            "account": self._place.account,
            "name": seen.metadata.get(NAME, ""),
            "resources": {"cpu": seen.cpu_count, "memory_gb": seen.memory_mb / 1024},
            "preview_url_template": self._place.preview_url_template(seen.sandbox_id, domain),
        }
        return Observed(seen.sandbox_id, attributes, outputs | (self._token(made) if made else {}))

    def _token(self, sandbox: Sandbox) -> dict[str, Any]:
        """What opens the preview URLs of one that is not public; E2B tells it to those who make or wake it."""
        token = sandbox.traffic_access_token
        return {"preview_token": token} if token else {}


def _left(deadline: float) -> float:
    """Seconds until then; the SDK takes none for all the time there is."""
    return max(deadline - time.monotonic(), 1)


def _timeout(declared: Values) -> int:
    """Seconds until it is paused or killed."""
    return declared.get("timeout", 60 * TIMEOUT_MINUTES)


def _network(declared: Values) -> SandboxNetworkOpts:
    """The network of a new sandbox; what others may reach in it is fixed from then on."""
    inward: dict[str, Any] = {"allow_public_traffic": declared.get("public", False)}
    if host := declared.get("mask_request_host"):
        inward["mask_request_host"] = host
    if ports := declared.get("https_ports"):
        inward["https_ports"] = list(ports)
    return cast(SandboxNetworkOpts, {**egress(declared), **inward})
