"""Numbers, times and money as they are said."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.grounding.spoken import listed, say_price, say_time, times, tokens


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("What's it cost?", "whats it cost"),
        ("Twenty-five dollars, please", "25 dollars please"),
        ("two hundred and five", "205"),
        ("a hundred and twenty", "120"),
        ("nineteen ninety-nine", "19 99"),
        ("The large one.", "the large one"),
        ("one dollar at one", "1 dollar at 1"),
        ("6 p.m. or 6pm or 6 PM", "6 pm or 6 pm or 6 pm"),
        ("Is the café open to-morrow?", "is the cafe open tomorrow"),
        ("$1,250.50 or €5", "$1250.50 or €5"),
        ("¡!…", ""),
    ],
)
def test_words_without_marks_and_numbers_in_digits(said: str, words: str) -> None:
    """However a recogniser writes something, it reads the same."""
    assert " ".join(tokens(said)) == words


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Nothing a recogniser writes breaks the reading."""
    times(tokens(text))


@pytest.mark.parametrize(
    ("said", "readings", "rest"),
    [
        ("open at 8 p.m. on Saturday", [time(20)], "open on saturday"),
        ("at eight tonight", [time(20)], "tonight"),
        ("half past five", [time(5, 30), time(17, 30)], ""),
        ("quarter to six", [time(5, 45), time(17, 45)], ""),
        ("at nine thirty on Friday", [time(9, 30), time(21, 30)], "on friday"),
        ("by noon", [time(12)], ""),
        ("18:00", [time(18)], ""),
        ("at one o'clock", [time(1), time(13)], ""),
        ("12 a.m.", [time(0)], ""),
        ("within ten miles", [], "within 10 miles"),
        ("at 25 Elm Street", [], "at 25 elm street"),
    ],
)
def test_times_of_day(said: str, readings: list[time], rest: str) -> None:
    """A number is a time only where it can be nothing else; without am or pm it has two readings."""
    clocks, words = times(tokens(said))
    assert [reading for clock in clocks for reading in clock.readings] == readings
    assert " ".join(words) == rest


@given(st.times().map(lambda moment: moment.replace(second=0, microsecond=0)))
def test_a_time_that_is_said_is_understood(moment: time) -> None:
    """Our own way to say a time has one reading: that time."""
    ((clock,), rest) = times(tokens(say_time(moment)))
    assert clock.readings == (moment,)
    assert rest == []


@pytest.mark.parametrize(
    ("cents", "currency", "said"),
    [(3100, "USD", "$31"), (450, "USD", "$4.50"), (5, "EUR", "€0.05"), (50_000, "CHF", "500 CHF")],
)
def test_prices(cents: int, currency: str, said: str) -> None:
    """A price is written as the voice reads it best."""
    assert say_price(cents, currency) == said


def test_lists() -> None:
    """Things are listed as in a sentence."""
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
