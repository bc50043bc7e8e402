"""The vendors, one folder each, behind the protocols of `base`.

Only a vendor's own folder imports its SDK, and only when a call to the vendor is due. This module is the one place
that names the vendors.
"""

import threading

from evolve_pulumi.errors import ConfigurationError
from evolve_pulumi.models.managed import Connection
from evolve_pulumi.vendors import daytona, e2b
from evolve_pulumi.vendors.base import Account, Opener, Vendor
from evolve_pulumi.vendors.settings import Settings

VENDORS: dict[str, Vendor] = {"daytona": daytona, "e2b": e2b}
DEFAULT_BACKEND = "daytona"


def vendor(backend: str) -> Vendor:
    """The vendor of that name."""
    try:
        return VENDORS[backend]
    except KeyError:
        raise ConfigurationError(
            f"there is no backend {backend!r}", remedy=f"Set evolve:backend to one of: {', '.join(VENDORS)}."
        ) from None


def connect(settings: Settings, backend: str | None = None) -> Connection:
    """The place that the settings choose for new resources, at a vendor or at the one that they choose."""
    return vendor(backend or settings.get("backend") or DEFAULT_BACKEND).connection(settings)


def backend_of(settings: Settings) -> str:
    """The vendor where none is named: the one that there is a key for."""
    if settings.flag("local"):
        return DEFAULT_BACKEND
    having = [name for name, each in VENDORS.items() if each.keys.configured(settings)]
    if len(having) == 1:
        return having[0]
    variables = " or ".join(each.keys.variable for each in VENDORS.values())
    raise ConfigurationError(
        f"there are keys for {' and '.join(having)}" if having else f"neither {variables} is set",
        remedy="Name the one: " + " or ".join(repr(name) for name in VENDORS)
        if having
        else f'Set {variables}; for the local cloud: eval "$(evolve-pulumi local env)".',
    )


def accounts(settings: Settings) -> Opener:
    """A function that opens each place once, however many threads ask for it."""
    opened: dict[tuple[tuple[str, object], ...], Account] = {}
    lock = threading.Lock()

    def open_account(connection: Connection) -> Account:
        key = tuple(sorted(connection.items()))
        with lock:
            if key not in opened:
                at = vendor(connection.get("backend", ""))
                opened[key] = at.open(connection, at.credentials(settings, connection))
            return opened[key]

    return open_account
