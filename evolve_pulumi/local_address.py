"""Where the local cloud and its clients find each other: a folder, and in it the cloud's address and key.

The cloud writes the record, everything else reads it. This module imports nothing of the project, so that
neither side needs to know the other.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

DEFAULT_PORT = 4780
FOLDER_VARIABLE = "EVOLVE_LOCAL_FOLDER"
"""Environment variable that moves the local cloud, and whoever looks for it, to another folder."""


@dataclass(frozen=True)
class LocalAddress:
    """The address of a local cloud and the key it asks for; it may be down."""

    url: str
    """Base URL on loopback, without a trailing slash: `http://127.0.0.1:4780`."""
    api_key: str

    @property
    def daytona_api_url(self) -> str:
        """What the Daytona SDK takes as `DAYTONA_API_URL`."""
        return f"{self.url}/daytona/api"

    @property
    def e2b_api_url(self) -> str:
        """What the E2B SDK takes as `E2B_API_URL`."""
        return f"{self.url}/e2b/api"

    @property
    def e2b_sandbox_url(self) -> str:
        """What the E2B SDK takes as `E2B_SANDBOX_URL`: what runs inside sandboxes."""
        return f"{self.url}/e2b/envd"

    @property
    def e2b_volume_url(self) -> str:
        """What the E2B SDK takes as `E2B_VOLUME_API_URL`: the content of volumes."""
        return f"{self.url}/e2b/volumes"

    @property
    def e2b_domain(self) -> str:
        """What the E2B SDK takes as `E2B_DOMAIN`, and hosts of ports of sandboxes end in: `localhost:4780`."""
        return self.url.replace("http://127.0.0.1", "localhost")

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the vendors' SDKs here."""
        return {
            "DAYTONA_API_URL": self.daytona_api_url,
            "DAYTONA_API_KEY": self.api_key,
            "E2B_API_URL": self.e2b_api_url,
            "E2B_SANDBOX_URL": self.e2b_sandbox_url,
            "E2B_VOLUME_API_URL": self.e2b_volume_url,
            "E2B_DOMAIN": self.e2b_domain,
            "E2B_API_KEY": self.api_key,
        }


def folder() -> Path:
    """The local cloud's folder.

    For root it lies outside the home: sandboxes run as an unprivileged user, who must reach their files.
    """
    if chosen := os.environ.get(FOLDER_VARIABLE):
        return Path(chosen)
    as_root = sys.platform != "win32" and os.geteuid() == 0
    state = Path("/var/lib") if as_root else Path(platformdirs.user_state_dir())
    return state / "evolve-pulumi" / "local"


def read_address(directory: Path | None = None) -> LocalAddress | None:
    """The address recorded in the folder, or None where no local cloud was ever started."""
    try:
        return LocalAddress(**json.loads(_record(directory).read_text()))
    except FileNotFoundError:
        return None


def write_address(address: LocalAddress, directory: Path | None = None) -> None:
    """Record the address, readable by its owner only, in one step."""
    record = _record(directory)
    draft = record.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(address)))
    draft.replace(record)


def _record(directory: Path | None) -> Path:
    return (directory or folder()) / "address.json"
