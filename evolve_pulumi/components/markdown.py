"""Environments in Markdown."""

from collections.abc import Mapping
from datetime import datetime


def summary(urls: Mapping[str, str], expires_at: str | None, *, public: bool) -> str:
    """Each service with its URL, and how long they are there."""
    lines = ["| service | URL |", "|---|---|", *(f"| {name} | {url} |" for name, url in urls.items())]
    if urls and not public:
        lines += ["", "The URLs ask for a token: `evolve-pulumi open` knows it."]
    if expires_at:
        lines += ["", f"Expires {datetime.fromisoformat(expires_at):%Y-%m-%d %H:%M} UTC."]
    return "\n".join(lines if urls else ["No services.", *lines[2:]])
