"""URLs that open one file for whoever has them: signed by Daytona's SDK with a sandbox's key.

What is signed is `v1:files:METHOD:path:expires`, by HMAC-SHA256; `expires` is in seconds of Unix time, 0 for never.
"""

import base64
import hashlib
import hmac

from aiohttp import web

from evolve_pulumi.local.cloud import Cloud
from evolve_pulumi.local.daytona.bodies import VENDOR

SIGNED_ROUTES = {"GET": "/files/download", "POST": "/files/upload-v2"}
"""Where a signature stands for the key, by method."""


def signed(request: web.Request, cloud: Cloud) -> bool:
    """Whether a request is for the very file that its signature allows, and in time."""
    resource, sandbox = request.match_info.route.resource, cloud.find(request.match_info.get("toolbox", ""))
    route = SIGNED_ROUTES.get(request.method)
    if route is None or resource is None or not resource.canonical.endswith(route):
        return False
    if sandbox is None or sandbox.vendor != VENDOR:
        return False
    path, expires, given = (request.query.get(name, "") for name in ("path", "expires", "signature"))
    right = _signature(sandbox.signing_key, f"v1:files:{request.method}:{path}:{expires}")
    return hmac.compare_digest(given.encode(), right.encode()) and _lasts(expires, cloud)


def _lasts(expires: str, cloud: Cloud) -> bool:
    return expires == "0" or (expires.isdecimal() and int(expires) > cloud.clock().timestamp())


def _signature(key: str, text: str) -> str:
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return "v1_" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
