"""Where an account's sandboxes are found, and what tells it from others."""

import hashlib
from dataclasses import dataclass

from evolve_pulumi.models.managed import Connection

FINGERPRINT_DIGITS = 12


@dataclass(frozen=True)
class Place:
    """One account at one E2B."""

    endpoint: str
    domain: str
    account: str
    """E2B does not tell which team a key belongs to, so this is the key's fingerprint, from which it cannot be found.

    What another key does not find may be another team's, and is not believed to be gone.
    """

    @classmethod
    def of(cls, connection: Connection, api_key: str) -> "Place":
        """The place that a connection names, as seen with a key."""
        fingerprint = hashlib.sha256(b"evolve_pulumi " + api_key.encode()).hexdigest()[:FINGERPRINT_DIGITS]
        return cls(connection.get("endpoint", ""), connection.get("domain", ""), f"key-{fingerprint}")

    def preview_url_template(self, sandbox_id: str, domain: str | None) -> str:
        """The URL of any port of a sandbox, with `{port}` for the port; `domain` is what E2B answered of it."""
        scheme = self.endpoint.partition("://")[0]
        return f"{scheme}://{{port}}-{sandbox_id}.{domain or self.domain}"
