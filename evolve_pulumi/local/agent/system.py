"""What a sandbox uses of the machine, and which ports it listens on."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

from .processes import descendants

MOMENT_SECONDS = 0.2
"""How long processors are watched."""
LISTENING = "0A"
BLOCK = 512


def ports() -> dict[str, Any]:
    """The TCP ports that something listens on."""
    found: set[int] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(FileNotFoundError), open(table) as lines:
            for _, address, _, state, *_ in (line.split() for line in lines):
                if state == LISTENING:
                    found.add(int(address.rpartition(":")[2], 16))
    return {"ports": sorted(found)}


def usage(folder: str) -> dict[str, Any]:
    """The cores that are busy now, the bytes of memory in use, and those of the files below a folder."""
    # This runs in a child of the agent.
    agent = os.getppid()
    before, began = _ticks(agent), time.monotonic()
    time.sleep(MOMENT_SECONDS)
    after, seconds = _ticks(agent), time.monotonic() - began
    spent = sum(ticks - before.get(pid, 0) for pid, ticks in after.items())
    cores = spent / os.sysconf("SC_CLK_TCK") / seconds
    return {"cores": cores, "memory": sum(map(_memory, {agent, *after})), "disk": _size(folder, _mount_points())}


def _ticks(agent: int) -> dict[int, int]:
    """The time that each of the agent's processes but this one has had, in clock ticks."""
    found: dict[int, int] = {}
    for pid in set(descendants(agent)) - {os.getpid()}:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            found[pid] = int(fields[11]) + int(fields[12])
    return found


def _memory(pid: int) -> int:
    """A process's memory in bytes, of what it shares its share."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _mount_points() -> set[str]:
    with open("/proc/self/mountinfo", "rb") as file:
        # Spaces and the like are octal there.
        return {line.split()[4].decode("unicode_escape").encode("latin-1").decode() for line in file}


def _size(folder: str, elsewhere: set[str]) -> int:
    """The bytes that a folder's files take up, each once, without what is mounted in it."""
    total, seen = 0, set[tuple[int, int]]()
    folders = [folder]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.path in elsewhere:
                    continue
                found = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                if (found.st_dev, found.st_ino) not in seen:
                    seen.add((found.st_dev, found.st_ino))
                    total += found.st_blocks * BLOCK
    return total


SLOW: dict[str, Callable[..., dict[str, Any]]] = {"ports": ports, "usage": usage}
"""Operations that take a while."""
