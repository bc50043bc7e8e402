"""Write the state that the code as it is leaves behind."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cloud import running_cloud
from tests.pulumi_engine import Stack
from tests.stored_states import FOLDER, PROGRAMS, export, own_values, replaced


def main(name: str, backend: str) -> None:
    """Bring the program up, store its state under a name, and destroy it."""
    with running_cloud() as (_, cloud), TemporaryDirectory() as folder:
        stack = Stack(Path(folder), PROGRAMS[backend], env={"EVOLVE_LOCAL_FOLDER": str(cloud.folder)})
        stack.config_set("evolve:local", "true")
        stack.config_set("evolve:backend", backend)
        stack.up().ok()
        deployment = export(stack)["deployment"]
        text = replaced(json.dumps(deployment["resources"], indent=1), own_values(deployment))
        stored = {"backend": backend, "program": PROGRAMS[backend], "resources": json.loads(text)}
        (FOLDER / f"{name}.json").write_text(json.dumps(stored, indent=1) + "\n")
        stack.destroy().ok()


main(*sys.argv[1:])
