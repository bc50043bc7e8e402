"""A sandbox's labels at Daytona hold four things: its owner, the token of the call that created it, the default
labels, and the user's. What others put there, and Daytona's own language label, stay.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from evolve_pulumi.schema import Values
from evolve_pulumi.vendors.ownership import OWNER_LABELS, stamped

if TYPE_CHECKING:
    from daytona import Sandbox

LANGUAGE = "code-toolbox-language"
"""Daytona's own; its SDK cannot read a sandbox where it holds anything else."""


def replaced(current: Mapping[str, str], values: Values, recorded: Values) -> dict[str, str]:
    """All labels, with those that were declared before exchanged for those that are now."""
    kept = {name: value for name, value in current.items() if name not in stamped(recorded)}
    return kept | stamped(values)


_changing: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
"""One for each sandbox whose labels are changed."""


def change(sandbox: "Sandbox", exchanged: Callable[[dict[str, str]], Mapping[str, str]]) -> None:
    """Replace a sandbox's labels by what a function makes of those that it has now.

    Daytona replaces all at once, so changes of one sandbox wait for each other.
    """
    with _changing[sandbox.id]:
        sandbox.refresh_data()
        sandbox.set_labels(dict(exchanged(dict(sandbox.labels))))


def observed(current: Mapping[str, str], recorded: Values) -> dict[str, dict[str, str]]:
    """What has become of the labels that were declared, by attribute."""
    own = recorded.get("labels", {})
    defaults = recorded.get("default_labels", {})
    return {
        "owner": {key: current.get(label, "") for key, label in OWNER_LABELS.items()},
        "labels": {name: current[name] for name in own if name in current},
        "default_labels": {
            name: value if name in own else current[name]
            for name, value in defaults.items()
            if name in own or name in current
        },
    }
