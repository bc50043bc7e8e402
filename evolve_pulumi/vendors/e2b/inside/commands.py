"""Commands in an E2B sandbox, by envd's own processes and their pids."""

import shlex
from collections.abc import Mapping, Sequence

from e2b import CommandExitException, CommandHandle, Sandbox, TimeoutException

from evolve_pulumi.errors import UnreachableError, VendorError
from evolve_pulumi.vendors.e2b.inside.envd import Envd
from evolve_pulumi.vendors.following import Following, took_longer
from evolve_pulumi.vendors.inside import CommandResult, OnOutput, ProcessInfo

KILL_SECONDS = 30
NO_LIMIT = 0
SPAWNED = "set -m; bash -c "
"""What a spawned command line begins with: under job control the command is a group, and ends with all it started."""


class E2BCommands:
    """The commands of one sandbox."""

    def __init__(self, envd: Envd) -> None:
        self._envd = envd

    def run(
        self,
        command: str,
        *,
        env: Mapping[str, str] | None = None,
        working_directory: str | None = None,
        stdin: str | None = None,
        timeout_seconds: float | None = 60,
        on_stdout: OnOutput | None = None,
        on_stderr: OnOutput | None = None,
    ) -> CommandResult:
        """`commands.run`; `stdin` by `send_stdin` and `close_stdin`.

        When its time is over E2B kills the command, and not what that has started.
        """
        if stdin is not None:
            process = self.spawn(command, env=env, working_directory=working_directory, stdin=True)
            return process.fed(stdin, timeout_seconds, on_stdout, on_stderr)

        def run(box: Sandbox) -> CommandResult:
            handle = box.commands.run(
                command,
                background=True,
                envs=dict(env or {}),
                cwd=working_directory,
                timeout=timeout_seconds or NO_LIMIT,
            )
            try:
                return _ended(handle, on_stdout, on_stderr)
            except TimeoutException as error:
                # The others of its kind are not about time.
                if type(error) is TimeoutException and timeout_seconds:
                    raise took_longer(timeout_seconds) from error
                raise
            except BaseException:
                box.commands.kill(handle.pid)
                raise

        return self._envd.call(run)

    def spawn(
        self,
        command: str,
        *,
        env: Mapping[str, str] | None = None,
        working_directory: str | None = None,
        stdin: bool = False,
    ) -> "E2BCommand":
        """`commands.run` in the background, without a limit on its time. It goes on when its handle is let go of.

        E2B sends what it writes to the handle: one that is kept and not waited for may hold up a command that writes
        much.
        """
        source = "" if stdin else " < /dev/null"
        # What bash has to say of its job is not the command's output, nor has a job ended that is only stopped.
        script = f"{SPAWNED}{shlex.quote(command)}{source} & set +m; exec > /dev/null 2>&1; wait $!"
        handle = self._envd.call(
            lambda box: box.commands.run(
                script, background=True, envs=dict(env or {}), cwd=working_directory, stdin=stdin, timeout=NO_LIMIT
            )
        )
        return E2BCommand(self, self._envd, handle)

    def list(self) -> Sequence[ProcessInfo]:
        """`commands.list`, of those that were spawned here."""
        every = self._envd.replay(lambda box: box.commands.list())
        scripts = {each.pid: each.args[-1] for each in every if each.args}
        return [ProcessInfo(pid, _unwrapped(text)) for pid, text in scripts.items() if text.startswith(SPAWNED)]

    def connect(self, pid: int) -> "E2BCommand":
        """`commands.connect`: what it writes from now on."""
        handle = self._envd.replay(lambda box: box.commands.connect(pid, timeout=NO_LIMIT))
        return E2BCommand(self, self._envd, handle)

    def send_stdin(self, pid: int, data: str) -> None:
        """`commands.send_stdin`."""
        self._envd.call(lambda box: box.commands.send_stdin(pid, data))

    def kill(self, pid: int) -> bool:
        """Kill the group that it is, which envd cannot, and with `commands.kill` what waits for it."""
        children = f"/proc/{pid}/task/{pid}/children"
        sweep = f"test -e {children} && for each in $(cat {children}); do kill -KILL -- -$each; done"
        swept = self.run(sweep, timeout_seconds=KILL_SECONDS).exit_code == 0
        return self._envd.replay(lambda box: box.commands.kill(pid)) or swept


class E2BCommand:
    """A command that was spawned. What it writes waits here, or in the connection, until it is waited for."""

    def __init__(self, commands: E2BCommands, envd: Envd, handle: CommandHandle[str]) -> None:
        self._commands = commands
        self._envd = envd
        self._handle = handle
        self._following = Following(self._follow)

    @property
    def pid(self) -> int:
        """The process's own."""
        return self._handle.pid

    def wait(
        self,
        *,
        timeout_seconds: float | None = None,
        on_stdout: OnOutput | None = None,
        on_stderr: OnOutput | None = None,
    ) -> CommandResult:
        """`wait`: what it wrote since it was spawned or connected to."""
        return self._following.wait(timeout_seconds, on_stdout, on_stderr)

    def send_stdin(self, data: str) -> None:
        """As `commands.send_stdin`."""
        self._commands.send_stdin(self.pid, data)

    def kill(self) -> bool:
        """As `commands.kill`."""
        return self._commands.kill(self.pid)

    def fed(
        self, stdin: str, timeout_seconds: float | None, on_stdout: OnOutput | None, on_stderr: OnOutput | None
    ) -> CommandResult:
        """Feed it all that it gets and wait; it does not outlive this."""
        # One that nobody listens to would stop to read.
        self._following.start()
        try:
            self._feed(stdin, timeout_seconds)
            return self.wait(timeout_seconds=timeout_seconds, on_stdout=on_stdout, on_stderr=on_stderr)
        except BaseException:
            self.kill()
            raise

    def _feed(self, stdin: str, timeout_seconds: float | None) -> None:
        """Write all of its input; it may have ended, or closed it, before."""
        try:
            # It takes as long as the command takes to read.
            seconds = timeout_seconds or NO_LIMIT
            self._envd.call(lambda box: box.commands.send_stdin(self.pid, stdin, request_timeout=seconds))
            self._envd.call(lambda box: box.commands.close_stdin(self.pid))
        except UnreachableError:
            raise
        except VendorError:
            return

    def _follow(self, on_stdout: OnOutput, on_stderr: OnOutput) -> int:
        with self._envd.reached():
            return _ended(self._handle, on_stdout, on_stderr).exit_code


def _ended(handle: CommandHandle[str], on_stdout: OnOutput | None, on_stderr: OnOutput | None) -> CommandResult:
    """Wait for a command's end, whatever its exit code."""
    try:
        done = handle.wait(on_stdout=on_stdout, on_stderr=on_stderr)
    except CommandExitException as failed:
        return CommandResult(failed.exit_code, failed.stdout, failed.stderr)
    return CommandResult(done.exit_code, done.stdout, done.stderr)


def _unwrapped(script: str) -> str:
    """The command line as it was given."""
    return shlex.split(script.removeprefix(SPAWNED))[0]
