"""Run the local cloud of a folder: `python -m evolve_pulumi.local --folder F --port N`."""

import argparse
import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

from aiohttp import web

from evolve_pulumi.local.app import Server
from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.host import HostError
from evolve_pulumi.local.keys import Key
from evolve_pulumi.local.records import CLOSED_FOLDER, PASSABLE_FOLDER, Store
from evolve_pulumi.local.tiers import Bubblewrap, PlainProcess, choose
from evolve_pulumi.local_address import DEFAULT_PORT, LocalAddress, folder, read_address, write_address

EXPIRY_SECONDS = 1
"""How often it is looked at whether a sandbox has reached its time."""
GRACE_SECONDS = 1
"""How long open requests may go on when the server stops."""


def main() -> None:
    """Serve until a signal; ends with one line on standard error where that is impossible."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        if options.probe:
            print(_probed())
            return
        with _sole_server(options.folder), _bound(options.port) as listener:
            asyncio.run(_serve(options, listener))
    except HostError as error:
        sys.exit(f"error: {error}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evolve_pulumi.local", description=__doc__)
    parser.add_argument("--folder", type=Path, default=folder(), help="where sandboxes and the API key are kept")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--tier", choices=[Bubblewrap.name, PlainProcess.name], help="how sandboxes are run")
    parser.add_argument("--organization", default="local", help="the organization the API key belongs to")
    parser.add_argument("--probe", action="store_true", help="print the best tier that works here, and end")
    return parser.parse_args()


def _probed() -> str:
    """The tier that a server would choose, found in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="evolve-probe-") as directory:
        Path(directory).chmod(PASSABLE_FOLDER)
        return choose(Path(directory), wanted=None).name


@contextlib.contextmanager
def _sole_server(directory: Path) -> Generator[None]:
    """Hold the folder for as long as the block runs, also against a server that crashed and one that starts."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(PASSABLE_FOLDER if os.geteuid() == 0 else CLOSED_FOLDER)
    with open(os.open(directory / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            address = read_address(directory)
            where = f" at {address.url}" if address else ""
            raise HostError(f"The local cloud in {directory} is already running{where}") from None
        yield


@contextlib.contextmanager
def _bound(port: int) -> Generator[socket.socket]:
    """A socket bound to a port of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise HostError(f"Port {port} is taken ({error.strerror}); choose another with --port") from None
        yield listener


async def _serve(options: argparse.Namespace, listener: socket.socket) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    key = Key.of(options.folder)
    cloud = Cloud(Store(options.folder), choose(options.folder, options.tier))
    server = Server(cloud, key, url, options.organization)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.stopping.set)
    await cloud.recover()
    runner = web.AppRunner(
        # Bodies pass through previews as they were sent.
        server.application(),
        access_log=None,
        shutdown_timeout=GRACE_SECONDS,
        auto_decompress=False,
    )
    await runner.setup()
    await web.SockSite(runner, listener).start()
    write_address(LocalAddress(url=url, api_key=key.text), options.folder)
    logging.info("Serving at %s, sandboxes run by %s", url, cloud.tier.name)
    await _until_stopped(server, cloud)
    await runner.cleanup()
    await cloud.shutdown()


async def _until_stopped(server: Server, cloud: Cloud) -> None:
    """Wait for the end, and see to it meanwhile that what reaches its time goes."""
    while not server.stopping.is_set():
        await cloud.expire()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.stopping.wait(), EXPIRY_SECONDS)


if __name__ == "__main__":
    main()
