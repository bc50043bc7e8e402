"""Which Daytona, and with which key."""

from evolve_pulumi import local_address
from evolve_pulumi.errors import ConfigurationError
from evolve_pulumi.models.managed import Connection
from evolve_pulumi.vendors.settings import Settings

CLOUD = "https://app.daytona.io/api"
"""The SDK's default endpoint."""


def connection(settings: Settings) -> Connection:
    """The place for new resources: the local cloud where `evolve:local` says so, else Daytona."""
    if settings.flag("local"):
        return {"backend": "daytona", "endpoint": _local_endpoint()}
    if not settings.get("daytonaApiKey", "DAYTONA_API_KEY"):
        raise ConfigurationError(
            "no sandbox backend is configured",
            remedy="Either work offline on the local cloud: `pulumi config set evolve:local true` and "
            "`evolve-pulumi local up`. Or use Daytona: set DAYTONA_API_KEY in the environment, or "
            "`pulumi config set --secret evolve:daytonaApiKey`.",
        )
    place: Connection = {"backend": "daytona", "endpoint": _configured_endpoint(settings)}
    if region := settings.get("daytonaTarget", "DAYTONA_TARGET"):
        place["region"] = region
    return place


def credentials(settings: Settings, connection: Connection) -> str:
    """The key for a place that may not be the configured one: an older resource keeps the place it was made at."""
    endpoint = connection.get("endpoint", "")
    local = local_address.read_address()
    if local and endpoint == local.daytona_api_url:
        return local.api_key
    keys = settings.mapping("daytonaApiKeys")
    if endpoint == _configured_endpoint(settings) and (key := settings.get("daytonaApiKey", "DAYTONA_API_KEY")):
        return key
    if key := keys.get(endpoint):
        return key
    raise ConfigurationError(
        f"there is no key for {endpoint}, where this resource lives",
        remedy="Point DAYTONA_API_URL and DAYTONA_API_KEY there, or, to keep several places at once, "
        f"`pulumi config set --secret --path 'evolve:daytonaApiKeys[\"{endpoint}\"]'`.",
    )


def _configured_endpoint(settings: Settings) -> str:
    return (settings.get("daytonaApiUrl", "DAYTONA_API_URL") or CLOUD).rstrip("/")


def _local_endpoint() -> str:
    if address := local_address.read_address():
        return address.daytona_api_url
    raise ConfigurationError(
        "evolve:local is set and no local cloud was ever started here",
        remedy="Start it: `evolve-pulumi local up`.",
    )
