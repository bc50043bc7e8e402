"""How long `pulumi up` takes for n new sandboxes, against what it cannot beat; prints JSON.

Three whole processes are timed in turn, several times each, on one local cloud that takes `--latency` longer for each
create:

- floor: the engine with n dynamic resources that do nothing, on the same backend with the same `--parallel`;
- raw: a script that makes n sandboxes with the vendor's SDK, all at once, its import included;
- ours: the engine with n `Sandbox` resources.

`ratio` is ours / (floor + raw), of the medians.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.cloud import Cloud, running_cloud  # noqa: E402
from tests.pulumi_engine import Stack  # noqa: E402

OURS = "from evolve_pulumi import Sandbox\n\nfor number in range({count}):\n    Sandbox(f'box-{{number}}')\n"
FLOOR = "from noop import Noop\n\nfor number in range({count}):\n    Noop(f'box-{{number}}')\n"


def main(
    count: Annotated[int, typer.Option(help="Number of sandboxes.")] = 20,
    latency: Annotated[float, typer.Option(help="Seconds that each create takes longer.")] = 0.3,
    runs: Annotated[int, typer.Option(help="Runs of each, after one that does not count.")] = 3,
    parallel: Annotated[int, typer.Option(help="The engine's --parallel.")] = 64,
    backend: Annotated[str, typer.Option(help="daytona or e2b.")] = "daytona",
) -> None:
    with running_cloud() as (_, cloud), tempfile.TemporaryDirectory() as folder:
        _clean(cloud, latency)
        floor = _engine(cloud, backend, Path(folder, "floor"), FLOOR.format(count=count))
        ours = _engine(cloud, backend, Path(folder, "ours"), OURS.format(count=count))
        option = f"--parallel={parallel}"
        stacks = {"floor": floor, "ours": ours}
        timed: dict[str, Callable[[], object]] = {
            "floor": lambda: floor.up(option).ok(),
            "raw": lambda: _raw(cloud, backend, count),
            "ours": lambda: ours.up(option).ok(),
        }
        seconds: dict[str, list[float]] = {name: [] for name in timed}
        peaks: dict[str, int] = {}
        sizes: dict[str, float] = {}
        for _ in range(runs + 1):
            for name, run in timed.items():
                cloud.forget_calls()
                seconds[name].append(_seconds(run))
                peaks[name] = cloud.peak_concurrent()
                if stack := stacks.get(name):
                    sizes[name] = _bytes_each(stack, count)
                    stack.destroy(option).ok()
                _clean(cloud, latency)
        report = _report(seconds, peaks, sizes)
        settings = {"backend": backend, "sandboxes": count, "latency_seconds": latency, "parallel": parallel}
        print(json.dumps({**settings, **report}, indent=2))


def _clean(cloud: Cloud, latency: float) -> None:
    cloud.reset()
    cloud.inject(method="POST", path=r"/(daytona/api/sandbox|e2b/api/v2/sandboxes)$", delay_seconds=latency)


def _engine(cloud: Cloud, backend: str, folder: Path, program: str) -> Stack:
    folder.mkdir()
    environment = {"EVOLVE_LOCAL_FOLDER": str(cloud.folder), "PYTHONPATH": str(HERE)}
    stack = Stack(folder, program, env=environment)
    stack.config_set("evolve:local", "true")
    stack.config_set("evolve:backend", backend)
    return stack


def _raw(cloud: Cloud, backend: str, count: int) -> None:
    environment = {**cloud.environment, "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, str(HERE / "raw.py"), str(count), backend], env=environment, check=True)


def _seconds(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def _bytes_each(stack: Stack, count: int) -> float:
    """State per resource, as it is stored: the file's JSON, indented as the engine writes it."""
    resources = [item for item in stack.export().get("resources", []) if "dynamic" in item["type"]]
    return sum(len(json.dumps(item, indent=4)) for item in resources) / count


def _report(seconds: dict[str, list[float]], peaks: dict[str, int], sizes: dict[str, float]) -> dict[str, Any]:
    medians = {name: statistics.median(values[1:]) for name, values in seconds.items()}
    return {
        **{f"{name}_seconds": round(value, 2) for name, value in medians.items()},
        "ratio": round(medians["ours"] / (medians["floor"] + medians["raw"]), 3),
        "peak_concurrency": {name: peaks[name] for name in ("raw", "ours")},
        "state_bytes_per_resource": {name: round(value) for name, value in sizes.items()},
        "runs_seconds": {name: [round(value, 2) for value in values[1:]] for name, values in seconds.items()},
    }


if __name__ == "__main__":
    typer.run(main)
