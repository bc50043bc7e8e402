"""Pickled providers, as they stand in the states of users' stacks. A line here is never changed, only added."""

import base64
import pickle

import pytest
from pulumi.dynamic.dynamic import serialize_provider  # pyright: ignore[reportUnknownVariableType]

from evolve_pulumi.dynamic.provider import provider
from evolve_pulumi.lifecycle.kinds import KINDS

SINCE_0_1 = {
    "command": "gASVNgAAAAAAAACMG2V2b2x2ZV9wdWx1bWkuZHluYW1pYy5lbnRyeZSMBGxvYWSUk5SMB2NvbW1hbmSUhZRSlC4=",
    "files": "gASVNAAAAAAAAACMG2V2b2x2ZV9wdWx1bWkuZHluYW1pYy5lbnRyeZSMBGxvYWSUk5SMBWZpbGVzlIWUUpQu",
    "git_repository": (
        "gASVPQAAAAAAAACMG2V2b2x2ZV9wdWx1bWkuZHluYW1pYy5lbnRyeZSMBGxvYWSUk5SMDmdpdF9yZXBvc2l0b3J5lIWUUpQu"
    ),
    "labels": "gASVNQAAAAAAAACMG2V2b2x2ZV9wdWx1bWkuZHluYW1pYy5lbnRyeZSMBGxvYWSUk5SMBmxhYmVsc5SFlFKULg==",
    "sandbox": "gASVNgAAAAAAAACMG2V2b2x2ZV9wdWx1bWkuZHluYW1pYy5lbnRyeZSMBGxvYWSUk5SMB3NhbmRib3iUhZRSlC4=",
    "service": "gASVNgAAAAAAAACMG2V2b2x2ZV9wdWx1bWkuZHluYW1pYy5lbnRyeZSMBGxvYWSUk5SMB3NlcnZpY2WUhZRSlC4=",
    "snapshot": "gASVNwAAAAAAAACMG2V2b2x2ZV9wdWx1bWkuZHluYW1pYy5lbnRyeZSMBGxvYWSUk5SMCHNuYXBzaG90lIWUUpQu",
    "volume": "gASVNQAAAAAAAACMG2V2b2x2ZV9wdWx1bWkuZHluYW1pYy5lbnRyeZSMBGxvYWSUk5SMBnZvbHVtZZSFlFKULg==",
}


@pytest.mark.parametrize("kind", SINCE_0_1)
def test_a_state_of_any_release_finds_its_provider(kind: str) -> None:
    assert pickle.loads(base64.b64decode(SINCE_0_1[kind])) is provider(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_is_pickled_as_the_same_reference_as_ever(kind: str) -> None:
    assert serialize_provider(provider(kind)) == SINCE_0_1[kind]
