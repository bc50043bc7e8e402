"""How tests reach E2B's dialect."""

from e2b import E2B

from tests.cloud import Cloud


def client_of(cloud: Cloud) -> E2B:
    """The SDK, unmodified, bound to a cloud."""
    return E2B(
        api_key=cloud.api_key, api_url=cloud.e2b_api_url, sandbox_url=cloud.e2b_sandbox_url, domain=cloud.e2b_domain
    )
