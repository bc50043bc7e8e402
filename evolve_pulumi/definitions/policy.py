"""What a definition may ask for. It is said by whoever runs it, never by the definition: that may be a stranger's."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ConfigDict
from typing_extensions import TypedDict

from evolve_pulumi.definitions import checking, tree
from evolve_pulumi.models.sandbox import VariableName

NEVER = ("DAYTONA_", "E2B_", "PULUMI_", "EVOLVE_")
"""What begins the names that no policy can give away: the vendors' keys, the state's passphrase."""


class Policy(TypedDict, total=False):
    """What a definition may use. Without it, none of this."""

    __pydantic_config__ = ConfigDict(  # pyright: ignore[reportGeneralTypeIssues]
        extra="forbid", use_attribute_docstrings=True
    )

    env: Sequence[VariableName]
    """Environment variables of the command, as `${{ env.NAME }}`."""
    repositories: Sequence[str]
    """URLs of Git repositories that may be fetched with this machine's credentials."""
    secrets: Sequence[VariableName]
    """Environment variables of the command whose values are secret, as `${{ secrets.NAME }}`."""


def read(file: Path | None) -> Policy:
    """Read a policy file; raises FileError, or ConfigurationError where there is none. No file allows nothing."""
    return parse(checking.text_of(file), str(file)) if file else Policy()


def parse(text: str, file: str) -> Policy:
    """Read a policy; raises FileError, which names the file."""
    found = tree.parse(text, file)
    return checking.checked(Policy, found, found.value, file, _contradictions)


def is_never_given(name: str) -> bool:
    """Whether no policy can give it away."""
    return name.upper().startswith(NEVER)


def _contradictions(policy: Policy) -> checking.Contradictions:
    for key in ("env", "secrets"):
        for index, name in enumerate(policy.get(key, [])):
            if is_never_given(name):
                yield (key, index), f"{name} is never given to a definition"
