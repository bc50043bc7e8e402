"""How long a call through the interface to sandboxes takes, against the same call by the vendor's SDK; prints JSON.

On one local cloud, in turn, so that neither has the machine to itself: a command, a file written and a file read.
`ratio` is ours / the SDK's, of the medians.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from evolve_pulumi import SandboxInstance, sandbox_provider
from tests.cloud import running_cloud

PATH = "/tmp/file"
COMMAND = "echo hello"
Pair = tuple[Callable[[], object], Callable[[], object]]


def main(
    runs: Annotated[int, typer.Option(help="Runs of each call, after some that do not count.")] = 200,
    kilobytes: Annotated[int, typer.Option(help="Size of the file.")] = 64,
) -> None:
    with running_cloud() as (_, cloud):
        os.environ.update(cloud.environment | {"EVOLVE_LOCAL_FOLDER": str(cloud.folder)})
        content = os.urandom(kilobytes << 10)
        report: dict[str, Any] = {"runs": runs, "kilobytes": kilobytes}
        daytona, e2b = sandbox_provider("daytona").create(), sandbox_provider("e2b").create()
        report["daytona"] = {name: _compared(pair, runs) for name, pair in _daytona(daytona, content).items()}
        report["e2b"] = {name: _compared(pair, runs) for name, pair in _e2b(e2b, content).items()}
        print(json.dumps(report, indent=2))


def _daytona(box: SandboxInstance, content: bytes) -> dict[str, Pair]:
    sdk = box.native
    return {
        # Daytona's own choice of shell depends on the image, so a program that wants bash says so.
        "run": (lambda: box.commands.run(COMMAND), lambda: sdk.process.exec(f"bash -c '{COMMAND}'", timeout=60)),
        "write": (lambda: box.files.write(PATH, content), lambda: sdk.fs.upload_file(content, PATH)),
        "read": (lambda: box.files.read(PATH), lambda: sdk.fs.download_file(PATH)),
    }


def _e2b(box: SandboxInstance, content: bytes) -> dict[str, Pair]:
    sdk = box.native
    return {
        "run": (lambda: box.commands.run(COMMAND), lambda: sdk.commands.run(COMMAND)),
        "write": (lambda: box.files.write(PATH, content), lambda: sdk.files.write(PATH, content)),
        "read": (lambda: box.files.read(PATH), lambda: sdk.files.read(PATH, format="bytes")),
    }


def _compared(pair: Pair, runs: int) -> dict[str, float]:
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(runs + runs // 10):
        # Whoever comes second finds caches warm, so they take turns.
        for which in (0, 1) if number % 2 else (1, 0):
            begin = time.perf_counter()
            pair[which]()
            seconds[which].append(time.perf_counter() - begin)
    ours, sdk = (statistics.median(values[runs // 10 :]) for values in seconds)
    return {"ours_ms": round(1000 * ours, 2), "sdk_ms": round(1000 * sdk, 2), "ratio": round(ours / sdk, 3)}


if __name__ == "__main__":
    typer.run(main)
