"""envd's service for processes: one method per operation of the table, under its name there."""

import base64
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from enum import StrEnum

from pydantic import Base64Bytes, Field, StrictBool, StrictInt, StrictStr

from evolve_pulumi.local.agent.logs import STDERR, STDOUT, TERMINAL
from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.e2b.envd.access import Access
from evolve_pulumi.local.e2b.envd.rpc import (
    Answer,
    Code,
    Message,
    RpcError,
    Service,
    client_stream,
    server_stream,
    unary,
)
from evolve_pulumi.local.logs import Record, exit_code
from evolve_pulumi.local.processes import Output, Process, Processes, Program, Size
from evolve_pulumi.local.records import Sandbox

KEEPALIVE: Answer = {"event": {"keepalive": {}}}
STREAMS = {STDOUT: "stdout", STDERR: "stderr", TERMINAL: "pty"}
MOST_CHARACTERS = (1 << 16) - 1


class Signal(StrEnum):
    """A signal that can be sent."""

    SIGNAL_SIGTERM = "SIGNAL_SIGTERM"
    SIGNAL_SIGKILL = "SIGNAL_SIGKILL"


SIGNALS = {Signal.SIGNAL_SIGTERM: signal.SIGTERM, Signal.SIGNAL_SIGKILL: signal.SIGKILL}


class TerminalSize(Message):
    """Columns and rows of a terminal."""

    cols: StrictInt = Field(default=0, ge=0, le=MOST_CHARACTERS)
    rows: StrictInt = Field(default=0, ge=0, le=MOST_CHARACTERS)


class Terminal(Message):
    """A terminal that a process gets, or has."""

    size: TerminalSize = TerminalSize()

    def neutral(self) -> Size:
        """The size as the cloud takes it."""
        return Size(self.size.cols, self.size.rows)


class Config(Message):
    """What is to be run."""

    cmd: StrictStr
    args: list[StrictStr] = Field(default_factory=list)
    envs: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    cwd: StrictStr | None = None


class Start(Message):
    """A process to be started; it can be fed unless that is declined."""

    process: Config
    pty: Terminal | None = None
    tag: StrictStr | None = None
    stdin: StrictBool | None = None


class Selector(Message):
    """Which process is meant."""

    pid: StrictInt | None = None
    tag: StrictStr | None = None


class Selected(Message):
    """A process that is meant."""

    process: Selector


class Input(Message):
    """What a process is fed with, by its standard input or its terminal."""

    stdin: Base64Bytes | None = None
    pty: Base64Bytes | None = None


class SendInput(Selected):
    """Something to feed a process with."""

    input: Input


class SendSignal(Selected):
    """A signal for a process."""

    signal: Signal


class Update(Selected):
    """A terminal's new size."""

    pty: Terminal | None = None


class InputData(Message):
    """A piece of what a process is fed with."""

    input: Input


class StreamInput(Message):
    """Which process is fed, then what with."""

    start: Selected | None = None
    data: InputData | None = None


