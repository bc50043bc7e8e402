"""What all our resources do in the program: say where they go, and register."""

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, cast

import pulumi
from pulumi.dynamic import Resource

from evolve_pulumi.dynamic.provider import PREVIEW, provider
from evolve_pulumi.errors import EvolveError
from evolve_pulumi.models.managed import Connection
from evolve_pulumi.vendors import connect
from evolve_pulumi.vendors.settings import Settings


class Declared(Resource):
    """A resource of one kind.

    Args:
        kind: Its kind.
        resource_name: Its name in the program.
        args: What the program declares.
        outputs: The names of what it answers; those that are not declared.
        secret: The outputs that are secret.
        opts: The engine's options.
    """

    def __init__(
        self,
        kind: str,
        resource_name: str,
        args: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
        *,
        outputs: Sequence[str] = (),
        secret: Sequence[str] = (),
        managed: Mapping[str, Any] = {},
    ) -> None:
        own = pulumi.ResourceOptions(additional_secret_outputs=list(secret))
        properties: dict[str, Any] = dict.fromkeys(outputs) | dict(args) | dict(managed)
        properties |= {"owner": _owner(resource_name), PREVIEW: pulumi.runtime.is_dry_run()}
        properties |= _place(args.get("backend"))
        super().__init__(provider(kind), resource_name, properties, pulumi.ResourceOptions.merge(own, opts))

    @classmethod
    def get(cls, resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> Self:
        """Look at one that this stack does not own: its outputs are read at each update, and it is never changed."""
        return cls(resource_name, opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)))  # pyright: ignore[reportCallIssue]


@contextmanager
def in_program() -> Generator[None]:
    """Show an error in the program as one line, without a traceback."""
    try:
        yield
    except EvolveError as error:
        raise pulumi.RunError(str(error)) from None


def _owner(resource_name: str) -> dict[str, str]:
    return {"project": pulumi.get_project(), "stack": pulumi.get_stack(), "resource": resource_name}


def _place(backend: str | None) -> dict[str, Any]:
    """Connection and default labels, from the stack's configuration and the environment."""
    settings = Settings(pulumi.Config("evolve").get, os.environ)
    with in_program():
        connection: Connection = connect(settings, backend)
        labels = settings.mapping("defaultLabels")
    return {"connection": cast(dict[str, Any], connection)} | ({"default_labels": labels} if labels else {})
