"""What of this machine a definition may bring into its sandbox: what is in its own repository, and no more.

A definition may be a stranger's. A path that leads out of the repository, or a link in a folder that does, would read
the runner's files; a repository elsewhere would be fetched with the runner's Git credentials.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from evolve_pulumi.definitions import tree
from evolve_pulumi.definitions.expressions import Context
from evolve_pulumi.definitions.model import Definition, SourceDefinition
from evolve_pulumi.sources import repositories


def settle(definition: Definition, folder: Path) -> None:
    """Take relative paths from the definition's folder on."""
    for source in definition.get("sources", {}).values():
        if "folder" in source:
            source["folder"] = str(folder / source["folder"])
        if "git" in source and not repositories.is_url(source["git"]):
            source["git"] = str(folder / source["git"])


def violations(definition: Definition, context: Context) -> Iterator[tuple[tree.Path, str]]:
    """Sources that a definition may not have, and why."""
    for name, source in definition.get("sources", {}).items():
        for key in ("git", "folder"):
            if key in source and (reason := _refused(key, source, context)):
                yield ("sources", name, key), reason


def _refused(key: str, source: SourceDefinition, context: Context) -> str:
    given = source.get("git", "") if key == "git" else source.get("folder", "")
    if key == "git" and repositories.is_url(given):
        if source.get("clone_inside") or given in context.policy.get("repositories", []):
            return ""
        return "is not among the repositories that the policy allows; see --policy, or set clone_inside"
    root, place = context.root, (context.folder / given).resolve()
    if not place.is_relative_to(root):
        return f"leads out of {root.name}, which the definition is in"
    if key == "folder" and (link := next(_leading_out(place, root), None)):
        return f"has a link that leads out of {root.name}: {link.relative_to(place)}"
    return ""


def _leading_out(folder: Path, root: Path) -> Iterator[Path]:
    for above, folders, files in os.walk(folder):
        for name in (*folders, *files):
            item = Path(above, name)
            if item.is_symlink() and not item.resolve().is_relative_to(root):
                yield item
