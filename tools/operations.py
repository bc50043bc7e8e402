"""Write what the local cloud does, from its tables: `python tools/operations.py > docs/local-cloud.md`.

A test fails where the file is not what this prints.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from evolve_pulumi.local.daytona import app as daytona
from evolve_pulumi.local.daytona.bodies import CREATE_FIELDS as DAYTONA_FIELDS
from evolve_pulumi.local.e2b import app as e2b
from evolve_pulumi.local.e2b.bodies import CREATE_FIELDS as E2B_FIELDS
from evolve_pulumi.local.operations import Operation, Status, operations

INTRODUCTION = """\
<!-- Written by tools/operations.py from the tables in the code; `make docs` writes it anew. -->

# The local cloud

`evolve-pulumi local up` starts a server on 127.0.0.1 that speaks a vendor's own API, so that the vendor's unmodified
SDK works with it. Its sandboxes are real processes with files of their own, its preview URLs real HTTP and WebSockets.

- **Isolation.** Sandboxes run behind bubblewrap: a root folder, processes and a network of their own, and no way out
  but through preview URLs and the API. Where bubblewrap cannot run, they are plain processes of this machine, and
  `evolve-pulumi local status` says so.
- **Programs** come from this machine's `/usr`. There is no registry: what sandboxes are made from is the built-in
  `daytona-small` (class `container`), `daytona-vm-small` (class `linux-vm`, which can pause), and snapshots built here.
  Git, Python and Node are this machine's, too: what it has not, fails as it would where it is not installed.
- **Builds** run the instructions of a Dockerfile for real, in a sandbox of their own without network: `FROM
  evolve/local:1` or `daytona-small`, which are the one image there is, then `RUN`, `COPY` of a heredoc, `ENV`, `ARG`,
  `WORKDIR`, `ENTRYPOINT` and `CMD`; `LABEL` and `EXPOSE` do nothing, nor does `USER`, which takes `daytona` or `root`:
  all files belong to one user, so no package manager works. Anything else fails the build, which says in which line.
  The same text is built once, two builds run at a time, none longer than an hour. One that the server's end interrupts
  has failed. The entrypoint runs at each start, in a session `entrypoint`.
- **Sizes** (cores, memory, disk) are kept, answered and counted against quotas; nothing is held to them.
- **Networks.** A sandbox reaches its own loopback and nothing else, whatever its network settings say.
- **Files** go up and down in pieces, whatever their size, also by URLs that the SDK signs, which expire by the server's
  clock. Listings and findings that are larger than 64 MiB are refused.
- **Interpreters** keep their state until they, their sandbox or the server end. Code that takes too long is interrupted
  and leaves the state as it is; code that heeds no interrupt is killed two seconds later, with its interpreter.
- **Time.** Sandboxes stop, pause, are archived and deleted by the server's clock, which a test may move forward.

## To control it

Requests with the API key as a bearer token; `evolve-pulumi local status --json` tells the URL.

- `GET /local/status`: what is running, and how isolated.
- `POST /local/reset`: destroys everything, and forgets faults, limits and calls.
- `GET /local/calls`: the calls of the vendors' APIs so far, with method, path and status (0: cut off). `DELETE` forgets
  them.
- `POST /local/faults`: disturbs the calls whose `method` and `path`, a regular expression, match: `delay_seconds`;
  `status` with `body` and `headers`; `drop`, `before` or `after` the operation; `times`. `DELETE` removes all faults.
- `GET /local/clock`: the time. `POST` with `advance_seconds` moves it forward and does what becomes due on the way.
- `PUT /local/limits`: quotas in `total` (`cpu`, `memory_gib`, `disk_gib`, `running` sandboxes, `snapshots`,
  `volumes`) and for each `sandbox` (`cpu`, `memory_gib`, `disk_gib`); `rates` of `general`, `sandbox-create` and
  `sandbox-lifecycle`, which is Daytona's alone, each with `calls` and `seconds`. `DELETE` removes them.

In the tables that follow, `works` does what the vendor does; `accepted, no effect` is kept and answered; `501` is
refused with the operation's name.
"""
DAYTONA = "## Daytona's API"
DAYTONA_APIS = {"control": "Control plane", "toolbox": "Toolbox, inside a sandbox"}
E2B = """\
## E2B's API

`evolve-pulumi local env` prints what points the SDK here; `E2B_DEBUG` must not be set. Hosts of ports end in
`localhost:<port>`: browsers and curl know where that is, other programs send it as `Host` to 127.0.0.1.

- **Templates.** The built-in `base` has this machine's programs, and the user `user`. Others are built for real, in a
  sandbox of their own without network: from `e2bdev/base`, which is the same, or from another template; any other image
  fails the build. All files belong to one user, whom steps may call `user` or `root`, so no package manager works.
  Archives are opened in there alone; the mode of a `COPY` is that of files, not of folders. The same steps are built
  once, unless they are forced. The start command runs anew in every sandbox, which is there when the ready command ends
  well, or after 10 seconds. Names have the namespace `local`.
- **Volumes** are there and gone at once, mounted or not. Links in them lead through the volume and never out of it.
- **Times.** A sandbox runs for 24 hours at most, then it is killed or pauses, as it was asked to.
- **Pauses.** The processes of a paused sandbox stand still, and go on where they were. When the server ends, they end:
  the sandbox stays paused with its files alone. A request to one of its ports wakes it where that was asked for.
- **Idempotency.** What E2B does about a key whose sandbox is gone is unknown; here a new one is made.
"""
E2B_APIS = {"control": "Control plane", "envd": "envd, inside a sandbox", "volumes": "Content of volumes"}


def main() -> None:
    """Print the whole document."""
    sections = [INTRODUCTION, DAYTONA, *_apis(daytona.OPERATIONS, DAYTONA_APIS), _fields(DAYTONA_FIELDS)]
    sections += [E2B, *_apis(e2b.OPERATIONS, E2B_APIS), _fields(E2B_FIELDS)]
    print("\n\n".join(section.rstrip("\n") for section in sections))


def _apis(table: Path, titles: dict[str, str]) -> Iterator[str]:
    rows = operations(table)
    for api, title in titles.items():
        yield "\n".join(_operations([row for row in rows if row.api == api], title))


def _operations(rows: Sequence[Operation], title: str) -> Iterator[str]:
    """One API: first what is there, then, in one paragraph, what is not."""
    yield f"### {title}\n"
    yield "| operation | request | here | |"
    yield "|---|---|---|---|"
    for row in rows:
        if row.status != Status.ABSENT:
            yield f"| `{row.operation}` | `{row.method} {row.path}` | {row.status} | {row.note} |"
    absent = sorted(row.operation for row in rows if row.status == Status.ABSENT)
    yield f"\n{len(absent)} answer 501: " + ", ".join(f"`{name}`" for name in absent) + "."


def _fields(statuses: dict[str, Status]) -> str:
    heading = ["### Fields of a new sandbox", "", "| field | here |", "|---|---|"]
    return "\n".join([*heading, *(f"| `{field}` | {status} |" for field, status in statuses.items())])


if __name__ == "__main__":
    main()
