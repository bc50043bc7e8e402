"""The files resource."""

from typing import Any

import pulumi
from typing_extensions import Unpack

from evolve_pulumi.dynamic.resource import Declared, in_program
from evolve_pulumi.models.files import FilesArgs
from evolve_pulumi.sources import folders


class Files(Declared, module="evolve", name="Files"):
    """Files in a folder of a sandbox: texts, and files of the machine that the program runs on.

    Told apart by hash: what changed is sent, what left the program is removed, with folders that are empty then.
    `pulumi up` after a refresh repairs what was changed or removed inside.

    Args:
        resource_name: Its name in the program.
        opts: The engine's options.
        args: See `FilesArgs`.
    """

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **args: Unpack[FilesArgs]
    ) -> None:
        super().__init__(
            "files",
            resource_name,
            args,
            # Two of it would be the same files, and the deletion of the old one theirs.
            pulumi.ResourceOptions.merge(pulumi.ResourceOptions(delete_before_replace=True), opts),
            managed={"drifted": {}, **_local(args)},
        )


def _local(args: FilesArgs) -> dict[str, Any]:
    """What is in the local folder as the program runs."""
    if "source" not in args:
        return {}
    with in_program():
        folder = folders.look(args["source"], args.get("exclude", ()))
    return {"source_folder": folder.path, "source_files": folder.stamps}
