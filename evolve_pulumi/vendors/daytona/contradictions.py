"""Declared values that Daytona refuses together; what no entry of the table can say."""

from collections.abc import Iterator

from evolve_pulumi.schema import Values


def contradictions(declared: Values) -> Iterator[tuple[str, str]]:
    """The path of a value that contradicts another, and why; values are by attribute name, known ones only."""
    if declared.get("auto_stop_minutes") and declared.get("auto_pause_minutes"):
        yield "daytona.auto_pause_minutes", "goes only without auto_stop_minutes: set one of the two to 0"
    if declared.get("auto_pause_minutes") and declared.get("auto_delete_minutes") == 0:
        yield "daytona.auto_pause_minutes", "goes only without auto_delete_minutes=0, which deletes at the stop"
    if declared.get("network_block_all"):
        for other in ("network_allow_list", "domain_allow_list"):
            if declared.get(other):
                yield f"daytona.{other}", "goes only without network_block_all"
