"""What the local cloud refuses, each kind with one sentence; a vendor's file gives it the vendor's words.

CloudError
  AbsentError
  NotFoundError
  NameTakenError
  BusyError
  WrongStateError
  NotRunningError
  CannotPauseError
  SizeRefusedError
  QuotaExceededError
  LaunchFailedError
  StuckError
  BuildFailedError
    FailedCommandError
  SnapshotNameTakenError
  SnapshotNotActiveError
  SnapshotProtectedError
  TemplateInUseError
  VolumeNameTakenError
  VolumeNotReadyError
  VolumeInUseError
  CommandTimeoutError
  CommandEndedError
  InterpreterEndedError
  GitError
  SessionExistsError
  SessionEndedError
"""

from enum import StrEnum


class CloudError(Exception):
    """A request the cloud refuses; each kind says why in one sentence."""


class AbsentError(CloudError):
    """The local cloud has no such operation."""


class NotFoundError(CloudError):
    """There is no such thing."""


class NameTakenError(CloudError):
    """Another sandbox has the name."""


class BusyError(CloudError):
    """The sandbox is on its way to another state."""


class WrongStateError(CloudError):
    """The operation does not fit the state the sandbox is in."""


class NotRunningError(CloudError):
    """The sandbox has to be started for this."""


class CannotPauseError(CloudError):
    """The sandbox is of a kind that cannot pause."""


class SizeRefusedError(CloudError):
    """The sandbox cannot get the size that is asked for."""


class QuotaExceededError(CloudError):
    """A quota, by name, leaves no room for what is asked; `sandbox` is true for one of each single sandbox."""

    def __init__(self, quota: str, most: int, asked: int, *, sandbox: bool = False) -> None:
        super().__init__(f"The quota of {most} {quota} leaves no room for {asked}")
        self.quota, self.most, self.asked, self.sandbox = quota, most, asked, sandbox


class LaunchFailedError(CloudError):
    """The sandbox did not start; the record stays, in state error."""


class StuckError(CloudError):
    """The sandbox's processes or files could not be removed; the record stays, in state error."""


class BuildFailedError(CloudError):
    """An image could not be built; says which instruction failed, and why, and which step that was where it counts."""

    def __init__(self, reason: str, step: str | None = None) -> None:
        super().__init__(reason)
        self.step = step


class FailedCommandError(BuildFailedError):
    """A command of a build failed; `output` is the end of what it wrote."""

    def __init__(self, code: int, output: str) -> None:
        super().__init__(f"exit code {code}")
        self.code, self.output = code, output


class SnapshotNameTakenError(CloudError):
    """Another snapshot has the name."""


class SnapshotNotActiveError(CloudError):
    """The snapshot is being built, failed, or was deactivated."""


class SnapshotProtectedError(CloudError):
    """The snapshot is built in."""


class TemplateInUseError(CloudError):
    """Sandboxes were made from the template."""


class VolumeNameTakenError(CloudError):
    """Another volume has the name."""


class VolumeNotReadyError(CloudError):
    """The volume is being made or removed."""


class VolumeInUseError(CloudError):
    """A sandbox mounts the volume."""


class CommandTimeoutError(CloudError):
    """A command took longer than it was given, and was killed."""


class InterpreterEndedError(CloudError):
    """The interpreter's process ended while code was running."""


class GitProblem(StrEnum):
    """What Git can stumble over, as far as its words tell."""

    AUTH_FAILED = "auth_failed"
    REPO_NOT_FOUND = "repo_not_found"
    BRANCH_NOT_FOUND = "branch_not_found"
    BRANCH_EXISTS = "branch_exists"
    PUSH_REJECTED = "push_rejected"
    REMOTE_REJECTED = "remote_rejected"
    DIRTY_WORKTREE = "dirty_worktree"
    MERGE_CONFLICT = "merge_conflict"
    TRANSPORT_FAILED = "transport_failed"


class GitError(CloudError):
    """Git failed, and said why; `problem` is None where its words say nothing that is known."""

    def __init__(self, words: str, problem: GitProblem | None) -> None:
        super().__init__(words)
        self.problem = problem


class CommandEndedError(CloudError):
    """The command has ended, so it takes no more input."""


class SessionExistsError(CloudError):
    """There is a session of that name."""


class SessionEndedError(CloudError):
    """The session's shell has ended, so it takes no more commands."""
