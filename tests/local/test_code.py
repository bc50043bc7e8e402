"""Code that is run once, and code in interpreters that keep their state."""

import threading
import time
from pathlib import Path
from typing import TypedDict, Unpack

import pytest
from daytona import (
    CreateSandboxFromSnapshotParams,
    Daytona,
    DaytonaConnectionError,
    DaytonaError,
    DaytonaFileNotFoundError,
    DaytonaNotFoundError,
    DaytonaTimeoutError,
    Sandbox,
)
from daytona.common.code_interpreter import ExecutionResult, OutputMessage
from daytona.common.process import CodeRunParams, OutputHandler
from daytona_toolbox_api_client import ApiException, InterpreterContext

from tests.cloud import Cloud


class Options(TypedDict, total=False):
    """What code is run with."""

    context: InterpreterContext | None
    on_stdout: OutputHandler[OutputMessage]
    envs: dict[str, str]
    timeout: int


def run(sandbox: Sandbox, code: str, **options: Unpack[Options]) -> ExecutionResult:
    return sandbox.code_interpreter.run_code(code, **options)


def test_code_gets_arguments_and_variables_and_answers_both_streams(sandbox: Sandbox) -> None:
    code = "import os, sys\nprint('ü', sys.argv[1:], os.environ['A'])\nprint('err', file=sys.stderr)\nsys.exit(3)"
    answer = sandbox.process.code_run(code, CodeRunParams(argv=["x y", "--z"], env={"A": "1"}))
    assert (answer.exit_code, answer.result) == (3, "ü ['x y', '--z'] 1\nerr\n")
    assert answer.artifacts
    assert answer.artifacts.charts == []


def test_code_of_any_size_runs(sandbox: Sandbox) -> None:
    code = f"text = {'x' * 6_000_000!r}\nprint(len(text), end='')"
    assert sandbox.process.code_run(code).result == run(sandbox, code).stdout == "6000000"


def test_code_that_fails_says_where(sandbox: Sandbox) -> None:
    answer = sandbox.process.code_run("def f():\n    return 1 / 0\nf()")
    assert answer.exit_code == 1
    assert "line 2, in f" in answer.result
    assert answer.result.endswith("ZeroDivisionError: division by zero\n")


def test_code_that_takes_too_long_is_killed(sandbox: Sandbox) -> None:
    # The SDK does not put errors of this one call into its own words.
    with pytest.raises(ApiException, match="PROCESS_EXECUTION_TIMEOUT"):
        sandbox.process.code_run("import time; time.sleep(1000)", timeout=1)
    assert "python3\0-u" not in sandbox.process.exec("cat /proc/[0-9]*/cmdline").result


def test_javascript_runs_where_there_is_node(daytona: Daytona) -> None:
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(language="javascript"))
    if sandbox.process.exec("command -v node").exit_code:
        assert sandbox.process.code_run("").exit_code == 127
    else:
        code = "console.log([1, 2].map(x => x * 2), process.argv.slice(2)); process.exit(4)"
        answer = sandbox.process.code_run(code, CodeRunParams(argv=["a"]))
        assert (answer.exit_code, answer.result) == (4, "[ 2, 4 ] [ 'a' ]\n")


def test_typescript_is_left_to_what_the_sandbox_has_for_it(daytona: Daytona) -> None:
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(language="typescript"))
    if sandbox.process.exec("command -v ts-node").exit_code:
        answer = sandbox.process.code_run("const n: number = 1;")
        assert (answer.exit_code, answer.result) == (127, "ts-node: No such file or directory\n")
    else:
        assert sandbox.process.code_run("const n: number = 1; console.log(n)").result == "1\n"


def test_an_interpreter_keeps_its_state(sandbox: Sandbox) -> None:
    run(sandbox, "import math\nx = 20\ndef f(y): return x + y")
    answer = run(sandbox, "x += 1\nprint(f(math.floor(1.5)))\nimport sys; print('ü', file=sys.stderr)")
    assert (answer.stdout, answer.stderr, answer.error) == ("22\n", "ü\n", None)


