"""Write the interface to sandboxes as a table: `python tools/sandboxes.py > docs/sandboxes.md`.

What a method means is said by its protocol, how a vendor does it by the docstring of its implementation there. A test
fails where the file is not what this prints.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from evolve_pulumi import sandboxes
from evolve_pulumi.vendors import inside
from evolve_pulumi.vendors.daytona.inside import commands as daytona_commands
from evolve_pulumi.vendors.daytona.inside.files import DaytonaFiles
from evolve_pulumi.vendors.daytona.inside.git import DaytonaGit
from evolve_pulumi.vendors.daytona.inside.instance import DaytonaInstance
from evolve_pulumi.vendors.e2b.inside import commands as e2b_commands
from evolve_pulumi.vendors.e2b.inside.files import E2BFiles
from evolve_pulumi.vendors.e2b.inside.git import E2BGit
from evolve_pulumi.vendors.e2b.inside.instance import E2BInstance

INTRODUCTION = """\
<!-- Written by tools/sandboxes.py from the docstrings in the code; `make docs` writes it anew. -->

# Sandboxes at run time

One interface to running sandboxes, at Daytona and at E2B, through each vendor's own SDK. It needs no Pulumi program;
what a stack declares is reached by its id.

```python
from evolve_pulumi import sandbox_provider

provider = sandbox_provider()  # DAYTONA_API_KEY or E2B_API_KEY says which; sandbox_provider("e2b") where both are set
sandbox = provider.create(env={"GREETING": "hello"}, labels={"team": "docs"})
sandbox.files.write("/tmp/greet.sh", "echo $GREETING from $1")
print(sandbox.commands.run("bash /tmp/greet.sh here").stdout)

server = sandbox.commands.spawn("exec python3 -m http.server 3000")
print(sandbox.get_host(3000), server.pid)  # any other process finds it again: commands.connect(pid)
sandbox.kill()
```

Seconds everywhere. Errors are `EvolveError`s: `NotFoundError`, `NotReadyError` where something takes longer or sleeps,
`UnsupportedError` where a vendor has no such thing, with what to use instead, `VendorError` with the vendor's words.

`create` takes what the resource `Sandbox` takes, without `backend`, `ports`, `allow_restart`, `on_destroy` and
`adopt_id`; see the [reference](reference.md). Nobody owns what it makes, so end it with `kill`.

The columns of the vendors say how each does it: by which call of its SDK, and what differs.
"""
SECTIONS = (
    ("provider", sandboxes.SandboxProvider, sandboxes.Provider, sandboxes.Provider),
    ("sandbox", inside.SandboxInstance, DaytonaInstance, E2BInstance),
    ("sandbox.commands", inside.SandboxCommands, daytona_commands.DaytonaCommands, e2b_commands.E2BCommands),
    ("a spawned command", inside.CommandHandle, daytona_commands.DaytonaCommand, e2b_commands.E2BCommand),
    ("sandbox.files", inside.SandboxFiles, DaytonaFiles, E2BFiles),
    ("sandbox.git", inside.SandboxGit, DaytonaGit, E2BGit),
)
RECORDS = (
    inside.CommandResult,
    inside.ProcessInfo,
    inside.FileInfo,
    inside.FileEvent,
    inside.TextMatch,
    inside.GitStatus,
)


def main() -> None:
    """Print the whole document."""
    print(INTRODUCTION)
    for title, protocol, daytona, e2b in SECTIONS:
        print(f"## `{title}`\n" if "." in title else f"## {title.capitalize()}\n")
        print(f"{_text(protocol)}\n")
        print("\n".join(_methods(protocol, daytona, e2b)), end="\n\n")
    print("## What they answer\n")
    for record in RECORDS:
        print(f"- `{record.__name__}`: {_text(record)} {', '.join(_fields(record))}.")


def _methods(protocol: type, daytona: type, e2b: type) -> Iterator[str]:
    same = daytona is e2b
    yield "| method | meaning |" if same else "| method | meaning | at Daytona | at E2B |"
    yield "|---|---|" if same else "|---|---|---|---|"
    for name, member in vars(protocol).items():
        if name.startswith("_"):
            continue
        how = [] if same else [_how(vendor, name) for vendor in (daytona, e2b)]
        yield f"| {' | '.join([f'`{_signature(name, member)}`', _text(member), *how])} |"


def _how(vendor: type, name: str) -> str:
    """What an implementation says of itself; what it holds as an attribute is in a table of its own."""
    member = getattr(vendor, name, None)
    return _text(member) if member else "see below"


def _signature(name: str, member: Any) -> str:
    if isinstance(member, property):
        return name
    parameters = [each for each in inspect.signature(member).parameters.values() if each.name != "self"]
    shown: list[str] = []
    for each in parameters:
        if each.kind is each.KEYWORD_ONLY and "*" not in shown:
            shown.append("*")
        shown.append(f"**{each.name}" if each.kind is each.VAR_KEYWORD else _parameter(each))
    return f"{name}({', '.join(shown)})"


def _parameter(parameter: inspect.Parameter) -> str:
    empty = parameter.default is parameter.empty
    return parameter.name if empty else f"{parameter.name}={parameter.default!r}"


def _fields(record: type) -> Iterator[str]:
    for name in inspect.get_annotations(record):
        yield f"`{name}`"


def _text(member: Any) -> str:
    """A docstring's sentences in one line, without the lists of arguments and errors."""
    text = inspect.getdoc(member) or ""
    return " ".join(text.partition("\nArgs:")[0].partition("\nRaises:")[0].split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
