"""Where configuration comes from: the stack's, in the namespace `evolve`, before the environment's."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evolve_pulumi import local_address
from evolve_pulumi.errors import ConfigurationError


@dataclass(frozen=True)
class Settings:
    """Looks up settings. `config` takes a key such as `daytonaApiKey`, and answers None where it is not set."""

    config: Callable[[str], str | None]
    environ: Mapping[str, str]

    @classmethod
    def here(cls) -> "Settings":
        """Those of this process: with the stack's, where it is one of Pulumi's programs, which have imported it."""
        program = sys.modules.get("pulumi")
        return cls(program.Config("evolve").get if program else lambda _: None, os.environ)

    def get(self, key: str, variable: str = "") -> str | None:
        """The stack's value, or else the environment variable's; an empty one counts as not set."""
        return self.config(key) or self.environ.get(variable) or None

    def flag(self, key: str) -> bool:
        """A yes or no; absent is no."""
        value = self.config(key) or "false"
        if value not in ("true", "false"):
            raise ConfigurationError(
                f"evolve:{key} is {value!r}",
                remedy=f"Set it to true or false: pulumi config set evolve:{key} true",
            )
        return value == "true"

    def number(self, key: str, default: int) -> int:
        """A whole number from 1 on."""
        value = self.config(key) or str(default)
        if not value.isdecimal() or int(value) < 1:
            raise ConfigurationError(
                f"evolve:{key} is {value!r}", remedy=f"Set a number: pulumi config set evolve:{key} {default}"
            )
        return int(value)

    def mapping(self, key: str) -> dict[str, str]:
        """A structured value: names to strings; absent is empty."""
        try:
            value: Any = json.loads(self.config(key) or "{}")
        except json.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise ConfigurationError(
                f"evolve:{key} is not a mapping of names to strings",
                remedy=f"Set it by path: pulumi config set --path evolve:{key}.NAME VALUE",
            )
        return {str(name): str(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


@dataclass(frozen=True)
class Keys:
    """Where the keys of one vendor are configured: one, and others by the endpoint that they are for.

    Args:
        setting: The stack's key, `daytonaApiKey`; with an s, a mapping of endpoints to keys.
        variable: The environment's, for the one.
        url_variable: What points the vendor's SDK at another endpoint.
    """

    setting: str
    variable: str
    url_variable: str

    def configured(self, settings: Settings) -> str | None:
        """The one key."""
        return settings.get(self.setting, self.variable)

    def at(self, settings: Settings, endpoint: str, configured_endpoint: str) -> str:
        """The key for an endpoint, which may not be the configured one: an older resource stays where it was made."""
        local = local_address.read_address()
        if local and endpoint.startswith(f"{local.url}/"):
            return local.api_key
        if endpoint == configured_endpoint and (key := self.configured(settings)):
            return key
        if key := settings.mapping(f"{self.setting}s").get(endpoint):
            return key
        raise ConfigurationError(
            f"there is no key for {endpoint}, where this resource lives",
            remedy=f"Point {self.url_variable} and {self.variable} there, or, to keep several places at once, "
            f"`pulumi config set --secret --path 'evolve:{self.setting}s[\"{endpoint}\"]'`.",
        )


def local_cloud() -> local_address.LocalAddress:
    """The local cloud of this machine; raises ConfigurationError where there was never one."""
    if address := local_address.read_address():
        return address
    raise ConfigurationError(
        "evolve:local is set and no local cloud was ever started here",
        remedy="Start it: `evolve-pulumi local up`.",
    )


def no_backend() -> ConfigurationError:
    """The error for a stack that says nothing about where its resources are to live."""
    return ConfigurationError(
        "no sandbox backend is configured",
        remedy="Either work offline on the local cloud: `evolve-pulumi local up`, and `pulumi config set evolve:local "
        "true`, or --local of `evolve-pulumi up`. Or use Daytona: set DAYTONA_API_KEY in the environment, or `pulumi "
        "config set --secret evolve:daytonaApiKey`. Or use E2B: `pulumi config set evolve:backend e2b`, or --backend "
        "e2b, and E2B_API_KEY or `pulumi config set --secret evolve:e2bApiKey`.",
    )
