"""Which E2B, or which cloud that speaks its API, and with which key."""

from evolve_pulumi.models.managed import Connection
from evolve_pulumi.vendors.settings import Keys, Settings, local_cloud, no_backend

DOMAIN = "e2b.app"
"""The SDK's default domain."""
KEYS = Keys("e2bApiKey", "E2B_API_KEY", "E2B_API_URL")


def connection(settings: Settings) -> Connection:
    """The place for new resources: the local cloud where `evolve:local` says so, else E2B or one like it."""
    if settings.flag("local"):
        local = local_cloud()
        return {"backend": "e2b", "endpoint": local.e2b_api_url, "domain": local.e2b_domain}
    if not KEYS.configured(settings):
        raise no_backend()
    return {"backend": "e2b", "endpoint": _configured_endpoint(settings), "domain": _configured_domain(settings)}


def credentials(settings: Settings, connection: Connection) -> str:
    """The key for a place."""
    return KEYS.at(settings, connection.get("endpoint", ""), _configured_endpoint(settings))


def _configured_domain(settings: Settings) -> str:
    return settings.get("e2bDomain", "E2B_DOMAIN") or DOMAIN


def _configured_endpoint(settings: Settings) -> str:
    named = settings.get("e2bApiUrl", "E2B_API_URL")
    return (named or f"https://api.{_configured_domain(settings)}").rstrip("/")
