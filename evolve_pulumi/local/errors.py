"""What the local cloud refuses, each kind with one sentence; a vendor's file gives it the vendor's words.

CloudError
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
  SnapshotNameTakenError
  SnapshotNotActiveError
  SnapshotProtectedError
  VolumeNameTakenError
  VolumeNotReadyError
  VolumeInUseError
  CommandTimeoutError
  InterpreterEndedError
  SessionExistsError
  SessionEndedError
"""


class CloudError(Exception):
    """A request the cloud refuses; each kind says why in one sentence."""


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
    """An image could not be built; says which instruction failed, and why."""


class SnapshotNameTakenError(CloudError):
    """Another snapshot has the name."""


class SnapshotNotActiveError(CloudError):
    """The snapshot is being built, failed, or was deactivated."""


class SnapshotProtectedError(CloudError):
    """The snapshot is built in."""


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


class SessionExistsError(CloudError):
    """There is a session of that name."""


class SessionEndedError(CloudError):
    """The session's shell has ended, so it takes no more commands."""
