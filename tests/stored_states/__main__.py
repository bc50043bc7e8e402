"""Write the state that the code as it is leaves behind."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cloud import running_cloud
from tests.pulumi_engine import Stack
from tests.stored_states import FOLDER, PROGRAMS, export, own_values, replaced


def main(name: str, program: str, backend: str) -> None:
    """Bring the program up, store its state under a name, and destroy it."""
    with running_cloud() as (_, cloud), TemporaryDirectory() as folder:
        stack = Stack(Path(folder), PROGRAMS[program], env={"EVOLVE_LOCAL_FOLDER": str(cloud.folder)})
        stack.config_set("evolve:local", "true")
        stack.config_set("evolve:backend", backend)
        stack.up().ok()
        deployment = export(stack)["deployment"]
        resources = [
            # Where in which source a resource was declared is of no use, and names folders of this machine.
            {key: value for key, value in resource.items() if key not in ("sourcePosition", "stackTrace")}
            for resource in deployment["resources"]
        ]
        text = replaced(json.dumps(resources, indent=1), own_values(deployment))
        stored = {"name": program, "backend": backend, "program": PROGRAMS[program], "resources": json.loads(text)}
        (FOLDER / f"{name}.json").write_text(json.dumps(stored, indent=1) + "\n")
        stack.destroy().ok()


main(sys.argv[1], sys.argv[2], sys.argv[-1])
