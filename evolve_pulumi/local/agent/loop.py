"""The agent's event loop: connections of the server, ended children, and the operations asked for."""

from __future__ import annotations

import array
import ctypes
import errno
import json
import os
import selectors
import signal
import socket
from collections.abc import Callable
from typing import Any

from . import files, searching, system
from .logs import Log
from .processes import freeze, signal_tree, spawn, thaw
from .running import Running
from .sessions import Command, Session
from .watch import Watch

PACKET = 1 << 18
"""The largest request or reply, in bytes; the kernel's own limit is a little lower."""
LARGEST_MESSAGE = 1 << 26
"""The largest reply that goes as a file in memory."""
SLOW = {**files.SLOW, **searching.SLOW, **system.SLOW}
STUCK_SECONDS = 5
"""How long a reply waits for a server that does not read."""
PR_SET_CHILD_SUBREAPER = 36

Answer = dict[str, Any]


def main(listening: int) -> None:
    """Serve on the listening socket of that descriptor until killed."""
    os.umask(0o022)
    # Orphans come here anyway where this is the first process of a pid namespace; elsewhere they must not get away.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, _end_everything)
    Agent(socket.socket(fileno=listening)).serve()


def _wake(*_: object) -> None:
    """A handler, so that the signal reaches the wakeup descriptor."""


def _end_everything(*_: object) -> None:
    """End without a trace, which needs help only where no pid namespace ends with this process."""
    signal_tree(os.getpid(), signal.SIGKILL)
    os._exit(0)


class Agent:
    """One sandbox's processes and sessions."""

    def __init__(self, listener: socket.socket) -> None:
        self.selector = selectors.DefaultSelector()
        self.listener = listener
        listener.set_inheritable(False)
        self.owners: dict[int, socket.socket] = {}
        self.sessions: dict[str, Session] = {}
        self.running: dict[int, Running] = {}
        self.watches: dict[str, Watch] = {}
        self.watchers: dict[str, socket.socket] = {}
        wake, notify = os.pipe()
        os.set_blocking(notify, False)
        signal.set_wakeup_fd(notify, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _wake)
        self.watch(wake, lambda: self.reap(wake))
        self.watch(listener.fileno(), self.accept)

    def serve(self) -> None:
        """Handle events, one at a time."""
        while True:
            for key, _ in self.selector.select():
                # An earlier handler of this round may have closed it.
                if self.selector.get_map().get(key.fd) is key:
                    key.data()

    def watch(self, fd: int, handle: Callable[[], None]) -> None:
        """Call `handle` whenever the descriptor is readable."""
        self.selector.register(fd, selectors.EVENT_READ, handle)

    def accept(self) -> None:
        """Take a connection; a server that was restarted makes a new one."""
        connection, _ = self.listener.accept()
        connection.settimeout(STUCK_SECONDS)
        self.watch(connection.fileno(), lambda: self.receive(connection))

    def receive(self, connection: socket.socket) -> None:
        """Answer one request, and close whatever descriptors came and went with it."""
        try:
            data, fds, _, _ = socket.recv_fds(connection, PACKET, 8)
        except OSError:
            data, fds = b"", []
        for fd in fds:
            # Not by a flag of `recv_fds`, which Python 3.11 ignores.
            os.set_inheritable(fd, False)
        if not data:
            return self.hang_up(connection)
        request = json.loads(data)
        passed: list[int] = []
        if request["op"] in SLOW:
            answer_apart(request, connection)
        else:
            send(connection, self.answer(request, fds, passed, connection), passed)
        for fd in fds + passed:
            os.close(fd)
        return None

    def hang_up(self, connection: socket.socket) -> None:
        """Forget a connection and what it alone watches; what it started goes on."""
        for key in [key for key, watcher in self.watchers.items() if watcher is connection]:
            self.end_watch(key)
        self.selector.unregister(connection.fileno())
        self.owners = {pid: owner for pid, owner in self.owners.items() if owner is not connection}
        connection.close()

    def answer(self, request: Answer, fds: list[int], passed: list[int], connection: socket.socket) -> Answer:
        """Run the operation a request names; descriptors that it hands out go to `passed`."""
        given = request["arguments"]
        operations: dict[str, Callable[[], Answer]] = {
            "spawn": lambda: self.spawn(fds, connection, **given),
            "kill": lambda: signal_tree(**given),
            "freeze": lambda: freeze(os.getpid()),
            "thaw": lambda: thaw(os.getpid()),
            "socket": lambda: files.open_socket(passed, **given),
            "open": lambda: files.open_file(passed, **given),
            "open_session": lambda: self.open_session(**given),
            "sessions": lambda: {"sessions": {name: each.describe() for name, each in self.sessions.items()}},
            "run": lambda: self.run(fds[0], connection, **given),
            "command_input": lambda: self.hand_out_command_input(passed, **given),
            "echo": lambda: self.sessions[given["session"]].command(given["key"]).echo(given["text"]),
            "close_session": lambda: self.close_session(**given),
            "start": lambda: self.start(fds[0], connection, **given),
            "running": lambda: {"processes": [each.describe() for each in self.running.values()]},
            "log": lambda: self.hand_out_log(passed, **given),
            "input": lambda: self.hand_out_input(passed, **given),
            "close_input": lambda: self.running[given["pid"]].close_input(),
            "watch": lambda: self.start_watch(connection, **given),
            "watched": lambda: self.watches[given["key"]].take_events(),
            "unwatch": lambda: self.end_watch(**given),
            "signal": lambda: self.running[given["pid"]].signal(given["number"]),
        }
        return attempt(request, operations[request["op"]])

    def spawn(self, fds: list[int], owner: socket.socket, **program: Any) -> Answer:
        """Start a process with the three descriptors that came along; its end is reported under its pid."""
        pid = spawn(fds=dict(enumerate(fds)), **program)
        self.owners[pid] = owner
        return {"pid": pid}

    def open_session(self, session: str, env: dict[str, str], cwd: str | None) -> Answer:
        """Start a shell under the session's name."""
        if session in self.sessions:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        self.sessions[session] = Session(self.selector, env, cwd)
        return {}

    def run(self, log: int, owner: socket.socket, session: str, key: str, text: str, echo: bool) -> Answer:
        """Queue one more command in a session, with the log that came along; its end is reported under its key."""
        kept = Log(self.selector, os.dup(log))
        command = Command(key, text, echo, kept, lambda code: send(owner, {"ended": key, "code": code}, []))
        self.sessions[session].run(command)
        return {}

    def hand_out_command_input(self, passed: list[int], session: str, key: str) -> Answer:
        """Pass the way into a session's command."""
        passed.append(self.sessions[session].command(key).pass_input())
        return {}

    def close_session(self, session: str) -> Answer:
        """Kill everything in a session and forget it."""
        closed = self.sessions.pop(session)
        closed.close()
        return {"keys": [command.key for command in closed.commands]}

    def start(self, log: int, owner: socket.socket, **program: Any) -> Answer:
        """Start a process that goes on without its owner, with the log that came along; its end is reported."""

        def ended(code: int) -> None:
            del self.running[process.pid]
            send(owner, {"ended": process.pid, "code": code}, [])

        process = Running(self.selector, os.dup(log), ended, **program)
        self.running[process.pid] = process
        return {"pid": process.pid}

    def hand_out_log(self, passed: list[int], pid: int) -> Answer:
        """Pass a process's log, and say where what it writes from now on begins."""
        log, position = self.running[pid].pass_log()
        passed.append(log)
        return {"position": position}

    def hand_out_input(self, passed: list[int], pid: int) -> Answer:
        """Pass the way into a process."""
        passed.append(self.running[pid].pass_input())
        return {}

    def start_watch(self, watcher: socket.socket, key: str, kept: bool, **folder: Any) -> Answer:
        """Watch a folder; what happens there waits under the key, where it is not kept for as long as its watcher."""
        self.watches[key] = Watch(self.selector, **folder)
        if not kept:
            self.watchers[key] = watcher
        return {}

    def end_watch(self, key: str) -> Answer:
        """Watch a folder no longer."""
        self.watches.pop(key).close()
        self.watchers.pop(key, None)
        return {}

    def reap(self, wake: int) -> None:
        """Collect ended children, adopted ones too, and report those that were asked for."""
        os.read(wake, PACKET)
        try:
            while found := os.waitpid(-1, os.WNOHANG)[0:2]:
                pid, status = found
                if not pid:
                    return
                self.bury(pid, os.waitstatus_to_exitcode(status))
        except ChildProcessError:
            return

    def bury(self, pid: int, code: int) -> None:
        """Report an ended process, whatever it was to us."""
        if owner := self.owners.pop(pid, None):
            send(owner, {"ended": pid, "code": code}, [])
        if process := self.running.get(pid):
            process.exited(code)
        for session in self.sessions.values():
            if session.pid == pid and not session.ended:
                session.end(code)


