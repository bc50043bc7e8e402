"""What is said on a pull request, in GitHub's Markdown.

Text of others, such as the end of a log, stands in fences alone: there it is no Markdown, no HTML, and mentions nobody.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Those of terminals, and those with which text is shown in another order than it is in."""
FENCES = re.compile(r"`{3,}")
MOST = 15_000
"""Characters of each part; GitHub takes 65,536 of a comment."""
SECRET_CHARACTERS = 4
"""Lines of a secret that are shorter are in too much else."""


@dataclass(frozen=True)
class Report:
    """What a command says about a pull request's environment.

    Args:
        project: The environment's project.
        headline: A sentence of ours, in Markdown.
        reason: Of a failure: errors with the ends of logs, as they came.
        summary: What is there, in Markdown of ours.
        changes: What was done, a line each.
        job_url: The page of the job that did it.
    """

    project: str
    headline: str
    reason: str = ""
    summary: str = ""
    changes: Sequence[str] = ()
    job_url: str | None = None

    @property
    def marker(self) -> str:
        """What a comment about this environment begins with; not seen by readers."""
        return f"<!-- evolve-pulumi: {self.project} -->"

    @property
    def markdown(self) -> str:
        """All of it."""
        return "\n\n".join(part for part in self._parts() if part)

    def _parts(self) -> Iterator[str]:
        yield f"{self.marker}\n### Preview of {self.project}"
        yield self.headline
        if self.reason:
            yield fenced(self.reason)
        if self.reason and self.summary:
            yield "What was there before:"
        yield shortened(self.summary)
        if self.changes:
            lines = fenced("\n".join(self.changes), "diff")
            yield f"<details><summary>What changed</summary>\n\n{lines}\n\n</details>"
        if self.job_url:
            yield f"[The run]({self.job_url})"


def fenced(text: str, language: str = "text") -> str:
    """A text that is shown as it is, whatever is in it; without the middle where it is long."""
    shown = shortened(_printable(text))
    fence = "`" * max([3, *(len(found) + 1 for found in FENCES.findall(shown))])
    return f"{fence}{language}\n{shown}\n{fence}"


def shortened(text: str) -> str:
    """The beginning, which says what it is about, and the end, which says how it ended."""
    if len(text) <= MOST:
        return text
    begin, end = MOST // 4, MOST // 2
    return f"{text[:begin]}\n… {len(text) - begin - end} characters are left out …\n{text[-end:]}"


def without(secrets: Iterable[str], text: str) -> str:
    """A text in which secrets are not to be read."""
    parts = {part for secret in secrets for part in (secret.strip(), *map(str.strip, secret.splitlines()))}
    for part in sorted((part for part in parts if len(part) >= SECRET_CHARACTERS), key=len, reverse=True):
        text = text.replace(part, "***")
    return text


def _printable(text: str) -> str:
    text = ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return CONTROLS.sub("", text).encode(errors="replace").decode().strip("\n")