class ProcessService(Service):
    """Processes, as envd serves them."""

    def __init__(self, cloud: Cloud, access: Access) -> None:
        super().__init__(cloud, access)
        self._processes = Processes(cloud)

    @server_stream(Start, KEEPALIVE)
    async def process_start(
        self, sandbox: Sandbox, given: Start, seconds: float | None
    ) -> AsyncGenerator[Answer | None]:
        """Start a process and follow it; it is killed when the call's time is over, and goes on if its client does."""
        config = given.process
        cwd = self.access.path(sandbox, config.cwd or "")
        program = Program([config.cmd, *config.args], cwd, config.envs, given.tag)
        size = given.pty and given.pty.neutral()
        fed = given.stdin is not False
        try:
            output = await self._processes.start(sandbox, program, stdin=fed, size=size, seconds=seconds)
        except FileNotFoundError:
            raise RpcError(Code.INVALID_ARGUMENT, f"cwd '{cwd}' does not exist") from None
        with output:
            async for answer in _events(output):
                yield answer

    @server_stream(Selected, KEEPALIVE)
    async def process_connect(
        self, sandbox: Sandbox, given: Selected, seconds: float | None
    ) -> AsyncGenerator[Answer | None]:
        """Follow a process from now on."""
        del seconds
        process = await self._find(sandbox, given.process)
        with await self._processes.output(sandbox, process) as output:
            async for answer in _events(output):
                yield answer

    @unary(Message)
    async def process_list(self, sandbox: Sandbox, given: Message) -> Answer:
        """The processes that were started here and have not ended."""
        del given
        return {"processes": [_described(process) for process in await self._processes.all(sandbox)]}

    @unary(SendInput)
    async def process_send_input(self, sandbox: Sandbox, given: SendInput) -> Answer:
        """Feed a process."""
        await self._feed(sandbox, await self._find(sandbox, given.process), given.input)
        return {}

    @client_stream(StreamInput)
    async def process_stream_input(self, sandbox: Sandbox, given: AsyncIterator[StreamInput]) -> Answer:
        """Feed a process with what comes, as it comes."""
        process: Process | None = None
        async for each in given:
            if each.start:
                process = await self._find(sandbox, each.start.process)
            elif each.data and process:
                await self._feed(sandbox, process, each.data.input)
            elif each.data:
                raise RpcError(Code.INVALID_ARGUMENT, "the first message has to say which process is meant")
        return {}

    @unary(Selected)
    async def process_close_stdin(self, sandbox: Sandbox, given: Selected) -> Answer:
        """Let a process find the end of its input."""
        process = await self._find(sandbox, given.process)
        if process.size:
            raise RpcError(Code.UNKNOWN, "cannot close stdin for PTY process — send Ctrl+D (0x04) instead")
        await self._processes.close_input(sandbox, process)
        return {}

    @unary(SendSignal)
    async def process_send_signal(self, sandbox: Sandbox, given: SendSignal) -> Answer:
        """Signal a process."""
        process = await self._find(sandbox, given.process)
        await self._processes.signal(sandbox, process, SIGNALS[given.signal])
        return {}

    @unary(Update)
    async def process_update(self, sandbox: Sandbox, given: Update) -> Answer:
        """Give a process's terminal another size."""
        process = await self._find(sandbox, given.process)
        if given.pty is None:
            return {}
        if not process.size:
            raise RpcError(Code.INTERNAL, "tty not assigned to process")
        await self._processes.resize(sandbox, process, given.pty.neutral())
        return {}

    async def _find(self, sandbox: Sandbox, selector: Selector) -> Process:
        return await self._processes.find(sandbox, pid=selector.pid, tag=selector.tag)

    async def _feed(self, sandbox: Sandbox, process: Process, given: Input) -> None:
        data = given.pty if process.size else given.stdin
        if data is None:
            right, wrong = ("pty", "stdin") if process.size else ("stdin", "pty")
            raise RpcError(Code.INTERNAL, f"input should be written to the {right}, not the {wrong}")
        try:
            await self._processes.write(sandbox, process, data)
        except BrokenPipeError:
            raise RpcError(Code.INTERNAL, "stdin not enabled or closed") from None


async def _events(output: Output) -> AsyncIterator[Answer | None]:
    """What becomes of a process, as envd tells it; None where nothing has for a moment."""
    yield {"event": {"start": {"pid": output.process.pid}}}
    async for records in output.records():
        if not records:
            yield None
        for record in records:
            yield {"event": _event(record)}


def _event(record: Record) -> Answer:
    stream, data = record
    code = exit_code(record)
    if code is None:
        return {"data": {STREAMS[stream]: base64.b64encode(data).decode()}}
    if code < 0:
        status = f"signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        return {"end": {"exitCode": -1, "exited": False, "status": status, "error": status}}
    status = f"exit status {code}"
    failed = {"error": status} if code else {}
    return {"end": {"exitCode": code, "exited": True, "status": status, **failed}}


def _described(process: Process) -> Answer:
    program = process.program
    config = {"cmd": program.argv[0], "args": program.argv[1:], "envs": program.env, "cwd": program.cwd}
    tag = {} if program.tag is None else {"tag": program.tag}
    return {"config": config, "pid": process.pid, **tag}
