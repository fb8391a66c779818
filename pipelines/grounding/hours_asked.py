"""Answer questions about opening hours: on any day of the calendar, computed and never recalled."""

import re
from collections.abc import Sequence
from datetime import datetime, time

from pipelines.grounding import dates
from pipelines.grounding.dates import Named
from pipelines.grounding.hours import (
    DAYS,
    GROUPS,
    TODAY,
    WEEKDAYS,
    Day,
    Holiday,
    OpeningHours,
    days_named,
    listed_spans,
    on_day,
    said_date,
    status,
)
from pipelines.grounding.spoken import Clock, capital, say_time, times, tokens, words

EARLIEST = time(7)

_WEEK = words("hours days schedule usual usually regular normal week every")

_OPENING = words("open opens opening close closes closing closed shut shuts hours late")
_VISITING = words("come visit stop drop swing there")
# With a day or a time they may be about our hours, and as well about something else.
_GOING = _VISITING | words("get catch reach make drive driving pick collect by over around")
_REST = words(
    "a about afternoon again all am an and any anybody anyone are arent around as at be business by can coming could "
    "currently day do does early evening for from good great guys have hello here hey hi how i id if ill im in is isnt "
    "it its know later let like long may me moment morning my next night now of oh ok okay on or please right see shop "
    "should so somebody someone still store tell than thank thanks that the then this through til till time times to "
    "tomorrow true uh um until up us want we well what whats when whens which will wont would yeah yes you your youre "
    "yours"
)
_KNOWN = _REST | _OPENING | _VISITING | _WEEK | TODAY | DAYS.keys() | GROUPS.keys()

# A time with one of these, or none, is a moment; with "until" or "after" it is half of a span.
_MOMENT = frozenset({None, "at", "by", "around"})


_ABOUT_US = re.compile(
    r"\b(?:you|guys|store|shop|place) (?:still |be |already |usually |even )?"
    r"(?:open|opens|opening|close|closes|closed|closing|shut|shuts)\b"
    r"|\b(?:your|opening|business|store|shop) hours\b"
)


def is_asked(question: str) -> bool:
    """Whether a question is about our opening hours, though not only: "are you open on my birthday?"."""
    return bool(_ABOUT_US.search(" ".join(tokens(question))))


def facts(question: str, hours: OpeningHours, now: datetime) -> tuple[str, ...]:
    """What is worth knowing of our hours for a question that may have to do with them: "I'm only free on Monday".

    `now` is in the store's zone. Computed for the days that are named; nothing if it has to do with something else.
    """
    named, rest = dates.take(tokens(question), now.date())
    clocks, said = times(rest)
    known = [one for one in named if not _untold(one, hours)]
    days = _meant(known, said, now)
    touched = not _OPENING.isdisjoint(said) or (
        (named or days or clocks) and not (_GOING | DAYS.keys() | GROUPS.keys()).isdisjoint(said)
    )
    if not (touched or known):
        return ()
    if len(named) > len(known):
        return tuple(usually(one, hours, now) for one in named if _untold(one, hours))
    return (_told(days, clocks, hours, now),)


def _told(days: Sequence["Day"], clocks: Sequence[Clock], hours: OpeningHours, now: datetime) -> str:
    """What the table says to these days and times; more than a weekend is told as the week."""
    if len(days) <= 1 and len(clocks) == 1 and clocks[0].preposition in _MOMENT:
        return _at(clocks[0], days[0] if days else Day(now.date(), "today"), hours, now)
    if len(days) > 2 or (clocks and not days):  # noqa: PLR2004 - Saturday and Sunday
        return hours.told(now)
    return " ".join(on_day(day, hours, now) for day in days) if days else hours.told(now)


def answer(
    question: str,
    hours: OpeningHours,
    now: datetime,
    *,
    goes_on: bool = False,
) -> str | None:
    """What to say to a question about opening hours, or None if it is not wholly one.

    `now` is in the store's zone. `goes_on`: the question before
    this one was about opening hours, so that "and on Sunday?" is one as well. A single word that has no place
    in such a question ("are you open on my birthday?", "is the café open?") makes it somebody else's to answer, and so
    does a feast of which the store has told no hours: perhaps an entry does.
    """
    named, left = dates.take(tokens(question), now.date())
    clocks, rest = times(left)
    said = set(rest)
    holiday = _named(hours, said - _KNOWN, now)
    if holiday and said & _OPENING:
        return str(holiday)
    days = _meant(named, rest, now)
    dated = bool(days or clocks)
    asked = said & _OPENING or (dated and (said & _VISITING or goes_on))
    if not asked or not said <= _KNOWN or any(_untold(one, hours) for one in named):
        return None
    if not days and all(clock.preposition not in _MOMENT for clock in clocks) and not said & _WEEK:
        return status(hours, now)
    return _told(days, clocks, hours, now)


def feast(question: str, hours: OpeningHours, now: datetime) -> Named | None:
    """The feast that a question about our hours is about, if the store has told no hours for it."""
    said = tokens(question)
    named, rest = dates.take(said, now.date())
    asked = not (_OPENING | _VISITING).isdisjoint(rest)
    return next((one for one in named if asked and _untold(one, hours)), None)


def usually(day: Named, hours: OpeningHours, now: datetime) -> str:
    """What is known of a feast for which no hours were told: when it is, and the usual hours of such a day."""
    weekday, spans = WEEKDAYS[day.date.weekday()], hours.on(day.date)
    if not spans:
        return f"{capital(day.feast)} is on {said_date(day.date)}. We're closed on {weekday}s."
    when = "today" if day.date == now.date() else f"on {said_date(day.date)}"
    return (
        f"{capital(day.feast)} is {when}. On {weekday}s we're usually open {listed_spans(spans)}, "
        f"but I don't know about {day.feast}. Please check with us."
    )


def _meant(named: Sequence[Named], said: Sequence[str], now: datetime) -> list["Day"]:
    """The days that a question is about: of "Sunday, 3 May" only the second."""
    return [Day(one.date, f"on {said_date(one.date)}") for one in named] or days_named(said, now)


def _untold(day: Named, hours: OpeningHours) -> bool:
    """Whether it is a feast, on which many shops close, and the store has not told what it does."""
    return bool(day.feast) and hours.holiday(day.date) is None


def _named(hours: OpeningHours, said: set[str], now: datetime) -> Holiday | None:
    """The holiday to come that these words name, all of them; of several the one with the fewest other words."""
    if not said:
        return None
    named = [(holiday, set(tokens(holiday.name))) for holiday in hours.holidays if holiday.last >= now.date()]
    fitting = [(len(name - said - _KNOWN), holiday.first, holiday) for holiday, name in named if said <= name]
    return min(fitting, key=lambda one: one[:2])[2] if fitting else None


def _at(clock: Clock, day: Day, hours: OpeningHours, now: datetime) -> str:
    """Whether the doors are open at a time; the day's hours alone if that depends on morning or evening."""
    spans = hours.on(day.date)
    # Nobody means four in the morning by "at four".
    likely = [reading for reading in clock.readings if reading >= EARLIEST] or clock.readings
    states = {any(span.holds(reading) for span in spans) for reading in likely}
    if not spans or len(states) > 1:
        return on_day(day, hours, now)
    moment = say_time(likely[0]) if len(likely) == 1 else str(likely[0].hour)
    state = "open" if True in states else "closed"
    return f"At {moment} {day.label} we're {state}. Our hours that day are {listed_spans(spans)}."
