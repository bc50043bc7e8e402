"""The Python language host of an engine built from source: runs a project's program when the engine asks.

The engine starts this with its own address, reads a port from the first line, and calls `LanguageRuntime`
there. Each run is a child process (`language_program.py`) under the interpreter that the project chooses.
What needs more than running programs (code generation, plugins in Python, debugging) is the official CLI's.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import language_pb2 as wire
from pulumi.runtime.proto.language_pb2_grpc import (
    LanguageRuntimeServicer,
    add_LanguageRuntimeServicer_to_server,
)
from pulumi.runtime.proto.plugin_pb2 import PluginInfo

Context = grpc.ServicerContext

PROGRAM = Path(__file__).with_name("language_program.py")
ALREADY_REPORTED = 32
"""The exit code of a program whose failure the user has seen."""

GRACE_SECONDS = 2.0
"""A program's time to clean up after an interrupt; the engine gives the host five seconds."""

MESSAGE_BYTES = 400 * 1024 * 1024
"""The SDK's own limit for a message."""

OFFICIAL_CLI = "the official Pulumi CLI, https://www.pulumi.com/docs/install"
REMEDY = "create it and install the program's requirements there"

DESCRIBE = """
import importlib.metadata as metadata, json, platform
found = {each.name: each.version for each in metadata.distributions()}
print(json.dumps({"version": platform.python_version(), "packages": found}))
"""


class UnsupportedError(Exception):
    """What the project asks for is not there, with the remedy."""


def interpreter(info: wire.ProgramInfo) -> str:
    """The Python that a project's runtime options choose, by the official host's rules."""
    options: dict[str, Any] = MessageToDict(info.options)
    virtualenv = options.pop("virtualenv", "")
    toolchain = options.pop("toolchain", "pip")
    if toolchain not in ("pip", "uv"):
        options["toolchain"] = toolchain
    if options:
        asked = ", ".join(f"{name}: {value}" for name, value in options.items())
        raise UnsupportedError(f"runtime option '{asked}' needs {OFFICIAL_CLI}")
    if virtualenv or toolchain == "uv":
        return in_virtualenv(Path(info.root_directory, virtualenv or ".venv"))
    return on_path()


def in_virtualenv(folder: Path) -> str:
    """A virtual environment's interpreter."""
    python = folder / "bin" / "python"
    if not python.exists():
        raise UnsupportedError(f"virtualenv '{folder}' has no bin/python: {REMEDY}")
    return str(python)


def on_path() -> str:
    """The interpreter of a project that names none."""
    wanted = os.environ.get("PULUMI_PYTHON_CMD")
    for name in [wanted] if wanted else ["python3", "python"]:
        if found := shutil.which(name):
            return found
    raise UnsupportedError(f"'{wanted or 'python3'}' is not on PATH: set PULUMI_PYTHON_CMD to a Python")