def test_what_programs_print_that_the_code_starts_is_output_too(sandbox: Sandbox) -> None:
    code = "import os, subprocess\nprint(1)\nsubprocess.run('echo 2; echo 3 >&2', shell=True)\nos.write(1, b'4')"
    answer = run(sandbox, code)
    assert (answer.stdout, answer.stderr) == ("1\n2\n4", "3\n")


def test_code_finds_its_own_module_and_no_input(sandbox: Sandbox) -> None:
    code = "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__name__, __name__)\ninput()"
    answer = run(sandbox, code)
    assert answer.stdout == "A __main__\n"
    assert answer.error
    assert answer.error.name == "EOFError"


def test_an_error_is_told_with_the_lines_of_the_code_only(sandbox: Sandbox) -> None:
    answer = run(sandbox, "print('before')\ndef f():\n    raise ValueError('ü no')\nf()")
    assert answer.stdout == "before\n"
    assert answer.error
    assert (answer.error.name, answer.error.value) == ("ValueError", "ü no")
    assert answer.error.traceback.splitlines()[1:3] == ['  File "<input 1>", line 4, in <module>', "    f()"]
    assert answer.error.traceback.endswith("ValueError: ü no\n")
    assert "interpreter" not in answer.error.traceback
    syntax = run(sandbox, "x = = 1").error
    assert syntax
    assert syntax.name == "SyntaxError"
    assert "x = = 1" in syntax.traceback


def test_leaving_ends_the_code_and_not_the_interpreter(sandbox: Sandbox) -> None:
    assert run(sandbox, "x = 1\nimport sys; sys.exit(3)").error is None
    assert run(sandbox, "print(x)").stdout == "1\n"


def test_output_comes_while_the_code_runs(sandbox: Sandbox) -> None:
    came = threading.Event()

    def note(message: OutputMessage) -> None:
        if message.output.startswith("ready"):
            sandbox.fs.upload_file(b"", "go")
            came.set()

    code = "import os, time\nprint('ready')\nwhile not os.path.exists('go'): time.sleep(0.01)\nprint('gone on')"
    answer = run(sandbox, code, on_stdout=note, timeout=20)
    assert came.is_set()
    assert answer.stdout == "ready\ngone on\n"


def test_much_output_arrives_whole_and_in_order(sandbox: Sandbox) -> None:
    answer = run(sandbox, "for n in range(200_000): print(n)")
    assert answer.stdout == "".join(f"{n}\n" for n in range(200_000))


def test_variables_are_for_one_piece_of_code(sandbox: Sandbox) -> None:
    code = "import os\nprint(os.environ.get('A'), os.environ.get('HOME'))"
    assert run(sandbox, code, envs={"A": "1", "HOME": "/x"}).stdout == "1 /x\n"
    assert run(sandbox, code).stdout == "None /home/daytona\n"


def test_code_that_takes_too_long_is_interrupted_and_leaves_the_state(sandbox: Sandbox) -> None:
    run(sandbox, "x = 1")
    with pytest.raises(DaytonaTimeoutError):
        run(sandbox, "x = 2\nimport time; time.sleep(1000)", timeout=1)
    assert run(sandbox, "print(x)").stdout == "2\n"


def test_code_that_nobody_listens_to_any_more_is_interrupted(sandbox: Sandbox) -> None:
    def hang_up(_: OutputMessage) -> None:
        raise RuntimeError("enough")

    with pytest.raises(DaytonaError, match="enough"):
        run(sandbox, "x = 1\nprint('on')\nimport time; time.sleep(1000)", on_stdout=hang_up)
    assert run(sandbox, "print(x)", timeout=20).stdout == "1\n"


def test_code_that_heeds_no_interrupt_is_killed_with_its_interpreter(sandbox: Sandbox) -> None:
    run(sandbox, "x = 1")
    stubborn = "import time\nwhile True:\n    try: time.sleep(1000)\n    except BaseException: pass"
    with pytest.raises(DaytonaTimeoutError):
        run(sandbox, stubborn, timeout=1)
    error = run(sandbox, "x").error
    assert error
    assert error.name == "NameError", "it is a new one"


