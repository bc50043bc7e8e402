"""Runs one Pulumi program in this interpreter, for `language_host.py`.

The run request comes over stdin, because it holds decrypted config, and arguments and environment can be read
from outside. The pipe stays open as long as the host lives; when it closes, this process ends too.
"""

import asyncio
import logging
import os
import runpy
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

try:
    import grpc
    import pulumi
    from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
    from pulumi.runtime.proto.language_pb2 import RunRequest
except ImportError as error:
    sys.exit(f"error: {error} in {sys.executable}: install the program's requirements there ('pip install pulumi')")

ALREADY_REPORTED = 32
"""The exit code which says that the user has seen the reason."""

THREADS_PER_OPERATION = 4
"""As in the official host: a resource operation may block several threads."""


def receive() -> RunRequest:
    """Read the request, then leave the program an empty stdin."""
    host = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    request = RunRequest.FromString(host.read(int(host.readline())))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), sys.stdin.fileno())
    threading.Thread(target=lambda: (host.read(), os._exit(ALREADY_REPORTED)), daemon=True).start()
    return request


def prepare(request: RunRequest, engine: str) -> str:
    """Connect the SDK to the engine, make the process look as if started for the program; return its path."""
    set_all_config(dict(request.config), list(request.configSecretKeys))
    configure(
        Settings(
            project=request.project,
            stack=request.stack,
            monitor=request.monitor_address,
            engine=engine,
            parallel=request.parallel,
            dry_run=request.dryRun,
            organization=request.organization or "organization",
            root_directory=request.info.root_directory,
        )
    )
    program = os.path.normpath(os.path.join(request.info.program_directory, request.info.entry_point))
    sys.argv = [program, *request.args]
    sys.path[0] = request.info.program_directory
    os.chdir(request.pwd)
    return program


def run(program: str, parallel: int) -> int:
    """Run the program to its end, with all resources it registered; the exit code."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max(parallel, 1) * THREADS_PER_OPERATION))
    # After a failure asyncio complains of every output that nobody awaited; the failure alone is of use.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        loop.run_until_complete(run_in_stack(lambda: run_file(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return ALREADY_REPORTED
    except KeyboardInterrupt:
        return ALREADY_REPORTED
    except Exception as error:
        report(error, program)
        return ALREADY_REPORTED
    finally:
        cancel_pending(loop)
    return 0


def run_file(program: str) -> None:
    """Run the program's file, or the `__main__.py` of its folder."""
    if os.path.isdir(program) and not os.path.exists(os.path.join(program, "__main__.py")):
        raise pulumi.RunError(f"unable to find main python program `__main__.py` in `{program}`")
    runpy.run_path(program, run_name="__main__")


def report(error: Exception, program: str) -> None:
    """Show the user a failure once, with the frames of their own code only."""
    if isinstance(error, grpc.RpcError) and error.code() == grpc.StatusCode.UNAVAILABLE:
        # The engine ended the deployment and has said why.
        pulumi.log.debug("Resource monitor has terminated, shutting down.")
        return
    frames = traceback.extract_tb(error.__traceback__)
    own = next((at for at, frame in enumerate(frames) if is_part_of(program, frame.filename)), 0)
    text = "".join(traceback.format_exception(error, limit=own - len(frames)))
    pulumi.log.error(f"Program failed with an unhandled exception:\n{text}")


def is_part_of(program: str, file: str) -> bool:
    """Whether a traceback's file is the program itself."""
    main = os.path.join(program, "__main__.py") if os.path.isdir(program) else program
    return os.path.realpath(file) == os.path.realpath(main)


def cancel_pending(loop: asyncio.AbstractEventLoop) -> None:
    """Leave no task behind, so that closing the loop has nothing to complain of."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            loop.run_until_complete(task)
    loop.close()


if __name__ == "__main__":
    incoming = receive()
    code = run(prepare(incoming, engine=sys.argv[1]), incoming.parallel)
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
