"""Git in the toolbox: one short method per operation, under its name in the table."""

from typing import Any

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.daytona.errors import DaytonaError
from evolve_pulumi.local.daytona.git_bodies import (
    BranchBody,
    CheckoutBody,
    CloneBody,
    CommitBody,
    ConfigBody,
    CredentialsBody,
    FilesBody,
    InitBody,
    RemoteBody,
    ResetBody,
    RestoreBody,
    ScopeBody,
    TransferBody,
    UserBody,
)
from evolve_pulumi.local.daytona.inside import Inside, required
from evolve_pulumi.local.git import Change, Git, Status

STATUSES = {
    ".": "Unmodified",
    "?": "Untracked",
    "M": "Modified",
    "T": "Modified",
    "A": "Added",
    "D": "Deleted",
    "R": "Renamed",
    "C": "Copied",
    "U": "Updated but unmerged",
}
"""Daytona's words for Git's letters."""
NO_BRANCH = "HEAD"
COMMIT_FIELDS = ("hash", "author", "email", "timestamp", "message")
COMMIT_FORMAT = "%H%x00%an%x00%ae%x00%aI%x00%B%x00"


class Repositories(Inside):
    """Git repositories in a sandbox, as Daytona's API sees them."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._git = Git(cloud)

    async def clone_repository(self, request: web.Request) -> web.Response:
        """Clone a repository, of which a commit may be checked out by itself."""
        body = CloneBody.model_validate(await request.json())
        options = [*_given("--branch", body.branch), *_given("--depth", body.depth)]
        env = {"GIT_SSL_NO_VERIFY": "1"} if body.insecure_skip_tls else {}
        sandbox, login = self._sandbox(request), body.login()
        await self._git.run(sandbox, "clone", *options, "--", body.url, body.path, login=login, env=env)
        if body.commit_id:
            await self._git.run(sandbox, "-C", body.path, "checkout", "--detach", body.commit_id, "--")
        return web.Response()

    async def init_repository(self, request: web.Request) -> web.Response:
        """Make a repository."""
        body = InitBody.model_validate(await request.json())
        options = [*_flag("--bare", body.bare), *_given("--initial-branch", body.initial_branch)]
        await self._git.run(self._sandbox(request), "init", *options, "--", body.path)
        return web.Response(status=201)

    async def get_status(self, request: web.Request) -> web.Response:
        """What has changed."""
        return web.json_response(_status(await self._git.status(self._sandbox(request), required(request, "path"))))

    async def get_commit_history(self, request: web.Request) -> web.Response:
        """The commits of what is checked out, the last one first."""
        fields = (await self._in(request, required(request, "path"), "log", f"--format={COMMIT_FORMAT}")).split("\0")
        width = len(COMMIT_FIELDS)
        found = [fields[start : start + width] for start in range(0, len(fields) - 1, width)]
        return web.json_response(
            [dict(zip(COMMIT_FIELDS, map(str.strip, commit), strict=True)) for commit in found],
        )

    async def list_branches(self, request: web.Request) -> web.Response:
        """All branches, and the one that is checked out."""
        path = required(request, "path")
        names = await self._in(request, path, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads")
        current = await self._in(request, path, "branch", "--show-current")
        return web.json_response({"branches": names.splitlines(), "current": current.strip()})

    async def create_branch(self, request: web.Request) -> web.Response:
        """Make a branch and check it out."""
        body = BranchBody.model_validate(await request.json())
        await self._in(request, body.path, "checkout", "-b", body.name)
        return web.Response(status=201)

    async def delete_branch(self, request: web.Request) -> web.Response:
        """Remove a branch, merged or not."""
        body = BranchBody.model_validate(await request.json())
        await self._in(request, body.path, "branch", "-D", body.name)
        return web.Response(status=204)

    async def checkout_branch(self, request: web.Request) -> web.Response:
        """Check a branch or a commit out."""
        body = CheckoutBody.model_validate(await request.json())
        await self._in(request, body.path, "checkout", body.branch, "--")
        return web.Response()

    async def add_files(self, request: web.Request) -> web.Response:
        """Stage files."""
        body = FilesBody.model_validate(await request.json())
        await self._in(request, body.path, "add", "--", *body.files)
        return web.Response()

    async def commit_changes(self, request: web.Request) -> web.Response:
        """Commit what is staged; the author is the committer."""
        body = CommitBody.model_validate(await request.json())
        who = {"NAME": body.author, "EMAIL": body.email}
        env = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in who.items()}
        options = [f"--message={body.message}", *_flag("--allow-empty", body.allow_empty)]
        await self._git.run(self._sandbox(request), "-C", body.path, "commit", "--quiet", *options, env=env)
        return web.json_response({"hash": (await self._in(request, body.path, "rev-parse", "HEAD")).strip()})

    async def push_changes(self, request: web.Request) -> web.Response:
        """Push a branch, or the one that is checked out."""
        body = TransferBody.model_validate(await request.json())
        options = _flag("--set-upstream", body.set_upstream)
        where = [body.remote or "origin", body.branch or "HEAD"]
        await self._git.run(self._sandbox(request), "-C", body.path, "push", *options, *where, login=body.login())
        return web.Response()

    async def pull_changes(self, request: web.Request) -> web.Response:
        """Fetch a branch, or the upstream of the one that is checked out, and merge it."""
        body = TransferBody.model_validate(await request.json())
        remote = body.remote or ("origin" if body.branch else None)
        where = [word for word in (remote, body.branch) if word]
        words = ["-C", body.path, "pull", "--no-rebase", *where]
        await self._git.run(self._sandbox(request), *words, login=body.login())
        return web.Response()

    async def reset_changes(self, request: web.Request) -> web.Response:
        """Reset the current branch, or unstage files."""
        body = ResetBody.model_validate(await request.json())
        target = body.target or "HEAD"
        where = [target, "--", *body.files] if body.files else [f"--{body.mode or 'mixed'}", target, "--"]
        await self._in(request, body.path, "reset", "--quiet", *where)
        return web.Response()

    async def restore_files(self, request: web.Request) -> web.Response:
        """Restore files."""
        body = RestoreBody.model_validate(await request.json())
        options = [*_flag("--staged", body.staged), *_flag("--worktree", body.worktree)]
        await self._in(request, body.path, "restore", *options, *_given("--source", body.source), "--", *body.files)
        return web.Response()

    async def list_remotes(self, request: web.Request) -> web.Response:
        """The remote repositories that have a name, with where they are fetched from."""
        lines = (await self._in(request, required(request, "path"), "remote", "--verbose")).splitlines()
        found = [line.removesuffix(" (fetch)").split("\t", 1) for line in lines if line.endswith(" (fetch)")]
        return web.json_response({"remotes": [{"name": name, "url": url} for name, url in found]})

    async def add_remote(self, request: web.Request) -> web.Response:
        """Give a remote repository a name."""
        body = RemoteBody.model_validate(await request.json())
        if body.overwrite:
            await self._git.attempt(self._sandbox(request), "-C", body.path, "remote", "remove", body.name)
        await self._in(request, body.path, "remote", "add", *_flag("-f", body.fetch), body.name, body.url)
        return web.Response(status=201)

    async def get_git_config(self, request: web.Request) -> web.Response:
        """A setting, or null."""
        given = {name: value for name, value in request.query.items() if name in ("path", "scope", "key")}
        body = ConfigBody.model_validate({**given, "value": ""})
        finished = await self._git.attempt(self._sandbox(request), *_config(body), "--get", body.key)
        value = None if finished.code else finished.output.decode(errors="replace").removesuffix("\n")
        return web.json_response({"value": value})

    async def set_git_config(self, request: web.Request) -> web.Response:
        """Change a setting."""
        body = ConfigBody.model_validate(await request.json())
        await self._git.run(self._sandbox(request), *_config(body), body.key, body.value)
        return web.Response()

    async def configure_user(self, request: web.Request) -> web.Response:
        """Set who commits."""
        body = UserBody.model_validate(await request.json())
        for key, value in {"user.name": body.name, "user.email": body.email}.items():
            await self._git.run(self._sandbox(request), *_config(body), key, value)
        return web.Response()

    async def authenticate(self, request: web.Request) -> web.Response:
        """Keep a name and a password for a host in the user's home, readable as Git keeps them."""
        body = CredentialsBody.model_validate(await request.json())
        sandbox = self._sandbox(request)
        told = {
            "protocol": body.protocol or "https",
            "host": body.host or "github.com",
            "username": body.username or "",
            "password": body.password or "",
        }
        lines = "".join(f"{name}={value}\n" for name, value in told.items())
        await self._git.run(sandbox, "config", "--global", "credential.helper", "store")
        await self._git.run(sandbox, "credential", "approve", given=lines.encode())
        return web.Response()

    async def _in(self, request: web.Request, path: str, *arguments: str) -> str:
        """Run Git on the repository at a path."""
        return await self._git.run(self._sandbox(request), "-C", path, *arguments)


def _config(body: ScopeBody) -> list[str]:
    scope = body.scope or "global"
    if scope == "local" and not body.path:
        raise DaytonaError(400, "path is required for scope local")
    return [*(["-C", body.path] if scope == "local" else []), "config", f"--{scope}"]


def _given(option: str, value: str | int | None) -> list[str]:
    """An option with its value, where there is one."""
    return [] if value is None else [option, str(value)]


def _flag(option: str, wanted: bool | None) -> list[str]:
    return [option] if wanted else []


def _status(status: Status) -> dict[str, Any]:
    return {
        "currentBranch": status.branch or NO_BRANCH,
        "detached": status.branch is None,
        "branchPublished": status.upstream is not None,
        "upstream": status.upstream or "",
        "ahead": status.ahead,
        "behind": status.behind,
        "fileStatus": [_file(change) for change in status.changes],
    }


def _file(change: Change) -> dict[str, str]:
    return {
        "name": change.path,
        "staging": STATUSES[change.index],
        "worktree": STATUSES[change.worktree],
        "extra": change.before,
    }
