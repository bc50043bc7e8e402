"""How long `evolve-pulumi up` takes where there is nothing to do, against plain `pulumi up`; prints JSON.

The same definition on one local cloud, in turn: through the command, and as a program of the engine alone, which also
looks at what is there first. `ratio` is ours / the engine's, of the medians.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.cloud import running_cloud
from tests.e2e.evolve_command import Environments
from tests.pulumi_engine import Stack

DEFINITION = """
name: bench
services:
  web: {command: exec python3 -m http.server 3000, port: 3000, health: {path: /}}
lifetime: 3d
"""
PROGRAM = """
from evolve_pulumi import PreviewEnvironment

PreviewEnvironment.of_config()
"""


def main(
    runs: Annotated[int, typer.Option(help="Runs of each, after one that does not count.")] = 5,
    backend: Annotated[str, typer.Option(help="daytona or e2b.")] = "daytona",
) -> None:
    with running_cloud() as (_, cloud), TemporaryDirectory() as made:
        folder = Path(made)
        environments = Environments(folder, cloud)
        environments.write(DEFINITION)
        environments.run("up", "--local", "--backend", backend).ok()
        (folder / "engine").mkdir()
        stack = Stack(folder / "engine", PROGRAM, env={"EVOLVE_LOCAL_FOLDER": str(cloud.folder)})
        config = {"local": "true", "backend": backend, "definition": str(environments.file)}
        for name, value in config.items():
            stack.config_set(f"evolve:{name}", value)
        stack.up().ok()
        ours, engine = _in_turn(lambda: environments.run("up").ok(), lambda: stack.up("--refresh").ok(), runs)
        report = {"ours_seconds": round(ours, 2), "engine_seconds": round(engine, 2), "ratio": round(ours / engine, 3)}
        print(json.dumps({"backend": backend, "runs": runs, **report}, indent=2))
        stack.destroy().ok()
        environments.run("destroy").ok()


def _in_turn(ours: Callable[[], object], engine: Callable[[], object], runs: int) -> tuple[float, float]:
    """The medians, in seconds."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(runs + 1):
        for which in (0, 1) if number % 2 else (1, 0):
            begin = time.perf_counter()
            (ours, engine)[which]()
            seconds[which].append(time.perf_counter() - begin)
    return statistics.median(seconds[0][1:]), statistics.median(seconds[1][1:])


if __name__ == "__main__":
    typer.run(main)