def test_an_interpreter_that_dies_says_so_and_another_takes_its_place(sandbox: Sandbox) -> None:
    said: list[str] = []
    with pytest.raises(DaytonaConnectionError, match="interpreter has ended"):
        run(sandbox, "import os; print('last words'); os._exit(1)", on_stdout=lambda m: said.append(m.output))
    assert "".join(said) == "last words\n"
    assert run(sandbox, "print(1)").stdout == "1\n"


def test_interpreters_that_end_leave_nothing_open_in_the_server(cloud: Cloud, sandbox: Sandbox) -> None:
    def opened() -> int:
        return len(list(Path("/proc", str(cloud.status()["pid"]), "fd").iterdir()))

    # So that the SDK has the connections that it keeps.
    run(sandbox, "1")
    sandbox.code_interpreter.delete_context(sandbox.code_interpreter.create_context())
    before = opened()
    for _ in range(3):
        with pytest.raises(DaytonaConnectionError):
            run(sandbox, "import os; os._exit(1)")
        sandbox.code_interpreter.delete_context(sandbox.code_interpreter.create_context())
        run(sandbox, "1")
    deadline = time.monotonic() + 5
    while opened() > before:
        assert time.monotonic() < deadline


def test_an_error_that_cannot_be_put_into_words_is_one_still(sandbox: Sandbox) -> None:
    error = run(sandbox, "class E(Exception):\n    def __str__(self): raise RuntimeError\nraise E").error
    assert error
    assert (error.name, error.value) == ("E", "")
    assert run(sandbox, "1", envs={"A=B": ""}).error
    assert run(sandbox, "print(1)").stdout == "1\n"


def test_contexts_are_apart_from_each_other(sandbox: Sandbox) -> None:
    interpreter = sandbox.code_interpreter
    sandbox.fs.create_folder("work", "755")
    one, two = interpreter.create_context(cwd="/home/daytona/work"), interpreter.create_context()
    run(sandbox, "x = 1; import os; print(os.getcwd())", context=one)
    assert run(sandbox, "import os; print(os.getcwd())", context=one).stdout == "/home/daytona/work\n"
    for other in (two, None):
        error = run(sandbox, "x", context=other).error
        assert error
        assert error.name == "NameError"
    assert [each.id for each in interpreter.list_contexts()] == [one.id, two.id]
    assert (one.language, one.cwd, two.cwd, one.active) == ("python", "/home/daytona/work", "/home/daytona", True)
    interpreter.delete_context(one)
    assert [each.id for each in interpreter.list_contexts()] == [two.id]
    with pytest.raises(DaytonaNotFoundError):
        interpreter.delete_context(one)
    with pytest.raises(DaytonaConnectionError, match="not found"):
        run(sandbox, "1", context=one)
    with pytest.raises(DaytonaFileNotFoundError):
        interpreter.create_context(cwd="/none")


def test_pieces_of_code_in_one_context_wait_for_each_other(sandbox: Sandbox) -> None:
    run(sandbox, "import time\nlog = []")
    code = "log.append('in'); time.sleep(0.3); log.append('out')"
    threads = [threading.Thread(target=run, args=(sandbox, code)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run(sandbox, "print(*log)").stdout == "in out in out in out\n"


def test_interpreters_end_with_their_sandbox(sandbox: Sandbox) -> None:
    sandbox.code_interpreter.create_context()
    problems: list[DaytonaError] = []

    def wait() -> None:
        try:
            run(sandbox, "open('began', 'w').close()\nimport time; time.sleep(1000)")
        except DaytonaError as error:
            problems.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    deadline = time.monotonic() + 10
    while sandbox.process.exec("test -e began").exit_code:
        assert time.monotonic() < deadline
    sandbox.stop()
    thread.join(10)
    assert len(problems) == 1
    with pytest.raises(DaytonaError):
        run(sandbox, "1")
    sandbox.start()
    assert sandbox.code_interpreter.list_contexts() == []
    assert run(sandbox, "print(1)").stdout == "1\n"
