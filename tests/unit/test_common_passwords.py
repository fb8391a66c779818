"""Which passwords are too easy to guess."""

import pytest

from auth.passwords.common import is_common

OWN_WORDS = ("ann.lee@marlow.example", "Marlow Garden", "zibbet77@marlow.example")


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "qwertyuiop",
        "PASSWORD123",
        "Password-123!",
        "sunshine2024!",
        "13.11.1990elephant",
        "passwordpassword",
        "aaaaaaaaaa",
        "!!!!!!!!!!!!",
        "abcabcabcabc",
        "xkq7xkq7xkq7",
        "0123456789",
        "jihgfedcba",
        "ann.lee@marlow.example",
        "marlow.example",
        "ann.lee1990",
        "Marlow Garden",
        "marlowgarden!",
        "Marlow12345678",
        "storeline1",
        "zibbet77",
        "Zibbet-2024",
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    """Common words, one's own, and sequences, whatever their case and the little around them."""
    assert is_common(password, own_words=OWN_WORDS)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "watering-can",
        "sunshine and rain",
        "kT9#4-8_2=9+1",
        "a1948573620",
        "elephant 13.11.1990",
        "marlow marigold",
        "пароль из четырёх слов",
    ],
)
def test_everything_else_passes(password: str) -> None:
    """A common word inside a longer phrase harms nobody, nor does its owner's name."""
    assert not is_common(password, own_words=OWN_WORDS)
