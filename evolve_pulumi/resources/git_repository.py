"""The Git repository resource."""

from typing import Any

import pulumi
from pulumi import Output
from typing_extensions import Unpack

from evolve_pulumi.dynamic.resource import Declared, in_program
from evolve_pulumi.models.git_repository import GitRepositoryArgs
from evolve_pulumi.sources import repositories


class GitRepository(Declared, module="evolve", name="GitRepository"):
    """A Git repository in a sandbox, at the commit of a ref, and moved in place when that changes.

    The commit is checked out without a branch. A later change sends only what is new. Files that are not in Git stay.
    Its deletion removes the folder, with whatever was done in it.

    Args:
        resource_name: Its name in the program.
        opts: The engine's options.
        args: See `GitRepositoryArgs`.
    """

    commit: Output[str]
    """The full hash of the commit that `ref` is."""

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **args: Unpack[GitRepositoryArgs]
    ) -> None:
        super().__init__(
            "git_repository",
            resource_name,
            args,
            # Two of it cannot be in one folder.
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(delete_before_replace=True), opts),
            managed={"clean": True, **_resolved(args)},
        )


def _resolved(args: GitRepositoryArgs) -> dict[str, Any]:
    """What the ref is as the program runs; nothing without a source, which is refused later with all else."""
    if "source" not in args:
        return {}
    source, ref = args["source"], args.get("ref", "HEAD")
    with in_program():
        commit = repositories.resolve(source, ref)
    is_local = not repositories.is_url(source) and not args.get("clone_inside")
    return {"commit": commit} | ({"source_folder": repositories.folder(source)} if is_local else {})
