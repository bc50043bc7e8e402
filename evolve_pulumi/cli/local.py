"""`evolve-pulumi local`: the local cloud as a process in the background."""

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from evolve_pulumi.local_address import DEFAULT_PORT, LocalAddress, folder, read_address

UP_SECONDS = 60
"""How long a start may take: every sandbox that was running is started again first."""
DOWN_SECONDS = 60
ASK_SECONDS = 5
LOG_SHOWN_ON_FAILURE = 2000
FOLLOW_SECONDS = 0.2

app = typer.Typer(help="The local cloud: sandboxes on this machine, behind the vendors' APIs.", no_args_is_help=True)


@app.command()
def up(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = DEFAULT_PORT,
    tier: Annotated[str | None, typer.Option(help="bubblewrap or process; the best one by default.")] = None,
) -> None:
    """Start the local cloud, unless it is running, and say how to use it."""
    status = _status()
    if status is None:
        status = _start(port, tier)
    elif status["url"].rpartition(":")[2] != str(port) and port != DEFAULT_PORT:
        _fail(f"The local cloud is already running at {status['url']}; stop it first to move it")
    _describe(status)


@app.command()
def down() -> None:
    """Stop the local cloud; its sandboxes are started again by the next `up`."""
    running = _status()
    if running is None:
        typer.echo("The local cloud is not running.")
        return
    ended = os.pidfd_open(running["pid"])
    _ask("POST", "stop")
    if not select.select([ended], [], [], DOWN_SECONDS)[0]:
        _fail(f"The local cloud did not stop within {DOWN_SECONDS} seconds; see {_log()}")
    typer.echo("The local cloud is stopped.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Say whether the local cloud is running, and what is in it."""
    found = _status()
    known = {"running": True, **found} if found else {"running": False, "sandboxes": _sandboxes_on_disk()}
    if as_json:
        typer.echo(json.dumps(known))
    elif found:
        _describe(found)
    else:
        typer.echo(f"The local cloud is not running; {known['sandboxes']} sandboxes are kept in {folder()}.")


@app.command()
def env() -> None:
    """Print what points the vendors' SDKs at the local cloud, for a shell: eval "$(evolve-pulumi local env)"."""
    for variable, value in _address().environment.items():
        typer.echo(f"export {variable}={value}")


@app.command()
def logs(follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False) -> None:
    """Show what the local cloud's server has logged."""
    if not _log().exists():
        _fail("The local cloud has not been started yet; start it with: evolve-pulumi local up")
    with _log().open() as file:
        while True:
            typer.echo(file.read(), nl=False)
            if not follow:
                return
            time.sleep(FOLLOW_SECONDS)


def _start(port: int, tier: str | None) -> dict[str, Any]:
    """Start the server as a process of its own and wait until it answers."""
    folder().mkdir(parents=True, exist_ok=True)
    _log().touch(mode=0o600)
    begun = _log().stat().st_size
    command = [sys.executable, "-m", "evolve_pulumi.local", "--folder", str(folder()), "--port", str(port)]
    with _log().open("ab") as log:
        server = subprocess.Popen(
            [*command, *(["--tier", tier] if tier else [])],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + UP_SECONDS
    while (found := _status()) is None:
        if server.poll() is not None:
            _fail(_last_words(begun))
        if time.monotonic() > deadline:
            _fail(f"The local cloud did not answer within {UP_SECONDS} seconds; see {_log()}")
        time.sleep(0.05)
    return found


def _last_words(begun: int) -> str:
    """Why a server that has just been started ended: the last line of what it logged."""
    with _log().open() as file:
        file.seek(begun)
        lines = file.read()[-LOG_SHOWN_ON_FAILURE:].strip().splitlines() or [f"It said nothing; see {_log()}"]
    return lines[-1].removeprefix("error: ")


def _describe(status: dict[str, Any]) -> None:
    isolation = "isolated" if status["isolated"] else "NOT ISOLATED"
    typer.echo(f"The local cloud is running at {status['url']} with {status['sandboxes']} sandboxes.")
    typer.echo(f"Sandboxes are {isolation} (tier {status['tier']}).")
    typer.echo('To point the vendors\' SDKs at it: eval "$(evolve-pulumi local env)"')


def _status() -> dict[str, Any] | None:
    """What the server says of itself; None where none answers."""
    return _ask("GET", "status") if read_address() else None


def _ask(method: str, name: str) -> dict[str, Any] | None:
    # Not at the top: it takes longer to import than the rest of a command takes to run.
    import urllib.error
    import urllib.request

    address = _address()
    headers = {"Authorization": f"Bearer {address.api_key}"}
    request = urllib.request.Request(f"{address.url}/local/{name}", method=method, headers=headers)
    # A proxy of the environment has no business with loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=ASK_SECONDS) as answer:
            return json.load(answer)
    except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
        return None


def _address() -> LocalAddress:
    address = read_address()
    if address is None:
        _fail("The local cloud has not been started yet; start it with: evolve-pulumi local up")
    return address


def _sandboxes_on_disk() -> int:
    return len(list(folder().glob("sandboxes/*/meta.json")))


def _log() -> Path:
    return folder() / "server.log"


def _fail(problem: str) -> NoReturn:
    typer.echo(f"error: {problem}", err=True)
    raise typer.Exit(1)
