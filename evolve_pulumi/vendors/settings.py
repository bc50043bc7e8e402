"""Where configuration comes from: the stack's, in the namespace `evolve`, before the environment's."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evolve_pulumi.errors import ConfigurationError


@dataclass(frozen=True)
class Settings:
    """Looks up settings. `config` takes a key such as `daytonaApiKey`, and answers None where it is not set."""

    config: Callable[[str], str | None]
    environ: Mapping[str, str]

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
