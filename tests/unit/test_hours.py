"""Opening hours: what is asked, and what the week's table says to it."""

from datetime import datetime, time

import pytest

from pipelines.grounding import hours
from pipelines.grounding.hours import OpeningHours, Span
from tests.shop import HOURS, ZONE

THURSDAY = datetime(2026, 3, 5, 14, 0, tzinfo=ZONE)
WEEK = (
    "We're open Tuesday to Friday from 9 AM to 6 PM, Saturday from 9 AM to 5:30 PM and Sunday from 10 AM to 4 PM. "
    "We're closed on Monday."
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What are your hours?", WEEK),
        ("are you open now", "We're open now, from 9 AM to 6 PM today."),
        ("when do you close today", "Today we're open from 9 AM to 6 PM."),
        ("What time do you open tomorrow?", "Tomorrow we're open from 9 AM to 6 PM."),
        ("Are you open on Sundays?", "On Sunday we're open from 10 AM to 4 PM."),
        ("Are you closed on Monday?", "We're closed on Monday."),
        (
            "are you open on the weekend",
            "On Saturday we're open from 9 AM to 5:30 PM. On Sunday we're open from 10 AM to 4 PM.",
        ),
        ("are you open on weekdays", WEEK),
        (
            "Can I come by at 8 p.m. tomorrow?",
            "At 8 PM tomorrow we're closed. Our hours that day are from 9 AM to 6 PM.",
        ),
        (
            "is the store open at four on Sunday",
            "At 4 PM on Sunday we're closed. Our hours that day are from 10 AM to 4 PM.",
        ),
        ("will anybody be there at noon on Monday", "We're closed on Monday."),
    ],
)
def test_answers(question: str, answer: str) -> None:
    """Every answer states the hours that it rests on, and never begins with a yes or no that could be misheard."""
    assert hours.answer(question, HOURS, THURSDAY) == answer


def test_morning_or_evening() -> None:
    """When the answer depends on which nine is meant, the day's hours are the answer; nobody means four at night."""
    assert hours.answer("can I come at nine on Friday", HOURS, THURSDAY) == "On Friday we're open from 9 AM to 6 PM."
    assert str(hours.answer("open at four today", HOURS, THURSDAY)).startswith("At 4 PM today we're open.")


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        (datetime(2026, 3, 5, 8, 59, tzinfo=ZONE), "We're closed now. We're open today from 9 AM to 6 PM."),
        (datetime(2026, 3, 5, 9, 0, tzinfo=ZONE), "We're open now, from 9 AM to 6 PM today."),
        (datetime(2026, 3, 5, 18, 0, tzinfo=ZONE), "We're closed now. We're open tomorrow from 9 AM to 6 PM."),
        (datetime(2026, 3, 8, 16, 0, tzinfo=ZONE), "We're closed now. We're open on Tuesday from 9 AM to 6 PM."),
        (datetime(2026, 3, 9, 12, 0, tzinfo=ZONE), "We're closed today. We're open tomorrow from 9 AM to 6 PM."),
    ],
)
def test_now(now: datetime, answer: str) -> None:
    """The doors are open from the first minute, and closed at the last."""
    assert hours.answer("are you open", HOURS, now) == answer


@pytest.mark.parametrize(
    "question",
    [
        "are you open on Christmas",
        "is the café open",
        "do you have job openings",
        "how close are you to the station",
        "what time does the workshop start on Saturday",
        "are you open on May 5th",
        "when is the best time to come",
        "how much is it",
        "",
    ],
)
def test_questions_of_others(question: str) -> None:
    """A single word that has no place in a question about hours makes it somebody else's to answer."""
    assert hours.answer(question, HOURS, THURSDAY) is None


def test_going_on() -> None:
    """Asking "and on Sunday?" is about hours if the question before it was."""
    assert hours.answer("and on Sunday?", HOURS, THURSDAY) is None
    assert hours.answer("and on Sunday?", HOURS, THURSDAY, goes_on=True) == "On Sunday we're open from 10 AM to 4 PM."


def test_whole_weeks() -> None:
    """A week is told in a sentence, whatever it looks like."""
    span = Span(time(0), time(12))
    assert str(OpeningHours((span,) * 7)) == "We're open every day from midnight to noon."
    assert str(OpeningHours((None,) * 7)) == "We have no regular opening hours."
    assert hours.status(OpeningHours((None,) * 7), THURSDAY) == "We're closed today."
    assert OpeningHours((None,) * 7).next_opening(THURSDAY) is None
