"""Programs under the real engine, through the language host and the launcher of dynamic resources."""

import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pulumi_engine import Stack

MakeStack = Callable[..., Stack]

RESOURCE = """
import sys
import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("made-by-" + props["maker"], {**props, "prefix": sys.prefix})

    def diff(self, id, olds, news):
        replaced = ["maker"] if olds["maker"] != news["maker"] else []
        return DiffResult(changes=bool(replaced) or olds["size"] != news["size"], replaces=replaced)

    def update(self, id, olds, news):
        return UpdateResult({**news, "prefix": sys.prefix})

class Thing(Resource):
    prefix: pulumi.Output[str]

    def __init__(self, name, size, maker="a"):
        super().__init__(Provider(), name, {"size": size, "maker": maker, "prefix": None})
"""


def thing(arguments: str) -> str:
    """A program of one dynamic resource."""
    return f"{RESOURCE}\nthing = Thing('thing', {arguments})\npulumi.export('id', thing.id)\n"


def test_a_resource_goes_through_its_whole_life(stack: MakeStack) -> None:
    project = stack(thing("size=1"))
    assert project.preview().ok().changes == {"created": 2}
    assert project.up().ok().changes == {"created": 2}
    assert project.up("--refresh").ok().changes == {"same": 2}
    project.write(thing("size=2"))
    assert project.preview().ok().changes == {"updated": 1, "same": 1}
    assert project.up().ok().changes == {"updated": 1, "same": 1}
    project.write(thing("size=2, maker='b'"))
    assert project.up().ok().changes == {"replaced": 1, "same": 1}
    assert project.outputs() == {"id": "made-by-b"}
    assert project.refresh("--run-program").ok().changes == {"same": 2}
    assert project.destroy("--run-program").ok().changes["deleted"] == 2
    assert "resources" not in project.export()


def test_config_secrets_reach_the_program_and_stay_secret(stack: MakeStack) -> None:
    project = stack("""
import pulumi
config = pulumi.Config()
pulumi.export("region", config.require("region"))
pulumi.export("token", config.require_secret("token"))
""")
    project.config_set("region", "eu")
    project.config_set("token", "hunter2", secret=True)
    shown = project.up().ok().output
    assert project.outputs() == {"region": "eu", "token": "hunter2"}
    assert "hunter2" not in shown + str(project.export())


def test_no_process_shows_a_config_secret(stack: MakeStack) -> None:
    project = stack("""
from contextlib import suppress
from pathlib import Path
import pulumi
secret, shown = pulumi.Config().require("token").encode(), []
for process in Path("/proc").glob("[0-9]*"):
    for place in ("cmdline", "environ"):
        with suppress(OSError):
            if secret in (process / place).read_bytes():
                shown.append(f"{place} of {(process / 'cmdline').read_bytes()}")
pulumi.export("shown", shown)
""")
    project.config_set("token", "hunter2-in-no-process", secret=True)
    project.up().ok()
    assert project.outputs() == {"shown": []}


def test_an_exception_shows_its_traceback_once_with_the_programs_frames_only(stack: MakeStack) -> None:
    failed = stack("def fail():\n    raise ValueError('boom')\n\nfail()\n").up()
    assert failed.code != 0
    assert failed.output.count("Traceback (most recent call last)") == 1
    assert failed.output.count("ValueError: boom") == 1
    assert "in fail" in failed.output
    assert "runpy" not in failed.output
    assert "language_program.py" not in failed.output


def test_an_exception_in_an_apply_shows_its_traceback_once(stack: MakeStack) -> None:
    failed = stack("import pulumi\npulumi.export('x', pulumi.Output.from_input(0).apply(lambda n: 1 / n))\n").up()
    assert failed.code != 0
    assert failed.output.count("ZeroDivisionError: division by zero") == 1


def test_a_run_error_is_one_line(stack: MakeStack) -> None:
    failed = stack("import pulumi\nraise pulumi.RunError('set the region first')\n").up()
    assert failed.code != 0
    assert failed.diagnostics.splitlines()[1:] == ["    error: set the region first"]


def test_an_exit_code_is_reported(stack: MakeStack) -> None:
    failed = stack("raise SystemExit(3)").up()
    assert failed.code != 0
    assert "Program exited with non-zero exit code: 3" in failed.output


def test_a_resource_that_fails_is_reported_once(stack: MakeStack) -> None:
    failed = stack(thing("size=1").replace("return CreateResult", "raise ValueError('boom') or ")).up()
    assert failed.code != 0
    assert failed.output.count("ValueError: boom") == 1
    assert "Program failed" not in failed.output


@pytest.mark.parametrize("main", [".", "program"])
def test_program_and_resources_run_in_the_projects_virtualenv(stack: MakeStack, main: str) -> None:
    program = thing("size=1") + "pulumi.export('program', sys.prefix)\npulumi.export('resource', thing.prefix)\n"
    project = stack(program, virtualenv_project("environment") + f"main: {main}\n")
    place = project.folder / "environment"
    make_virtualenv(place)
    (project.folder / main).mkdir(exist_ok=True)
    (project.folder / "__main__.py").rename(project.folder / main / "__main__.py")
    project.up().ok()
    prefix = str(place)
    assert project.outputs() == {"id": "made-by-a", "program": prefix, "resource": prefix}


def test_a_missing_virtualenv_is_named_with_the_remedy(stack: MakeStack) -> None:
    failed = stack("", virtualenv_project("nowhere")).up()
    assert failed.code != 0
    assert "nowhere' has no bin/python: create it" in failed.output


def test_a_runtime_option_that_is_not_supported_is_named(stack: MakeStack) -> None:
    failed = stack("", virtualenv_project("environment").replace("virtualenv", "typechecker")).up()
    assert failed.code != 0
    assert "runtime option 'typechecker: environment' needs the official Pulumi CLI" in failed.output


def test_about_names_the_programs_interpreter(stack: MakeStack) -> None:
    assert sys.executable in stack("").run("about").ok().output


def virtualenv_project(place: str) -> str:
    """A project file which names a virtual environment."""
    return f"name: tests\nruntime:\n  name: python\n  options:\n    virtualenv: {place}\n"


def make_virtualenv(place: Path) -> None:
    """A virtual environment that sees this one's packages."""
    venv.create(place, symlinks=True)
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = place / "lib" / python / "site-packages"
    (packages / "outer.pth").write_text(sysconfig.get_path("purelib"))
