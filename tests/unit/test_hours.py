"""Opening hours: what is asked, and what the week's table says to it."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from pipelines.grounding import hours, hours_asked
from pipelines.grounding.hours import Holiday, OpeningHours, Span
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
        ("are you open on May 5th", "On Tuesday, May 5 we're open from 9 AM to 6 PM."),
        ("Can I come on the twenty-second of March?", "On Sunday, March 22 we're open from 10 AM to 4 PM."),
        ("Are you open on Monday, 9 March?", "We're closed on Monday, March 9."),
        (
            "are you open at 5 p.m. the day after tomorrow",
            "At 5 PM on Saturday, March 7 we're open. Our hours that day are from 9 AM to 5:30 PM.",
        ),
    ],
)
def test_answers(question: str, answer: str) -> None:
    """Every answer states the hours that it rests on, and never begins with a yes or no that could be misheard."""
    assert hours_asked.answer(question, HOURS, THURSDAY) == answer


def test_morning_or_evening() -> None:
    """When the answer depends on which nine is meant, the day's hours are the answer; nobody means four at night."""
    assert (
        hours_asked.answer("can I come at nine on Friday", HOURS, THURSDAY) == "On Friday we're open from 9 AM to 6 PM."
    )
    assert str(hours_asked.answer("open at four today", HOURS, THURSDAY)).startswith("At 4 PM today we're open.")


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
    assert hours_asked.answer("are you open", HOURS, now) == answer


@pytest.mark.parametrize(
    "question",
    [
        "are you open on my birthday",
        "are you open on Christmas",
        "is the café open",
        "do you have job openings",
        "how close are you to the station",
        "what time does the workshop start on Saturday",
        "when is the best time to come",
        "how much is it",
        "",
    ],
)
def test_questions_of_others(question: str) -> None:
    """A single word that has no place in a question about hours makes it somebody else's to answer."""
    assert hours_asked.answer(question, HOURS, THURSDAY) is None


def test_going_on() -> None:
    """Asking "and on Sunday?" is about hours if the question before it was."""
    assert hours_asked.answer("and on Sunday?", HOURS, THURSDAY) is None
    assert (
        hours_asked.answer("and on Sunday?", HOURS, THURSDAY, goes_on=True)
        == "On Sunday we're open from 10 AM to 4 PM."
    )


def test_whole_weeks() -> None:
    """A week is told in a sentence, whatever it looks like."""
    span = Span(time(0), time(12))
    assert str(OpeningHours(((span,),) * 7)) == "We're open every day from midnight to noon."
    assert str(OpeningHours(((),) * 7)) == "We have no regular opening hours."
    assert hours.status(OpeningHours(((),) * 7), THURSDAY) == "We're closed today."
    assert OpeningHours(((),) * 7).next_opening(THURSDAY) is None


WITH_HOLIDAYS = replace(
    HOURS,
    holidays=(
        Holiday(date(2026, 3, 6), date(2026, 3, 7), "Inventory"),
        Holiday(date(2026, 12, 24), date(2026, 12, 24), "Christmas Eve", (Span(time(10), time(14)),)),
        Holiday(date(2026, 12, 25), date(2026, 12, 25), "Christmas Day"),
    ),
)
INVENTORY = "From Friday, March 6 to Saturday, March 7 we're closed for Inventory."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("are you open tomorrow", "We're closed tomorrow for Inventory."),
        ("are you open on Saturday", "We're closed on Saturday for Inventory."),
        ("are you open on Sunday", "On Sunday we're open from 10 AM to 4 PM."),
        ("are you open on Christmas", "We're closed on Friday, December 25 for Christmas Day."),
        (
            "what are your hours on Christmas Eve",
            "On Thursday, December 24 we're open from 10 AM to 2 PM for Christmas Eve.",
        ),
        ("are you open on the 25th of December", "We're closed on Friday, December 25 for Christmas Day."),
        ("What are your hours?", f"{WEEK} {INVENTORY}"),
    ],
)
def test_holidays(question: str, answer: str) -> None:
    """A day of a holiday has the holiday's hours, which go by its name, too; the week is told with what is near."""
    assert hours_asked.answer(question, WITH_HOLIDAYS, THURSDAY) == answer


