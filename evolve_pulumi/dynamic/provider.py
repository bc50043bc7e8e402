"""The provider that the engine calls, once per kind and process, from many threads."""

import functools
import os
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

from evolve_pulumi.dynamic import entry, process, unfinished
from evolve_pulumi.errors import EvolveError, UnfinishedError
from evolve_pulumi.lifecycle.kinds import KINDS
from evolve_pulumi.lifecycle.resource import Lifecycle
from evolve_pulumi.schema import UNKNOWN, Values
from evolve_pulumi.vendors import accounts, vendor
from evolve_pulumi.vendors.base import Opener
from evolve_pulumi.vendors.settings import Settings

T = TypeVar("T")

PREVIEW = "preview"
"""Key under which the constructor says whether this is a preview; never stored."""
ENGINE_KEYS = frozenset({"__provider", PREVIEW})
DEFAULT_CONCURRENCY = 64


@functools.cache
def provider(kind: str) -> "Provider":
    """The one provider for a kind."""
    return Provider(kind)


class Provider(ResourceProvider):
    """One kind of resource, as the engine sees it. Pickled as a reference to `entry.load`."""

    serialize_as_secret_always = False

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return entry.load, (self._kind,)

    def configure(self, req: ConfigureRequest) -> None:
        """Called once, in one of the process's workers, before anything else."""
        settings = Settings(lambda key: req.config.get(f"evolve:{key}"), os.environ)
        with _reported():
            process.prepare(settings.number("concurrency", DEFAULT_CONCURRENCY))
            self._lifecycle = Lifecycle(KINDS[self._kind], _shared_accounts(settings))

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Failures carry no property, since the engine would print its value, which may be secret."""
        with _reported():
            applying = not news.get(PREVIEW, True)
            checked = self._lifecycle.check(_incoming(_olds), _incoming(news))
            if applying and not _olds and not checked.failures:
                self._expect_calls(checked.inputs)
            failures = [CheckFailure("", str(failure)) for failure in checked.failures]
            return CheckResult(_outgoing(checked.inputs), failures)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """None makes the engine compare inputs itself, which `replace_on_changes` needs."""
        with _reported():
            plan = self._lifecycle.diff(_id, _incoming(_olds), _incoming(_news))
            tops = sorted({path.split(".", 1)[0] for path in plan.replaces})
            return DiffResult(changes=None if plan.changes else False, replaces=tops)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make it; undo it where the engine is gone and nobody will record it."""
        with _reported(), process.work() as orphaned:
            try:
                id, outs = self._lifecycle.create(_incoming(props))
            except UnfinishedError as error:
                if orphaned() or not unfinished.record(error):
                    self._lifecycle.delete(error.id, error.outs)
                raise
            if orphaned():
                self._lifecycle.delete(id, outs)
            return CreateResult(id, outs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """The engine takes an empty id for: it is gone."""
        with _reported(), process.work():
            seen = self._lifecycle.read(id_, _incoming(props))
            return ReadResult(id_, seen.outs, seen.inputs) if seen else ReadResult("", {})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Change it in place."""
        with _reported(), process.work():
            try:
                return UpdateResult(self._lifecycle.update(_id, _incoming(_olds), _incoming(_news)))
            except UnfinishedError as error:
                unfinished.record(error)
                raise

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Remove it."""
        with _reported(), process.work():
            self._lifecycle.delete(_id, _incoming(_props))

    def _expect_calls(self, inputs: Values) -> None:
        """Something will be created: load the vendor's SDK while the engine is still at work."""
        process.in_background(vendor(inputs["connection"]["backend"]).warm_up)


_accounts: list[Opener] = []
"""One, shared by all kinds; the SDK configures one provider at a time."""


def _shared_accounts(settings: Settings) -> Opener:
    if not _accounts:
        _accounts.append(accounts(settings))
    return _accounts[0]


def _incoming(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties without the engine's own, and with our mark for what is unknown."""
    return {key: _known(value) for key, value in properties.items() if key not in ENGINE_KEYS}


def _known(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_known(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _outgoing(value: Any) -> Any:
    if value is UNKNOWN:
        return Unknown()
    if isinstance(value, dict):
        return {key: _outgoing(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_outgoing(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


@contextmanager
def _reported() -> Generator[None]:
    """Show the user one line: the error's class without its module, and its words without their causes."""
    try:
        yield
    except EvolveError as error:
        raise _shown(error, str(error)) from (error if process.debugging() else None)
    except Exception as error:
        # Its words may hold values, and so secrets.
        *_, (frame, line) = traceback.walk_tb(error.__traceback__)
        place = f"{frame.f_globals['__name__']}:{line}"
        words = f"unexpected, at {place}; this is a bug of evolve_pulumi or of an SDK. EVOLVE_DEBUG=1 shows it whole."
        raise _shown(error, words) from (error if process.debugging() else None)


def _shown(error: Exception, words: str) -> Exception:
    return type(type(error).__name__, (Exception,), {"__module__": "builtins"})(words)
