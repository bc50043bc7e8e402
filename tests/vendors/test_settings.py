"""Configuration: where it is found, and how it is refused."""

from collections.abc import Callable

import pytest

from evolve_pulumi.errors import ConfigurationError
from evolve_pulumi.vendors.settings import Settings


def settings(environ: dict[str, str] | None = None, **config: str) -> Settings:
    return Settings(config.get, environ or {})


def test_the_stack_comes_before_the_environment() -> None:
    environ = {"DAYTONA_TARGET": "eu"}
    assert settings(environ, daytonaTarget="us").get("daytonaTarget", "DAYTONA_TARGET") == "us"
    assert settings(environ).get("daytonaTarget", "DAYTONA_TARGET") == "eu"
    assert settings({"DAYTONA_TARGET": ""}).get("daytonaTarget", "DAYTONA_TARGET") is None


def test_values_are_read_as_what_they_are() -> None:
    given = settings(local="true", concurrency="8", defaultLabels='{"team": "docs", "cost": 42}')
    assert given.flag("local") is True
    assert given.number("concurrency", 64) == 8
    assert given.mapping("defaultLabels") == {"team": "docs", "cost": "42"}
    assert (given.flag("other"), given.number("other", 64), given.mapping("other")) == (False, 64, {})


REFUSALS: list[tuple[Callable[[Settings], object], str]] = [
    (lambda given: given.flag("odd"), "pulumi config set evolve:odd true"),
    (lambda given: given.number("odd", 64), "pulumi config set evolve:odd 64"),
    (lambda given: given.mapping("odd"), "pulumi config set --path evolve:odd.NAME VALUE"),
]


@pytest.mark.parametrize(("read", "remedy"), REFUSALS)
def test_a_value_of_another_kind_is_refused_with_the_command_that_mends_it(
    read: Callable[[Settings], object], remedy: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(settings(odd="perhaps"))
    assert remedy in str(refused.value)
