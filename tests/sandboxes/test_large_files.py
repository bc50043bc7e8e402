"""A large file passes through a client that stays as small as it is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from evolve_pulumi import SandboxInstance, SandboxProvider

GROWTH_KB = 40 << 10
"""What the client may grow by, whatever passes through it."""
PROGRAM = """
import hashlib, json, resource, sys
from evolve_pulumi import sandbox_provider

MEGABYTE = 1 << 20
sent, came = hashlib.sha256(), hashlib.sha256()

def pieces(megabytes):
    for number in range(megabytes):
        piece = hashlib.sha256(b"%d" % number).digest() * (MEGABYTE // 32)
        sent.update(piece)
        yield piece

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

vendor, id = sys.argv[1:]
files = sandbox_provider(vendor).connect(id).files
files.write_stream("/tmp/small", [b"12", b"", b"345"])
assert b"".join(files.read_stream("/tmp/small")) == b"12345"
before = peak()
files.write_stream("/tmp/large", pieces(200))
for piece in files.read_stream("/tmp/large"):
    came.update(piece)
size = files.info("/tmp/large").size
print(json.dumps({"same": sent.digest() == came.digest(), "grown": peak() - before, "size": size}))
"""


def test_two_hundred_megabytes_are_never_whole_in_memory(
    provider: SandboxProvider, sandbox: SandboxInstance, environment: dict[str, str]
) -> None:
    arguments = [sys.executable, "-c", PROGRAM, provider.provider_type, sandbox.sandbox_id]
    told = json.loads(subprocess.check_output(arguments, env={**os.environ, **environment}, timeout=200))
    assert (told["same"], told["size"]) == (True, 200 << 20)
    assert told["grown"] < GROWTH_KB


def test_a_stream_that_fails_on_the_way_is_an_error(sandbox: SandboxInstance) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"1"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sandbox.files.write_stream("/tmp/f", pieces())


def test_a_stream_may_be_left_halfway(sandbox: SandboxInstance) -> None:
    sandbox.files.write("/tmp/f", b"x" * 10_000_000)
    pieces = sandbox.files.read_stream("/tmp/f")
    assert next(pieces)[:1] == b"x"
    del pieces
    assert sandbox.commands.run("echo on").stdout == "on\n"
