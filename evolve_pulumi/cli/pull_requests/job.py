"""The job that a command runs in: where it reports to."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evolve_pulumi.errors import ConfigurationError


@dataclass(frozen=True)
class Job:
    """A job of a GitHub workflow, by its environment."""

    environ: Mapping[str, str]

    @property
    def token(self) -> str:
        """What its calls to GitHub are allowed with; raises ConfigurationError where there is none."""
        token = self.environ.get("GITHUB_TOKEN")
        if not token:
            raise ConfigurationError(
                "GITHUB_TOKEN is not set", remedy="Give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`."
            )
        return token

    @property
    def api_url(self) -> str:
        """Where GitHub's API is."""
        return self.environ.get("GITHUB_API_URL", "https://api.github.com")

    @property
    def server_url(self) -> str:
        """Where GitHub's pages are."""
        return self.environ.get("GITHUB_SERVER_URL", "https://github.com")

    @property
    def url(self) -> str | None:
        """Its own page, where its number is known."""
        repository, run = self.environ.get("GITHUB_REPOSITORY"), self.environ.get("GITHUB_RUN_ID")
        return f"{self.server_url}/{repository}/actions/runs/{run}" if repository and run else None

    def check_state(self) -> None:
        """Raise ConfigurationError where what is made would be forgotten with the runner."""
        named = self.environ.get("PULUMI_BACKEND_URL") or self.environ.get("PULUMI_ACCESS_TOKEN")
        if self.environ.get("RUNNER_ENVIRONMENT") == "github-hosted" and not named:
            raise ConfigurationError(
                "the states would be gone with this runner", remedy="Set PULUMI_BACKEND_URL or PULUMI_ACCESS_TOKEN."
            )

    def summarise(self, markdown: str) -> None:
        """Add to its summary."""
        self._append("GITHUB_STEP_SUMMARY", f"{markdown}\n")

    def output(self, values: Mapping[str, str]) -> None:
        """Set outputs of its step."""
        end = f"end-{secrets.token_hex(16)}"
        self._append("GITHUB_OUTPUT", "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in values.items()))

    def _append(self, variable: str, text: str) -> None:
        if file := self.environ.get(variable):
            with Path(file).open("a", encoding="utf-8") as opened:
                opened.write(text)
