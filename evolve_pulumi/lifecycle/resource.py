"""The life of one kind's resources, from declared properties to the vendor's objects and back."""

import dataclasses
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from evolve_pulumi.errors import EvolveError, NotFoundError, RefusedError, UnfinishedError
from evolve_pulumi.lifecycle import adoption
from evolve_pulumi.lifecycle.check import Checked, check
from evolve_pulumi.lifecycle.kinds import Kind
from evolve_pulumi.lifecycle.restarts import refuse_restart
from evolve_pulumi.planning import Plan, plan
from evolve_pulumi.schema import SERVER_CHOOSES, Table, Values
from evolve_pulumi.vendors.base import Objects, Observed, Opener

DEFAULT_MINUTES = 5.0
LAST_STATES = {"stop": "stopped", "archive": "archived"}
"""What `on_destroy` leaves an object in; `keep` leaves it as it is."""


@dataclass(frozen=True)
class Refreshed:
    """A resource as it is now."""

    outs: dict[str, Any]
    inputs: dict[str, Any]
    """Those of its outs that are inputs, so that a difference shows where it was declared."""


@dataclass(frozen=True)
class Lifecycle:
    """The six operations on resources of one kind. Properties are recorded as inputs plus the vendor's answers."""

    kind: Kind
    open_account: Opener

    def check(self, olds: Values, news: Values) -> Checked:
        """Normalise and validate declared properties, and name what has no name."""
        return check(self.kind, self._table(news), olds, news)

    def diff(self, id: str, olds: Values, news: Values) -> Plan:
        """What it takes to get from what is recorded to what is declared. Calls nobody."""
        table = self._table(news)
        made = _plan(table, table.normalised(olds), table.normalised(news))
        with self._about("replace" if made.replaces else "update", news):
            refuse_restart(made, news)
            if made.replaces:
                self._refuse_data_loss(news)
                if news.get("adopt_id") == id:
                    raise adoption.of_itself(", ".join(made.replaces))
        return made

    def create(self, news: Values) -> tuple[str, dict[str, Any]]:
        """Make the object; the id, and the properties to record."""
        with self._about("create", news):
            table, objects = self._table(news), self._objects(news)
            news = table.normalised(news)
            seconds = _seconds(news, "create_minutes", self.kind.create_minutes)
            if "adopt_id" in news:
                seen = adoption.adopt(table, objects, news, seconds)
                return seen.id, self._outs(news, seen)
            made = objects.create(table.fields(news), seconds)
            return made.id, self._finished(table, news, made)

    def read(self, id: str, olds: Values) -> Refreshed | None:
        """Look at the object; None where it is gone, and only where it really is."""
        with self._about("read", olds):
            table = self._table(olds)
            olds = table.normalised(olds)
            seen = self._objects(olds).read(id, table.fields(olds))
            if seen is None:
                self._refuse_foreign_account(olds)
                if "account" not in olds:
                    raise NotFoundError(f"there is no {self.kind.words} {id} in this account")
                return None
            outs = self._outs(table.overlay(olds, seen.attributes), seen)
            return Refreshed(outs, _inputs(table, outs))

    def update(self, id: str, olds: Values, news: Values) -> dict[str, Any]:
        """Carry out the plan; the properties to record."""
        with self._about("update", news):
            table = self._table(news)
            olds, news = table.normalised(olds), table.normalised(news)
            steps = _plan(table, olds, news).steps
            answers = {key: value for key, value in olds.items() if key not in _inputs(table, olds)}
            if not steps:
                return self._outs(news, Observed(id, outputs=answers))
            recorded, declared = {**answers, **table.fields(olds)}, table.fields(news)
            seconds = _seconds(news, "update_minutes")
            seen = self._objects(news).update(id, recorded, declared, steps, seconds)
            return self._finished(table, news, dataclasses.replace(seen, outputs={**answers, **seen.outputs}))

    def delete(self, id: str, olds: Values) -> None:
        """Remove the object, or give it up; that it is not there is fine, if this is where it was."""
        with self._about("delete", olds):
            table = self._table(olds)
            if adoption.is_borrowed(table, id, olds):
                return
            self._refuse_data_loss(olds)
            olds = table.normalised(olds)
            seconds = _seconds(olds, "delete_minutes")
            if olds.get("on_destroy", "delete") != "delete":
                found = self._give_up(id, olds, seconds)
            else:
                found = self._objects(olds).delete(id, {**olds, **table.fields(olds)}, seconds)
            if not found:
                self._refuse_foreign_account(olds)

    def _give_up(self, id: str, olds: Values, seconds: float) -> bool:
        """Leave the object in its last state, without its owner, so that nobody takes it for an orphan."""
        table = self._table(olds)
        last = {"state": state} if (state := LAST_STATES.get(olds["on_destroy"])) else {}
        news = {key: value for key, value in olds.items() if key != "owner"} | last
        recorded, steps = table.fields(olds), plan(table, olds, news).steps
        try:
            self._objects(olds).update(id, recorded, recorded, steps, seconds)
        except NotFoundError:
            return False
        return True

    def _table(self, properties: Values) -> Table:
        return self.kind.table(properties["connection"]["backend"])

    def _objects(self, properties: Values) -> Objects:
        return self.kind.objects(self.open_account(properties["connection"]))

    def _outs(self, properties: Values, seen: Observed) -> dict[str, Any]:
        outs = {**properties, **seen.outputs}
        return {**outs, **self.kind.derived(outs)}

    def _finished(self, table: Table, news: Values, made: Observed) -> dict[str, Any]:
        """The properties to record of what was made; raises UnfinishedError, which has them too."""
        if made.unfinished:
            outs = self._outs(table.overlay(news, made.attributes), made)
            raise UnfinishedError(made.unfinished, made.id, outs)
        return self._outs(news, made)

    def _refuse_foreign_account(self, recorded: Values) -> None:
        """An object that another account holds is not gone."""
        account, owner = self.open_account(recorded["connection"]).identity(), recorded.get("account")
        if owner and account and account != owner:
            raise RefusedError(
                f"it belongs to the account {owner}, and the key is for {account}",
                remedy="Use a key of its own account. Only if it is really gone: `pulumi state delete`.",
            )

    def _refuse_data_loss(self, properties: Values) -> None:
        if self.kind.holds_data and properties.get("allow_data_loss") is not True:
            raise RefusedError(
                f"this would delete what is in the {self.kind.words}",
                remedy="If that may go: set allow_data_loss=True, run `pulumi up`, and try again.",
            )

    @contextmanager
    def _about(self, operation: str, properties: Values) -> Generator[None]:
        """Let every error name the resource and the operation."""
        try:
            yield
        except EvolveError as error:
            error.about(f"{self.kind.words} {properties['owner']['resource']!r}: {operation}")
            raise


def _plan(table: Table, olds: Values, news: Values) -> Plan:
    """Compare; the name of what was adopted is the vendor's answer, until it is declared."""
    return plan(table, olds if "name" in news else {**olds, "name": SERVER_CHOOSES}, news)


def _seconds(properties: Values, operation: str, default_minutes: float = DEFAULT_MINUTES) -> float:
    return 60 * properties.get("timeouts", {}).get(operation, default_minutes)


def _inputs(table: Table, properties: Values) -> dict[str, Any]:
    """The part of recorded properties that was declared."""
    heads = {entry.path[0] for entry in table.entries}
    return {key: value for key, value in properties.items() if key in heads}
