"""The arguments of a Git repository in a sandbox."""

from typing import Annotated, Required

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from evolve_pulumi.models.files import FolderPath
from evolve_pulumi.models.managed import Placed, Timeouts
from evolve_pulumi.schema import Attribute, Input, Wire

MOVED = Wire(by="move")
NOTED = Wire(once=True)


class GitRepositoryState(TypedDict, total=False):
    """What is declared of every repository without saying so."""

    source_folder: Annotated[str, Attribute(every=Wire(kept=True))]
    """Where a local `source` is on the machine of the program; another place is no change."""
    commit: Annotated[str, Attribute(every=MOVED)]
    """What `ref` is, as the program runs; empty while there is none."""
    clean: Annotated[bool, Attribute(default=True, every=MOVED)]
    """Whether its files are as committed, where that is enforced."""


class GitRepositoryArgs(Placed, total=False):
    """Arguments of `GitRepository`."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # pyright: ignore[reportGeneralTypeIssues]

    sandbox_id: Required[Annotated[Input[str], Field(min_length=1), Attribute(every=Wire())]]
    """The sandbox it is in: pass the sandbox's `id`."""

    path: Required[Annotated[Input[FolderPath], Attribute(every=Wire())]]
    """The folder of its working tree, absolute or from the home of the sandbox's user on. It is made, and must be empty
    where it is there."""

    source: Required[Annotated[str, Field(min_length=1), Attribute(every=NOTED)]]
    """A local clone, by a path on the machine of the program, or a URL that this machine reaches with its own Git
    credentials. What is committed there is sent; the sandbox needs no network and gets no credentials."""

    ref: Annotated[str, Field(min_length=1), Attribute(default="HEAD")]
    """A branch, a tag or a commit of `source`. What it means is looked up whenever the program runs, so that a branch
    that moved shows as a change of `commit`."""

    clone_inside: Annotated[bool, Attribute(default=False, every=NOTED)]
    """Whether Git fetches from `source` inside the sandbox instead, where it has no credentials. Where only the sandbox
    reaches it, `ref` must be a commit's full hash."""

    force: Annotated[Input[bool], Attribute(default=False, every=NOTED)]
    """Whether the working tree is kept as it is committed: changes and commits made inside count as differences, and
    are thrown away by `up`. Without it they are left alone, and a move to another commit is refused as long as it would
    lose them."""

    timeouts: Annotated[Input[Timeouts], Attribute(default={})]
    """How long operations may take."""
