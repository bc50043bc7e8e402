"""The language host as a process: what ends it and its programs, and what it refuses."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, cast

import grpc
import pytest

from tests.pulumi_engine import Stack, environment

SECONDS_TO_END = 20
SERVICE = "/pulumirpc.LanguageRuntime"
LAUNCHERS = Path(__file__).parents[2] / "tools" / "engine" / "launchers"

Host = subprocess.Popen[str]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """Our language host, as the engine starts it."""
    command = [LAUNCHERS / "pulumi-language-python", "127.0.0.1:1"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment(tmp_path), stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.kill()


def port(host: Host) -> int:
    """The port it announces when it is ready."""
    assert host.stdout
    return int(host.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(host: Host, number: signal.Signals) -> None:
    port(host)
    host.send_signal(number)
    assert host.wait(SECONDS_TO_END) == 0


def test_it_ends_with_the_engine(host: Host) -> None:
    port(host)
    assert host.stdin
    host.stdin.close()
    assert host.wait(SECONDS_TO_END) == 0


def test_what_it_cannot_do_is_refused_by_name(host: Host) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port(host)}") as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(f"{SERVICE}/Pack")(b"")
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert (refused.value.details() or "").startswith("Pack needs the official Pulumi CLI")


def test_installing_says_that_nothing_is_installed(host: Host) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port(host)}") as channel:
        answers = cast(Iterable[bytes], channel.unary_stream(f"{SERVICE}/InstallDependencies")(b""))
        assert b"installs nothing" in b"".join(answers)


def test_without_a_python_that_has_the_sdk_the_remedy_is_named(tmp_path: Path) -> None:
    answer = subprocess.run(
        [LAUNCHERS / "pulumi-language-python"],
        env={"PATH": "/usr/bin:/bin", "PULUMI_PYTHON_CMD": str(tmp_path / "python")},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert "set PULUMI_PYTHON_CMD" in answer.stderr


@pytest.mark.timeout(60)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_engine_that_ends_takes_the_program_with_it(
    stack: Callable[..., Stack], tmp_path: Path, number: signal.Signals
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    project = stack(f"import time\nlifeline = open({str(pipe)!r}, 'w')\ntime.sleep(3600)\n")
    quiet = subprocess.DEVNULL
    command = project.command("up", "--yes", "--skip-preview")
    with subprocess.Popen(command, cwd=project.folder, env=project.env, stdout=quiet, stderr=quiet) as engine:
        with pipe.open("rb") as program:
            engine.send_signal(number)
            wait_for_end(program)
        assert engine.wait(SECONDS_TO_END) != 0


def wait_for_end(program: IO[bytes]) -> None:
    """Wait until the program, which holds the other end of the pipe and never writes, is gone."""
    assert program.read() == b""
