"""A Git repository made for a test."""

import subprocess
from pathlib import Path


class Repository:
    """One in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.email", "tests@example.com")
        self.git("config", "user.name", "Tests")

    def git(self, *arguments: str) -> str:
        """What git prints."""
        done = subprocess.run(("git", "-C", str(self.folder), *arguments), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        """Commit files of one line, by name; the commit's hash."""
        for name, text in files.items():
            (self.folder / name).write_text(f"{text}\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message=a change")
        return self.git("rev-parse", "HEAD")