def answer_apart(request: Answer, connection: socket.socket) -> None:
    """Answer from a child, so that a large tree holds up nobody."""
    if os.fork() == 0:
        try:
            operation = SLOW[request["op"]]
            send(connection, attempt(request, lambda: operation(**request["arguments"])), [])
        finally:
            os._exit(0)


def attempt(request: Answer, operation: Callable[[], Answer]) -> Answer:
    """The reply to a request; an error of the system is an answer too."""
    try:
        return {"id": request["id"], **operation()}
    except OSError as error:
        return {
            "id": request["id"],
            "errno": error.errno or errno.EIO,
            "error": error.strerror or str(error),
        }
    except LookupError:
        return {"id": request["id"], "errno": errno.ENOENT, "error": os.strerror(errno.ENOENT)}
    except ValueError as error:
        # No name of the system's holds a zero byte.
        return {"id": request["id"], "errno": errno.EINVAL, "error": str(error)}


def send(connection: socket.socket, message: Answer, fds: list[int]) -> None:
    """Send one packet, a large message as a file in memory; a server that went away hears nothing."""
    body = json.dumps(message).encode()
    if len(body) > LARGEST_MESSAGE:
        message = {"id": message["id"], "errno": errno.E2BIG, "error": "There is too much of it for one answer"}
        body = json.dumps(message).encode()
    if len(body) > PACKET // 2:
        fds = [os.memfd_create("message")]
        os.write(fds[0], body)
        body = json.dumps({"id": message["id"], "in_file": len(body)}).encode()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    try:
        connection.sendmsg([body], rights)
    except OSError:
        return
