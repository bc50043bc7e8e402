"""Which Daytona, and with which key."""

from evolve_pulumi.models.managed import Connection
from evolve_pulumi.vendors.settings import Keys, Settings, local_cloud, no_backend

CLOUD = "https://app.daytona.io/api"
"""The SDK's default endpoint."""
KEYS = Keys("daytonaApiKey", "DAYTONA_API_KEY", "DAYTONA_API_URL")


def connection(settings: Settings) -> Connection:
    """The place for new resources: the local cloud where `evolve:local` says so, else Daytona."""
    if settings.flag("local"):
        return {"backend": "daytona", "endpoint": local_cloud().daytona_api_url}
    if not KEYS.configured(settings):
        raise no_backend()
    place: Connection = {"backend": "daytona", "endpoint": _configured_endpoint(settings)}
    if region := settings.get("daytonaTarget", "DAYTONA_TARGET"):
        place["region"] = region
    return place


def credentials(settings: Settings, connection: Connection) -> str:
    """The key for a place."""
    return KEYS.at(settings, connection.get("endpoint", ""), _configured_endpoint(settings))


def _configured_endpoint(settings: Settings) -> str:
    return (settings.get("daytonaApiUrl", "DAYTONA_API_URL") or CLOUD).rstrip("/")
