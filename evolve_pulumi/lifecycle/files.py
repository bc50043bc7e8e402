"""Files in a sandbox: what has to be sent and removed, from what is recorded, declared and seen.

Contents are compared by hash, inside the sandbox: what is secret is never sent to be looked at, and its hash is not
recorded either.
"""

import shlex
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from evolve_pulumi.errors import EvolveError, NotReadyError, UnsupportedError
from evolve_pulumi.lifecycle import inside
from evolve_pulumi.schema import Change, Operation, Values
from evolve_pulumi.sources import folders
from evolve_pulumi.vendors.base import Observed
from evolve_pulumi.vendors.inside import SandboxInstance

MISSING, CHANGED, UNWANTED = "missing", "changed", "unwanted"
BATCH_FILES = 100
LOOK_SECONDS = 300
BATCH_BYTES = 8 * 2**20
LOOK = """\
command -v sha256sum stat xargs > /dev/null || exit 127
cd -- "$1" 2> /dev/null || exit 0
paths=$(cat)
printf %s "$paths" | tr '\\n' '\\0' | xargs -0 -r stat -L -c '%a %n' -- 2> /dev/null
echo
printf %s "$paths" | tr '\\n' '\\0' | xargs -0 -r sha256sum -- 2> /dev/null
exit 0
"""
"""Permissions, and below an empty line hashes, of those of the files on standard input that are there."""
SET_MODES = 'cd -- "$1" && while read -r mode path; do chmod -- "$mode" "$path" || exit; done'
REMOVE = """\
cd -- "$1" 2> /dev/null || exit 0
while IFS= read -r path; do
    case $path in
        */) rmdir -- "$path" 2> /dev/null ;;
        *) rm -f -- "$path" || exit ;;
    esac
done
[ . -ef ~ ] || rmdir -- "$PWD" 2> /dev/null
exit 0
"""
"""Files are removed, and folders, which end in a slash, where they are empty."""


def _upload(_object: Any, _change: Change) -> None:
    """Carried out by `FilesInSandbox.update`, which has all that it takes."""


FILES_OPERATIONS = (Operation("upload", _upload, sends_all=True),)


def stamps(properties: Values) -> dict[str, str]:
    """What each declared file is to be, by path; a text goes before a local file."""
    texts: Mapping[str, Any] = properties.get("files", {})
    return {**properties.get("source_files", {}), **{path: _stamp(text) for path, text in texts.items()}}


@dataclass(frozen=True)
class Work:
    """What is to be done to a folder."""

    send: Mapping[str, str]
    """Why, by path: it is `missing` or `changed`."""
    remove: Collection[str]

    @property
    def left(self) -> dict[str, str]:
        """All of it, as it is recorded while it is not done."""
        return {**self.send, **dict.fromkeys(self.remove, UNWANTED)}


def work(recorded: Mapping[str, str], declared: Mapping[str, str], drifted: Mapping[str, str]) -> Work:
    """From stamps that were recorded, with what is known to differ from them, to those that are declared."""
    send = {
        path: drifted[path] if drifted.get(path, UNWANTED) != UNWANTED else CHANGED if path in recorded else MISSING
        for path, stamp in declared.items()
        if path in drifted or recorded.get(path) != stamp
    }
    return Work(send, sorted((recorded.keys() | drifted.keys()) - declared.keys()))


def drift(recorded: Mapping[str, str], drifted: Mapping[str, str], seen: Mapping[str, str]) -> dict[str, str]:
    """How what is seen differs from what is recorded; what is unwanted stays so as long as it is there."""
    differs = {
        path: CHANGED if path in seen else MISSING for path, stamp in recorded.items() if seen.get(path) != stamp
    }
    return differs | {path: UNWANTED for path in drifted.keys() - recorded.keys() if path in seen}


