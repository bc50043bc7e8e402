"""Preview URLs, as a browser would open them."""

from collections.abc import Mapping

import httpx


def get(url: str) -> httpx.Response:
    """GET a preview URL."""
    return _request("GET", url)


def post(url: str, form: Mapping[str, str]) -> httpx.Response:
    """POST a form to a preview URL."""
    return _request("POST", url, form)


def _request(method: str, url: str, form: Mapping[str, str] | None = None) -> httpx.Response:
    """Its host resolves to this machine in browsers and curl, but not in every libc."""
    parsed = httpx.URL(url)
    here = parsed.copy_with(host="127.0.0.1")
    return httpx.request(method, here, data=form, headers={"Host": parsed.netloc.decode()}, timeout=30)
