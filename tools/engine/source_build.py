"""The engine built from its Go modules, whose versions and checksums are committed in `module/`.

This works where there is nothing but a Go toolchain and a Go module proxy. The build has no language host and
no launcher for dynamic resources, so ours are put beside it.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path

import cache
from errors import UnavailableError
from progress import progress, say

HERE = Path(__file__).parent
MODULE = HERE / "module"
LAUNCHERS = HERE / "launchers"
LANGUAGE_HOST = "language_host.py"
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
LINES_OF_A_FAILURE = 20


def pinned(pattern: str) -> str:
    """What go.mod says, so that it is said once."""
    found = re.search(pattern, (MODULE / "go.mod").read_text(), re.MULTILINE)
    assert found, f"go.mod has no {pattern}"
    return found[1]


VERSION = pinned(r"^\s*github.com/pulumi/pulumi/pkg/v3 v(\S+)")
GO_VERSION = pinned(r"^go (\S+)")


def build() -> None:
    """Build the engine into the cache, under its lock."""
    go = require_go()
    say(f"Building the Pulumi engine {VERSION} from source: once, 5 to 10 minutes on two cores.")
    with cache.filling(VERSION) as folder:
        compile_engine(go, folder / "bin" / "pulumi")
        place_launchers(folder / "bin")
    say(f"The Pulumi engine {VERSION} is in {cache.folder(VERSION)}.")


def require_go() -> str:
    """The path of a Go that is new enough, or fetches the one it needs itself."""
    go = shutil.which("go")
    if not go:
        raise UnavailableError(f"Go is not on PATH; building the engine needs Go {GO_VERSION} or newer")
    command = [go, "env", "GOVERSION"]
    answer = subprocess.run(command, cwd=MODULE, env=environment(), capture_output=True, text=True)
    version = answer.stdout.strip().removeprefix("go")
    if answer.returncode or numbers(version) < numbers(GO_VERSION):
        said = answer.stderr.strip() or f"{go} is {version}"
        raise UnavailableError(f"building the engine needs Go {GO_VERSION} or newer: {said}")
    return go


def numbers(version: str) -> list[int]:
    """A Go version for comparing."""
    return [int(part) for part in re.findall(r"\d+", version)][:3]


def compile_engine(go: str, target: Path) -> None:
    """Run the Go compiler, showing what it is at."""
    flags = f"-s -w -X {VERSION_VARIABLE}={VERSION}"
    command = [go, "build", "-v", "-mod=readonly", "-trimpath", "-ldflags", flags, "-o", str(target), COMMAND]
    tail: deque[str] = deque(maxlen=LINES_OF_A_FAILURE)
    compiler = subprocess.Popen(command, cwd=MODULE, env=environment(), stderr=subprocess.PIPE, text=True)
    with compiler, progress("building") as show:
        assert compiler.stderr is not None
        for count, line in enumerate(compiler.stderr, start=1):
            tail.append(line)
            show(f"step {count}, {line.strip()}")
    if compiler.returncode:
        raise UnavailableError("the Go build failed:\n" + "".join(tail).rstrip())


def environment() -> dict[str, str]:
    """The user's, without what would make another program of the same sources."""
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}


def place_launchers(folder: Path) -> None:
    """Put our launchers beside a built engine, or renew them there."""
    for launcher in LAUNCHERS.iterdir():
        if launcher.is_file():
            place(folder / launcher.name, launcher.read_bytes(), launcher.stat().st_mode)
    # The language host's last resort for a Python that has the SDK.
    place(folder / "installed-by", sys.executable.encode(), 0o644)


def place(file: Path, content: bytes, mode: int) -> None:
    """Replace a file in one step, if it differs: an engine may be running."""
    if file.exists() and file.read_bytes() == content:
        return
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.write_bytes(content)
    new.chmod(mode)
    os.replace(new, file)
