"""The API key of a folder: made once, kept in the address record, asked for by everything but public previews."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from evolve_pulumi.local_address import read_address

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Key:
    """The one key of this server."""

    text: str

    @classmethod
    def of(cls, folder: Path) -> "Key":
        """The folder's key, made at its first start."""
        known = read_address(folder)
        return cls(known.api_key if known else secrets.token_urlsafe(32))

    def opens(self, request: web.Request) -> bool:
        """Whether a request carries the key as its bearer token."""
        return self.matches(request.headers.get("Authorization", "").removeprefix("Bearer "))

    def derived(self, purpose: str) -> str:
        """A token that opens one thing alone, and tells nothing of the key."""
        return hmac.new(self.text.encode(), purpose.encode(), "sha256").hexdigest()

    def matches(self, text: str) -> bool:
        """Whether a text is the key."""
        return hmac.compare_digest(text.encode(), self.text.encode())
