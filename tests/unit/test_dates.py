"""Days of the calendar, as callers name them on Thursday, 5 March 2026."""

from datetime import date

import pytest

from pipelines.grounding import dates
from pipelines.grounding.dates import Named
from pipelines.grounding.spoken import tokens

TODAY = date(2026, 3, 5)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("on 3 May", date(2026, 5, 3)),
        ("on May the 3rd", date(2026, 5, 3)),
        ("the twenty-first of March", date(2026, 3, 21)),
        ("February 1", date(2027, 2, 1)),
        ("29 February", date(2028, 2, 29)),
        ("on 1 May 2027", date(2027, 5, 1)),
        ("on the 4th", date(2026, 4, 4)),
        ("the day after tomorrow", date(2026, 3, 7)),
    ],
)
def test_days(said: str, day: date) -> None:
    """In figures or words, with or without month and year: the next such day."""
    assert dates.take(tokens(said), TODAY) == ([Named(day)], [])


@pytest.mark.parametrize("said", ["may I come", "the second one", "on April 31", "march on"])
def test_no_days(said: str) -> None:
    """Words that only look like a day are left alone."""
    assert dates.take(tokens(said), TODAY) == ([], tokens(said))


@pytest.mark.parametrize(
    ("said", "feast"),
    [
        ("on Christmas Eve", Named(date(2026, 12, 24), "Christmas Eve")),
        ("at Christmas", Named(date(2026, 12, 25), "Christmas Day")),
        ("on December 25th", Named(date(2026, 12, 25), "Christmas Day")),
        ("on New Year's", Named(date(2027, 1, 1), "New Year's Day")),
        ("on Thanksgiving", Named(date(2026, 11, 26), "Thanksgiving")),
        ("on Memorial Day", Named(date(2026, 5, 25), "Memorial Day")),
        ("on Good Friday", Named(date(2026, 4, 3), "Good Friday")),
    ],
)
def test_feasts(said: str, feast: Named) -> None:
    """By name, or by the day of those on which many shops close."""
    assert dates.take(tokens(said), TODAY)[0] == [feast]


@pytest.mark.parametrize("day", [date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25)])
def test_easter(day: date) -> None:
    """As the almanac has it; 2038 is the latest that it can be."""
    assert dates.easter(day.year) == day
