"""Daytona's error bodies, and which of the cloud's refusals become which."""

import errno
import json
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web
from pydantic import ValidationError

from evolve_pulumi.local import errors
from evolve_pulumi.local.errors import GitProblem
from evolve_pulumi.local.guest import GuestLostError
from evolve_pulumi.local.refusals import worded

DAEMON = "DAYTONA_DAEMON"
"""Who an error comes from, when it arose inside a sandbox."""
GIT_STATUSES = {
    GitProblem.AUTH_FAILED: 401,
    GitProblem.REPO_NOT_FOUND: 404,
    GitProblem.BRANCH_NOT_FOUND: 404,
    GitProblem.BRANCH_EXISTS: 409,
    GitProblem.PUSH_REJECTED: 409,
    GitProblem.REMOTE_REJECTED: 422,
    GitProblem.DIRTY_WORKTREE: 409,
    GitProblem.MERGE_CONFLICT: 409,
    GitProblem.TRANSPORT_FAILED: 502,
}


class DaytonaError(Exception):
    """An error in Daytona's words; `code` makes the SDK raise its specific class."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code

    def body(self, request: web.Request) -> dict[str, object]:
        """The body as Daytona writes it."""
        plain: dict[str, object] = {
            "path": request.path,
            "timestamp": datetime.now(UTC).isoformat(),
            "statusCode": self.status,
            "error": HTTPStatus(self.status).phrase,
            "message": self.message,
            "method": request.method,
        }
        return {**plain, "code": self.code, "source": DAEMON} if self.code else plain


def translate(error: Exception) -> DaytonaError | None:
    """What Daytona says where the cloud refuses; None is a fault of ours."""
    match error:
        case DaytonaError():
            return error
        case errors.NotFoundError():
            return DaytonaError(404, str(error))
        case errors.NameTakenError():
            return DaytonaError(409, f"Sandbox with name {error} already exists")
        case errors.BusyError():
            return DaytonaError(409, "Sandbox state change in progress")
        case errors.NotRunningError() | GuestLostError():
            return DaytonaError(400, f"{error}. Is the Sandbox started?")
        case errors.CommandTimeoutError():
            return DaytonaError(408, str(error), "PROCESS_EXECUTION_TIMEOUT")
        case errors.VolumeInUseError():
            return DaytonaError(409, str(error))
        case errors.SnapshotNameTakenError():
            return DaytonaError(409, str(error))
        case errors.SnapshotProtectedError():
            return DaytonaError(403, str(error))
        case errors.SessionExistsError():
            return DaytonaError(409, str(error))
        case errors.CannotPauseError():
            return DaytonaError(422, f"{error}: its class is container")
        case errors.QuotaExceededError():
            return DaytonaError(400, _of_quota(error))
        case errors.CommandEndedError():
            return DaytonaError(410, str(error), "COMMAND_ALREADY_COMPLETED")
        case errors.SessionEndedError():
            return DaytonaError(410, str(error), "SESSION_ENDED")
        case errors.GitError():
            return _of_git(error)
        case errors.AbsentError():
            return DaytonaError(501, str(error))
        case errors.CloudError():
            return DaytonaError(400, str(error))
        case ValidationError():
            problems = error.errors(include_url=False, include_input=False)
            return DaytonaError(400, ", ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems))
        case json.JSONDecodeError() | UnicodeDecodeError():
            return DaytonaError(400, f"The body is not JSON: {error}")
        case OSError():
            return _from_inside(error)
        case web.HTTPException():
            return DaytonaError(error.status, f"Cannot {error.reason}")
        case _:
            return None


def _of_quota(error: errors.QuotaExceededError) -> str:
    size = {"cpu": "CPU", "memory_gib": "Memory", "disk_gib": "Disk"}.get(error.quota)
    if size is None:
        return f"{error.quota.removesuffix('s').capitalize()} quota exceeded. Maximum allowed: {error.most}"
    if error.sandbox:
        return f"{size} request {error.asked} exceeds maximum allowed per sandbox ({error.most})"
    return f"Total {size} limit exceeded. Maximum allowed: {error.most}"


def _of_git(error: errors.GitError) -> DaytonaError:
    if error.problem is None:
        return DaytonaError(400, str(error))
    return DaytonaError(GIT_STATUSES[error.problem], str(error), f"GIT_{error.problem.name}")


def _from_inside(error: OSError) -> DaytonaError:
    """An error that the system reported inside the sandbox."""
    text = error.strerror or str(error)
    match error.errno:
        case errno.ENOENT:
            return DaytonaError(404, text, "FILE_NOT_FOUND")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return DaytonaError(403, text, "FILE_ACCESS_DENIED")
        case errno.EEXIST:
            return DaytonaError(409, text)
        case errno.EISDIR | errno.ENOTDIR | errno.EINVAL | errno.ENAMETOOLONG:
            return DaytonaError(400, text, "INVALID_FILE_PATH")
        case _:
            return DaytonaError(500, text, "FILE_READ_FAILED")


def _answer(error: Exception, request: web.Request) -> web.Response | None:
    known = translate(error)
    return known and web.json_response(known.body(request), status=known.status)


in_daytonas_words = worded(_answer)
"""A middleware that answers every refusal with the body that Daytona's SDK expects."""
