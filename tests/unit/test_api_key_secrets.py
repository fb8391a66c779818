"""What an API key looks like."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.api_keys import secrets
from auth.errors import ApiKeyMistyped

SCANNERS = re.compile(r"\bslk_[0-9A-Za-z]{38}\b")


def test_no_two_are_alike() -> None:
    """Each is found by its pattern wherever it was published, and stored as another hash."""
    keys = [secrets.fresh() for _ in range(100)]
    assert all(SCANNERS.search(f'key = "{key}"') for key in keys)
    assert len({secrets.digest(key) for key in keys}) == len(keys)


@given(position=st.integers(4, 41), character=st.sampled_from("09AZaz-_ é\n"))
def test_one_wrong_character_is_noticed(position: int, character: str) -> None:
    """Without asking anybody."""
    key = secrets.fresh()
    mistyped = key[:position] + character + key[position + 1 :]
    if mistyped != key:
        with pytest.raises(ApiKeyMistyped):
            secrets.digest(mistyped)


@pytest.mark.parametrize(
    "key",
    ["slk_", "slk_" + "0" * 38, secrets.fresh()[:-1], secrets.fresh() + "0"],
    # Each worker makes keys of its own, and the workers compare the names of their tests.
    ids=["prefix", "checksum", "short", "long"],
)
def test_what_is_no_key(key: str) -> None:
    """Nothing but a whole key has a hash to look up."""
    with pytest.raises(ApiKeyMistyped):
        secrets.digest(key)
