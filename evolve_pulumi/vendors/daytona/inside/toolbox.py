"""The way into one Daytona sandbox: its toolbox, and what its errors mean."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

from daytona import Daytona, Sandbox, SandboxState

from evolve_pulumi.errors import NotReadyError, VendorError
from evolve_pulumi.vendors.daytona.errors import translated
from evolve_pulumi.vendors.retry import patiently

T = TypeVar("T")

READ_SECONDS = 30


class Toolbox:
    """One sandbox, looked up when it is first needed."""

    def __init__(self, sdk: Daytona, endpoint: str, id: str) -> None:
        self.sdk = sdk
        self.endpoint = endpoint
        self.id = id

    @cached_property
    def sandbox(self) -> Sandbox:
        """The SDK's object, as it was when it was first needed."""
        return self.look()

    def look(self) -> Sandbox:
        """The SDK's object, as it is now."""
        return patiently(lambda: self._translated(lambda: self.sdk.get(self.id)), READ_SECONDS)

    def call(self, call: Callable[[Sandbox], T]) -> T:
        """Ask for something inside once; raises NotReadyError where the sandbox does not run."""
        with self.reached() as sandbox:
            return call(sandbox)

    @contextmanager
    def reached(self) -> Generator[Sandbox]:
        """The SDK's object, with its errors in our terms."""
        sandbox = self.sandbox
        try:
            with translated(self.endpoint):
                yield sandbox
        except VendorError as error:
            if error.status in (400, 502) and (state := self.look().state) != SandboxState.STARTED:
                raise self.asleep(state.value if state else "unknown") from error
            raise

    def replay(self, call: Callable[[Sandbox], T]) -> T:
        """Ask for something that may be asked for again where no answer came."""
        return patiently(lambda: self.call(call), READ_SECONDS)

    def asleep(self, state: str) -> NotReadyError:
        """The error for a sandbox in which nothing can run."""
        return NotReadyError(f"the sandbox {self.id} is {state}", remedy="Start it: `resume()`.")

    def _translated(self, call: Callable[[], T]) -> T:
        with translated(self.endpoint):
            return call()