def test_holidays_now() -> None:
    """A closed holiday says when the doors open again, however long it lasts; a past one is nothing to talk about."""
    friday = datetime(2026, 3, 6, 12, 0, tzinfo=ZONE)
    assert hours.status(WITH_HOLIDAYS, friday) == (
        "We're closed today for Inventory. We're open on Sunday from 10 AM to 4 PM."
    )
    long = replace(HOURS, holidays=(Holiday(date(2026, 3, 1), date(2026, 12, 31)),))
    assert hours.status(long, friday) == "We're closed today. We're open on Friday, January 1, from 9 AM to 6 PM."
    forever = replace(
        HOURS, holidays=(Holiday(date(2026, 1, 1), date(2026, 12, 31)), Holiday(date(2027, 1, 1), date(2027, 12, 31)))
    )
    assert hours.status(forever, friday) == "We're closed today."
    past = replace(HOURS, holidays=(Holiday(date(2026, 1, 1), date(2026, 1, 1), "New Year"),))
    assert hours_asked.answer("are you open on New Year", past, friday) is None


def test_a_break_at_noon() -> None:
    """A day may have several spans, between which the doors are closed."""
    broken = OpeningHours(((Span(time(9), time(12)), Span(time(13), time(18))),) * 7)
    both = "from 9 AM to noon and from 1 PM to 6 PM"
    assert hours.status(broken, THURSDAY) == f"We're open now, {both} today."
    noon = THURSDAY.replace(hour=12, minute=30)
    assert hours.status(broken, noon) == "We're closed now. We're open today from 1 PM to 6 PM."
    asked = hours_asked.answer("are you open at 12:30 pm tomorrow", broken, THURSDAY)
    assert asked == f"At 12:30 PM tomorrow we're closed. Our hours that day are {both}."


NEW_YEAR = (
    "New Year's Day is on Friday, January 1. On Fridays we're usually open from 9 AM to 6 PM, "
    "but I don't know about New Year's Day. Please check with us."
)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Are you open on New Year's Day?", NEW_YEAR),
        ("Is anybody there on Easter Monday?", "Easter Monday is on Monday, April 6. We're closed on Mondays."),
    ],
)
def test_a_feast_of_which_the_store_has_told_nothing(question: str, told: str) -> None:
    """Many shops close then, so the week's hours are no answer, however the day is called; other days are as usual."""
    assert hours_asked.answer(question, HOURS, THURSDAY) is None
    day = hours_asked.feast(question, HOURS, THURSDAY)
    assert day
    assert hours_asked.usually(day, HOURS, THURSDAY) == told
    assert hours_asked.feast("Are you open on January 1st?", HOURS, THURSDAY)
    assert hours_asked.feast(question, WITH_HOLIDAYS, THURSDAY) == day
    assert hours_asked.feast("Are you open on January 2nd?", HOURS, THURSDAY) is None
    assert hours_asked.feast("Do you have Christmas trees?", HOURS, THURSDAY) is None


SUNDAY_AT_HALF_PAST_FIVE = "At 5:30 PM on Sunday we're closed. Our hours that day are from 10 AM to 4 PM."


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("I'm only free on Monday", ("We're closed on Monday.",)),
        ("I get off at five thirty on Sunday, am I too late?", (SUNDAY_AT_HALF_PAST_FIVE,)),
        ("Is the café open?", (WEEK,)),
        ("How much is the basil?", ()),
        ("I bought it at noon", ()),
    ],
)
def test_what_a_question_may_have_to_do_with_hours(question: str, told: tuple[str, ...]) -> None:
    """What is computed for the days and times that are named; nothing for a question about something else."""
    assert hours_asked.facts(question, HOURS, THURSDAY) == told