def describe(python: str) -> dict[str, Any]:
    """An interpreter's version and installed packages, asked of itself."""
    answer = subprocess.run([python, "-c", DESCRIBE], capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


class Programs:
    """The programs that are running now."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()

    def run(self, command: list[str], request: bytes) -> int:
        """Run one to its end and return its exit code; as its stdin is our pipe, it ends with us."""
        with subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0) as program:
            self._running.add(program)
            assert program.stdin is not None
            with suppress(BrokenPipeError):
                program.stdin.write(b"%d\n" % len(request) + request)
            try:
                return program.wait()
            finally:
                self._running.discard(program)

    def stop(self) -> None:
        """End all of them: by an interrupt, and by force where that does not help."""
        programs = list(self._running)
        for program in programs:
            program.send_signal(signal.SIGINT)
        for program in programs:
            try:
                program.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()


class LanguageHost(LanguageRuntimeServicer):
    """The calls behind `preview`, `up`, `refresh`, `destroy`, `about` and `install`."""

    def __init__(self, engine: str, programs: Programs) -> None:
        self._engine = engine
        self._programs = programs

    def Handshake(self, request: wire.LanguageHandshakeRequest, context: Context) -> wire.LanguageHandshakeResponse:
        """Learn the engine's address, where it did not come as an argument."""
        self._engine = request.engine_address or self._engine
        return wire.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: Context) -> PluginInfo:
        """Our version, which nobody compares."""
        return PluginInfo(version="1.0.0")

    def GetRequiredPackages(
        self, request: wire.GetRequiredPackagesRequest, context: Context
    ) -> wire.GetRequiredPackagesResponse:
        """None: dynamic resources need no plugin but the launcher beside this file."""
        return wire.GetRequiredPackagesResponse()

    def RuntimeOptionsPrompts(
        self, request: wire.RuntimeOptionsRequest, context: Context
    ) -> wire.RuntimeOptionsResponse:
        """Ask nothing."""
        return wire.RuntimeOptionsResponse()

    def Run(self, request: wire.RunRequest, context: Context) -> wire.RunResponse:
        """Run the program; it registers its resources with the engine itself."""
        try:
            python = interpreter(request.info)
            if request.attach_debugger:
                raise UnsupportedError(f"attaching a debugger needs {OFFICIAL_CLI}")
        except UnsupportedError as error:
            return wire.RunResponse(error=str(error))
        code = self._programs.run([python, "-u", str(PROGRAM), self._engine], request.SerializeToString())
        if code == ALREADY_REPORTED:
            return wire.RunResponse(bail=True)
        return wire.RunResponse(error=f"Program exited with non-zero exit code: {code}" if code else "")

    def About(self, request: wire.AboutRequest, context: Context) -> wire.AboutResponse:
        """The interpreter of the program."""
        python = self._interpreter(request.info, context)
        return wire.AboutResponse(executable=python, version=describe(python)["version"])

    def GetProgramDependencies(
        self, request: wire.GetProgramDependenciesRequest, context: Context
    ) -> wire.GetProgramDependenciesResponse:
        """What is installed for the program; dependencies of dependencies are not told apart."""
        packages = describe(self._interpreter(request.info, context))["packages"]
        return wire.GetProgramDependenciesResponse(
            dependencies=[wire.DependencyInfo(name=name, version=packages[name]) for name in sorted(packages)]
        )

    def InstallDependencies(
        self, request: wire.InstallDependenciesRequest, context: Context
    ) -> Iterator[wire.InstallDependenciesResponse]:
        """Install nothing, and say whether the program can run all the same."""
        python = self._interpreter(request.info, context)
        if "pulumi" not in describe(python)["packages"]:
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"this language host installs nothing, and {python} has no Pulumi SDK: {REMEDY}",
            )
        text = f"This language host installs nothing. The program runs under {python} as it is.\n"
        yield wire.InstallDependenciesResponse(stdout=text.encode())

    def Cancel(self, request: Empty, context: Context) -> Empty:
        """End what runs; the engine is shutting down."""
        self._programs.stop()
        return Empty()

    def _interpreter(self, info: wire.ProgramInfo, context: Context) -> str:
        try:
            return interpreter(info)
        except UnsupportedError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))


class UnimplementedByName(grpc.ServerInterceptor):
    """Answers every call that the host lacks with the call's name and the remedy."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Let through what `LanguageHost` defines."""
        name = handler_call_details.method.rsplit("/", 1)[-1]
        if name in vars(LanguageHost):
            return continuation(handler_call_details)

        def refuse(_: bytes, context: Context) -> NoReturn:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{name} needs {OFFICIAL_CLI}")

        return grpc.unary_unary_rpc_method_handler(refuse)


def serve(engine: str) -> None:
    """Serve until the engine ends: by a signal, or by its death, which closes our stdin."""
    programs = Programs()
    server = grpc.server(
        ThreadPoolExecutor(),
        interceptors=[UnimplementedByName()],
        options=[("grpc.max_receive_message_length", MESSAGE_BYTES)],
    )
    add_LanguageRuntimeServicer_to_server(LanguageHost(engine, programs), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), ended.set()), daemon=True).start()
    print(port, flush=True)
    ended.wait()
    programs.stop()
    server.stop(grace=None).wait()
    # Interpreter shutdown would wait for the thread that reads stdin.
    os._exit(0)


if __name__ == "__main__":
    # Flags of older engines may come before the engine's address, which is the last argument.
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    serve(addresses[-1] if addresses else "")
