"""Preview URLs, as a browser would open them."""

import httpx


def get(url: str) -> httpx.Response:
    """GET a preview URL. Its host resolves to this machine in browsers and curl, but not in every libc."""
    parsed = httpx.URL(url)
    here = parsed.copy_with(host="127.0.0.1")
    return httpx.get(here, headers={"Host": parsed.netloc.decode()}, timeout=30)
