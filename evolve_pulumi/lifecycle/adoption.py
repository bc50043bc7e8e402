"""Taking over an object that exists, instead of creating one.

The engine replaces a resource by creating before deleting. A program that still says `adopt_id` would then adopt the
very object that is deleted next, so that is refused twice: in the diff, and in the creation for a forced replacement,
which asks for no diff.
"""

from evolve_pulumi.errors import NotFoundError, RefusedError
from evolve_pulumi.lifecycle.restarts import refuse_restart
from evolve_pulumi.planning import plan
from evolve_pulumi.schema import Table, Values
from evolve_pulumi.vendors.base import Objects, Observed


def adopt(table: Table, objects: Objects, news: Values, timeout_seconds: float) -> Observed:
    """Make an existing object what is declared, if all that is fixed at creation already is."""
    id = news["adopt_id"]
    seen = objects.read(id, table.fields(news))
    if seen is None:
        raise NotFoundError(f"there is no {id} to adopt in this account", remedy="Check adopt_id.")
    if seen.attributes.get("owner") == news["owner"]:
        raise of_itself("a forced replacement")
    recorded = {**table.overlay(news, seen.attributes), **seen.outputs}
    made = plan(table, recorded, news)
    different = (*_different(table, seen.attributes, news), *made.replaces)
    if different:
        raise RefusedError(
            f"{id} cannot be adopted, since it was created with another value of {', '.join(different)}",
            remedy="Declare what it has, or leave it out.",
        )
    refuse_restart(made, news)
    if made.steps:
        objects.update(id, table.fields(recorded), table.fields(news), made.steps, timeout_seconds)
    return seen


def is_borrowed(table: Table, id: str, recorded: Values) -> bool:
    """Whether an object is given up instead of deleted.

    Without labels nothing tells one that was adopted by this resource before from somebody else's, so that a
    replacement may have adopted it again already.
    """
    return not table.is_labelled and recorded.get("adopt_id") == id


def of_itself(cause: str) -> RefusedError:
    """The error for a replacement that would adopt what it replaces."""
    return RefusedError(
        f"{cause} would replace it, and adopt_id names the very object that is then deleted",
        remedy="Take adopt_id out of the program first: it is not needed any more.",
    )


def _different(table: Table, seen: Values, news: Values) -> list[str]:
    """The dotted paths of declared attributes that are fixed and not as declared, as far as the vendor tells."""
    return [
        entry.dotted
        for entry, value in table.declared(news)
        if entry.wire and not entry.wire.by and not entry.wire.once
        if entry.field in seen and entry.wire.decode(seen[entry.field]) != value
    ]
