"""What somebody probably meant."""

import difflib
from collections.abc import Iterable


def closest(meant: str, known: Iterable[str]) -> str | None:
    """The known name that begins like it, or is spelled like it."""
    names = sorted(known)
    close = [name for name in names if name.startswith(meant)] or difflib.get_close_matches(meant, names, n=1)
    return close[0] if close else None