class FilesInSandbox:
    """The files of one resource. Where not all could be done, the rest is recorded as drifted, and done by the next."""

    def create(self, sandbox: SandboxInstance, id: str, declared: Values, timeout_seconds: float) -> Observed:
        """Send all of them."""
        return _carry_out(sandbox, id, declared, work({}, stamps(declared), {}), timeout_seconds)

    def read(self, sandbox: SandboxInstance, id: str, recorded: Values) -> Observed:
        """Compare hashes."""
        expected, drifted = stamps(recorded), recorded.get("drifted", {})
        seen = _look(sandbox, inside.absolute(sandbox, recorded["path"]), [*expected, *drifted])
        return Observed(id, {"drifted": drift(expected, drifted, seen)})

    def update(
        self, sandbox: SandboxInstance, id: str, recorded: Values, declared: Values, timeout_seconds: float
    ) -> Observed:
        """Send what differs, and remove what is declared no longer."""
        due = work(stamps(recorded), stamps(declared), recorded.get("drifted", {}))
        return _carry_out(sandbox, id, declared, due, timeout_seconds)

    def delete(self, sandbox: SandboxInstance, id: str, recorded: Values, timeout_seconds: float) -> None:
        """Remove all of them, and folders that are empty then."""
        every = stamps(recorded).keys() | recorded.get("drifted", {}).keys()
        _remove(sandbox, inside.absolute(sandbox, recorded["path"]), every, timeout_seconds)


def _carry_out(sandbox: SandboxInstance, id: str, declared: Values, due: Work, timeout_seconds: float) -> Observed:
    deadline, left = time.monotonic() + timeout_seconds, due.left
    try:
        folder = inside.absolute(sandbox, declared["path"])
        for batch in _batches(declared, due.send):
            _send(sandbox, folder, batch, stamps(declared), _until(deadline))
            for path in batch:
                del left[path]
        if due.remove:
            _remove(sandbox, folder, due.remove, _until(deadline))
    except EvolveError as error:
        return Observed(id, {"drifted": left}, unfinished=error)
    return Observed(id)


def _until(deadline: float) -> float:
    if (seconds := deadline - time.monotonic()) > 0:
        return seconds
    raise NotReadyError("not all files were sent in time", remedy="Raise timeouts.create_minutes or update_minutes.")


def _batches(declared: Values, paths: Iterable[str]) -> Iterator[dict[str, bytes]]:
    """Contents by path, never many at once in memory."""
    batch: dict[str, bytes] = {}
    for path in paths:
        batch[path] = _content(declared, path)
        if len(batch) == BATCH_FILES or sum(map(len, batch.values())) > BATCH_BYTES:
            yield batch
            batch = {}
    if batch:
        yield batch


def _content(declared: Values, path: str) -> bytes:
    if (text := declared.get("files", {}).get(path)) is not None:
        return _text(text).encode()
    return folders.content(declared["source_folder"], path, declared["source_files"][path])


def _text(text: Any) -> str:
    return text if isinstance(text, str) else text["content"]


def _stamp(text: Any) -> str:
    mode = folders.FILE_MODE if isinstance(text, str) else text.get("mode", folders.FILE_MODE)
    return folders.stamp(_text(text).encode(), mode)


def _send(
    sandbox: SandboxInstance, folder: str, batch: Mapping[str, bytes], stamped: Mapping[str, str], seconds: float
) -> None:
    sandbox.files.write_batch({f"{folder}/{path}": content for path, content in batch.items()})
    modes = "".join(f"{stamped[path].split()[0]} {path}\n" for path in batch)
    inside.run(sandbox, SET_MODES, folder, stdin=modes, timeout_seconds=seconds)


def _remove(sandbox: SandboxInstance, folder: str, paths: Iterable[str], seconds: float) -> None:
    files = sorted(paths)
    above = {parent for path in files for parent in PurePosixPath(path).parents} - {PurePosixPath()}
    deepest_first = sorted(above, key=lambda path: -len(path.parts))
    listed = "".join(f"{path}\n" for path in [*files, *(f"{each}/" for each in deepest_first)])
    inside.run(sandbox, REMOVE, folder, stdin=listed, timeout_seconds=seconds)


def _look(sandbox: SandboxInstance, folder: str, paths: Iterable[str]) -> dict[str, str]:
    """The stamps of those files that are there."""
    done = sandbox.commands.run(
        f"set -- {shlex.quote(folder)}\n{LOOK}", stdin="\n".join(paths), timeout_seconds=LOOK_SECONDS
    )
    if done.exit_code:
        raise UnsupportedError("the sandbox has no sha256sum, stat and xargs, which it takes to look at files")
    modes, _, hashes = done.stdout.partition("\n\n")
    by_path = {path: mode for mode, path in (line.split(" ", 1) for line in modes.splitlines() if line)}
    return {path: f"{by_path[path]} {hash}" for hash, path in (line.split("  ", 1) for line in hashes.splitlines())}
