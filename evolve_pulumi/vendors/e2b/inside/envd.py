"""The way into one E2B sandbox: the connection to its envd, and what its errors mean."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

from e2b import E2B, Sandbox, SandboxInfo, SandboxNotRunningException, SandboxState

from evolve_pulumi.errors import NotReadyError, UnreachableError
from evolve_pulumi.vendors.e2b.errors import translated
from evolve_pulumi.vendors.e2b.options import TIMEOUT_MINUTES
from evolve_pulumi.vendors.e2b.place import Place
from evolve_pulumi.vendors.retry import patiently

T = TypeVar("T")

READ_SECONDS = 30
NO_LONGER_SECONDS = 1
"""Connecting to a running sandbox only ever extends its time, so this leaves it as it is."""


class Envd:
    """One sandbox, connected to when that is first needed."""

    def __init__(self, sdk: E2B, place: Place, id: str) -> None:
        self.sdk = sdk
        self.place = place
        self.id = id

    @cached_property
    def sandbox(self) -> Sandbox:
        """The SDK's object. Connecting wakes any, so it is looked at first: where it sleeps, and requests are not to
        wake it, this raises NotReadyError."""
        seen = self.look()
        sleeps = seen.state != SandboxState.RUNNING
        if sleeps and not (seen.lifecycle and seen.lifecycle["auto_resume"]):
            raise self._asleep(seen)
        seconds = 60 * TIMEOUT_MINUTES if sleeps else NO_LONGER_SECONDS
        return patiently(
            lambda: self._translated(lambda: self.sdk.Sandbox.connect(self.id, timeout=seconds)), READ_SECONDS
        )

    def look(self) -> SandboxInfo:
        """What E2B tells of it, as it is now."""
        return patiently(lambda: self._translated(lambda: self.sdk.Sandbox.get_info(self.id)), READ_SECONDS)

    def call(self, call: Callable[[Sandbox], T]) -> T:
        """Ask for something inside once; raises NotReadyError where the sandbox does not run."""
        with self.reached() as sandbox:
            return call(sandbox)

    @contextmanager
    def reached(self) -> Generator[Sandbox]:
        """The SDK's object, with its errors in our terms."""
        sandbox = self.sandbox
        try:
            with translated(self.place.endpoint):
                yield sandbox
        except UnreachableError as error:
            if isinstance(error.__cause__, SandboxNotRunningException):
                seen = self.look()
                raise (self._asleep(seen) if seen.state != SandboxState.RUNNING else error) from error
            raise

    def replay(self, call: Callable[[Sandbox], T]) -> T:
        """Ask for something that may be asked for again where no answer came."""
        return patiently(lambda: self.call(call), READ_SECONDS)

    def _asleep(self, seen: SandboxInfo) -> NotReadyError:
        return NotReadyError(f"the sandbox {self.id} is {seen.state.value}", remedy="Start it: `resume()`.")

    def _translated(self, call: Callable[[], T]) -> T:
        with translated(self.place.endpoint):
            return call()
