"""The bodies of Git's part of the toolbox, which are spelled with underscores."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from evolve_pulumi.local.git import Login

Name = Annotated[StrictStr, Field(pattern=r"^[^-]")]
"""Of a branch, a revision or a remote: what Git would take for an option is none."""
Word = Annotated[StrictStr, Field(pattern=r"^[^\n\x00]*$")]
"""What is told to Git in a line."""
Scope = Literal["global", "local", "system"]


class GitBody(BaseModel):
    """A body about the repository at a path."""

    # It may hold a password.
    model_config = ConfigDict(hide_input_in_errors=True)

    path: StrictStr = Field(min_length=1)


class LoginBody(GitBody):
    """What goes to a remote repository, perhaps with a name and a password."""

    username: Word | None = None
    password: Word | None = None

    def login(self) -> Login | None:
        """Who to be there."""
        return Login(self.username or "", self.password or "") if self.username or self.password else None


class CloneBody(LoginBody):
    """A repository to be cloned to a path."""

    url: StrictStr
    branch: Name | None = None
    commit_id: Name | None = None
    depth: StrictInt | None = Field(default=None, ge=1)
    insecure_skip_tls: StrictBool | None = None


class TransferBody(LoginBody):
    """A branch to be pushed or pulled."""

    branch: Name | None = None
    remote: Name | None = None
    set_upstream: StrictBool | None = None


class FilesBody(GitBody):
    """Files of a repository."""

    files: list[StrictStr]


class CommitBody(GitBody):
    """A commit to be made of what is staged."""

    message: StrictStr
    author: StrictStr
    email: StrictStr
    allow_empty: StrictBool | None = None


class BranchBody(GitBody):
    """A branch, by name."""

    name: Name


class CheckoutBody(GitBody):
    """A branch or a commit to be checked out."""

    branch: Name


class InitBody(GitBody):
    """A repository to be made."""

    bare: StrictBool | None = None
    initial_branch: Name | None = None


class ResetBody(GitBody):
    """Where the current branch is to be reset to, or the files that are to be unstaged."""

    mode: Literal["soft", "mixed", "hard", "merge", "keep"] | None = None
    target: Name | None = None
    files: list[StrictStr] | None = None


class RestoreBody(FilesBody):
    """Files to be restored, in the index or in the working tree."""

    staged: StrictBool | None = None
    worktree: StrictBool | None = None
    source: Name | None = None


class RemoteBody(GitBody):
    """A remote repository to be known under a name."""

    name: Name
    url: StrictStr
    fetch: StrictBool | None = None
    overwrite: StrictBool | None = None


class ScopeBody(GitBody):
    """Where a setting applies; a path is needed for one repository only."""

    path: StrictStr = ""
    scope: Scope | None = None


class ConfigBody(ScopeBody):
    """A setting."""

    key: Name
    value: StrictStr


class UserBody(ScopeBody):
    """Who commits."""

    name: StrictStr
    email: StrictStr


class CredentialsBody(LoginBody):
    """Who to be at a host from now on."""

    path: StrictStr = ""
    host: Word | None = None
    protocol: Word | None = None
