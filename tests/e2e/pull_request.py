"""A pull request that is played: a real Git repository, and what GitHub tells its jobs."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.cloud import Cloud
from tests.e2e.evolve_command import Answer, Environments
from tests.github import REPOSITORY, TOKEN, GitHub

DEFINITION = """
name: shop
sources:
  app: {git: ., path: app}
setup:
  build: {command: mkdir -p out && cp app/page.html out/index.html}
services:
  web:
    command: exec python3 -m http.server 3000
    port: 3000
    working_directory: out
    health: {path: /}
    public: true
lifetime: 2h
"""


def git(folder: Path, *arguments: str) -> str:
    """What Git prints."""
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    return subprocess.check_output(["git", "-C", str(folder), *who, *arguments], text=True).strip()


class Repository:
    """What is at GitHub: a base branch, and a branch for each pull request."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        git(folder, "init", "--quiet", "--initial-branch", "main")
        # As at GitHub, any commit can be asked for.
        git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
        self.commit({"evolve.yaml": DEFINITION, "page.html": "base"})

    def commit(self, files: dict[str, str | None], branch: str = "main") -> str:
        """The new commit of a branch, which begins at main; None takes a file away."""
        if branch != "main":
            known = git(self.folder, "branch", "--list", branch)
            git(self.folder, "checkout", "--quiet", *([] if known else ["-b"]), branch)
        for name, text in files.items():
            file = self.folder / name
            file.unlink(missing_ok=True) if text is None else file.write_text(text)
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", f"{branch} changes")
        sha = git(self.folder, "rev-parse", "HEAD")
        if branch != "main":
            git(self.folder, "checkout", "--quiet", "main")
        return sha

    def head(self, branch: str) -> str:
        """The last commit of a branch."""
        return git(self.folder, "rev-parse", branch)


class PullRequest:
    """One pull request, and the jobs that run for it, each on a runner that is as good as new."""

    def __init__(self, number: int, repository: Repository, github: GitHub, folder: Path, cloud: Cloud) -> None:
        self.number = number
        self.branch = f"change-{number}"
        self.repository = repository
        self.github = github
        self.head_repository: str | None = REPOSITORY
        self.arguments: tuple[str, ...] = ()
        self.environments = Environments(folder, cloud)
        self._folder = folder / f"runner-{number}"
        self._folder.mkdir()
        self._jobs = 0
        self.summary = self._folder / "summary"
        self.outputs = self._folder / "outputs"
        self.environments.env |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": github.url,
            "GITHUB_EVENT_PATH": str(self._folder / "event.json"),
            "GITHUB_OUTPUT": str(self.outputs),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "77",
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_TOKEN": TOKEN,
            "RUNNER_ENVIRONMENT": "self-hosted",
        }

    def push(self, files: dict[str, str | None]) -> str:
        """Commit to its branch."""
        return self.repository.commit(files, self.branch)

    def happens(self, action: str, label: str | None = None) -> Path:
        """What GitHub does when something happens: the event, and the head checked out. The definition's path."""
        if action == "labeled" and label:
            self.github.labels.setdefault(self.number, set()).add(label)
        event: dict[str, Any] = {
            "action": action,
            "number": self.number,
            "pull_request": {
                "number": self.number,
                "head": {
                    "ref": self.branch,
                    "sha": self.repository.head(self.branch),
                    "repo": self.head_repository and {"full_name": self.head_repository},
                },
                "base": {
                    "ref": "main",
                    "sha": self.repository.head("main"),
                    "repo": {"full_name": REPOSITORY},
                },
                "labels": [{"name": name} for name in sorted(self.github.labels.get(self.number, set()))],
                "user": {"login": "author"},
            },
            "repository": {"full_name": REPOSITORY},
        }
        if label:
            event["label"] = {"name": label}
        Path(self.environments.env["GITHUB_EVENT_PATH"]).write_text(json.dumps(event))
        return self._check_out()

    def run(self, action: str, *arguments: str, label: str | None = None) -> Answer:
        """The job that an event starts."""
        verb = "close" if action == "closed" else "up"
        definition = self.happens(action, label)
        more = self.arguments if verb == "up" else ()
        return self.environments.run("pr", verb, str(definition), *more, *arguments)

    def comments(self) -> list[str]:
        """Those that are ours."""
        return [body for body in self.github.bodies(self.number) if body.startswith("<!-- evolve-pulumi: ")]

    def output(self, name: str) -> str:
        """The value that the last job set."""
        lines = self.outputs.read_text().splitlines()
        found = [index for index, line in enumerate(lines) if line.startswith(f"{name}<<")]
        return lines[found[-1] + 1]

    def _check_out(self) -> Path:
        """Without the base branch's commit, as `actions/checkout` does by default."""
        self._jobs += 1
        clone = self._folder / f"job-{self._jobs}" / "shop"
        where = ("clone", "--quiet", "--depth=1", "--branch", self.branch, self.repository.folder.as_uri(), str(clone))
        git(self._folder, *where)
        git(clone, "checkout", "--quiet", "--detach")
        return clone / "evolve.yaml"
