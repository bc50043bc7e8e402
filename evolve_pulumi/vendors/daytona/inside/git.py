"""Git in a Daytona sandbox, by the toolbox's own endpoints."""

from collections.abc import Sequence

from evolve_pulumi.vendors.daytona.inside.toolbox import Toolbox
from evolve_pulumi.vendors.inside import GitStatus


class DaytonaGit:
    """The repositories of one sandbox."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox

    def clone(
        self,
        url: str,
        path: str,
        *,
        branch: str | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        """`git.clone`."""
        self._toolbox.call(lambda box: box.git.clone(url, path, branch, None, username, password))

    def status(self, path: str) -> GitStatus:
        """`git.status`."""
        found = self._toolbox.replay(lambda box: box.git.status(path))
        names = [each.name for each in found.file_status]
        return GitStatus(found.current_branch, int(found.ahead or 0), int(found.behind or 0), names)

    def branches(self, path: str) -> Sequence[str]:
        """`git.branches`."""
        return self._toolbox.replay(lambda box: box.git.branches(path)).branches

    def create_branch(self, path: str, name: str) -> None:
        """`git.create_branch`."""
        self._toolbox.call(lambda box: box.git.create_branch(path, name))

    def checkout_branch(self, path: str, name: str) -> None:
        """`git.checkout_branch`."""
        self._toolbox.call(lambda box: box.git.checkout_branch(path, name))

    def delete_branch(self, path: str, name: str) -> None:
        """`git.delete_branch`."""
        self._toolbox.call(lambda box: box.git.delete_branch(path, name))

    def add(self, path: str, files: Sequence[str]) -> None:
        """`git.add`."""
        self._toolbox.call(lambda box: box.git.add(path, [*files]))

    def commit(self, path: str, message: str, *, author: str, email: str) -> str:
        """`git.commit`."""
        return self._toolbox.call(lambda box: box.git.commit(path, message, author, email)).sha

    def push(self, path: str, *, username: str | None = None, password: str | None = None) -> None:
        """`git.push`."""
        self._toolbox.call(lambda box: box.git.push(path, username, password))

    def pull(self, path: str, *, username: str | None = None, password: str | None = None) -> None:
        """`git.pull`."""
        self._toolbox.call(lambda box: box.git.pull(path, username, password))
