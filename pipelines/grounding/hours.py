"""Answer questions about opening hours: computed from the week's table, never recalled."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby

from pipelines.grounding.spoken import Clock, listed, say_time, times, tokens, words

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEK_DAYS = len(WEEKDAYS)
EARLIEST = time(7)


@dataclass(frozen=True, slots=True)
class Span:
    """When a day's opening begins and ends, in the store's own time."""

    opens: time
    closes: time

    def holds(self, moment: time) -> bool:
        """Whether the store is open at `moment`."""
        return self.opens <= moment < self.closes

    def __str__(self) -> str:
        return f"from {say_time(self.opens)} to {say_time(self.closes)}"


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """A week: seven days, Monday first; None is a day when the store is closed."""

    days: tuple[Span | None, ...]

    def is_open(self, now: datetime) -> bool:
        """Whether the store is open at `now` (in the store's zone)."""
        span = self.days[now.weekday()]
        return span is not None and span.holds(now.time())

    def next_opening(self, now: datetime) -> datetime | None:
        """The next time that the doors open after `now`; None for a store that never opens."""
        for ahead in range(WEEK_DAYS + 1):
            day = now + timedelta(days=ahead)
            span = self.days[day.weekday()]
            if span and (ahead > 0 or now.time() < span.opens):
                return datetime.combine(day, span.opens, now.tzinfo)
        return None

    def __str__(self) -> str:
        """The week in a sentence or two, days with the same hours together."""
        runs = [(span, [day for day, _ in run]) for span, run in groupby(enumerate(self.days), key=lambda day: day[1])]
        opened = [f"{_run(days)} {span}" for span, days in runs if span]
        closed = [_run(days) for span, days in runs if span is None]
        if not opened:
            return "We have no regular opening hours."
        sentences = [f"We're open {listed(opened)}."]
        if closed:
            sentences.append(f"We're closed on {listed(closed)}.")
        return " ".join(sentences)


def _run(days: list[int]) -> str:
    if len(days) == WEEK_DAYS:
        return "every day"
    if len(days) > 2:  # noqa: PLR2004 - a pair is named in full
        return f"{WEEKDAYS[days[0]]} to {WEEKDAYS[days[-1]]}"
    return listed([WEEKDAYS[day] for day in days])


_DAYS = {day.lower(): index for index, day in enumerate(WEEKDAYS)}
_DAYS |= {f"{name}s": index for name, index in _DAYS.items()}
_GROUPS = {"weekend": (5, 6), "weekends": (5, 6), "weekday": (0, 1, 2, 3, 4), "weekdays": (0, 1, 2, 3, 4)}
_TODAY = words("today tonight")
_WEEK = words("hours days schedule usual usually regular normal week every")

_OPENING = words("open opens opening close closes closing closed shut shuts hours late")
_VISITING = words("come visit stop drop swing there")
_REST = words(
    "a about afternoon again all am an and any anybody anyone are around as at be business by can coming could "
    "currently day do does early evening for from good great guys have hello here hey hi how i if ill im in is it its "
    "know later let like long may me moment morning my next night now of oh ok okay on or please right see shop should "
    "so somebody someone still store tell than thank thanks that the then this through til till time times to "
    "tomorrow true uh um until up us we well what whats when whens which will would yeah yes you your youre yours"
)
_KNOWN = _REST | _OPENING | _VISITING | _WEEK | _TODAY | _DAYS.keys() | _GROUPS.keys()

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


def is_touched(question: str) -> bool:
    """Whether a question may have to do with opening hours: "is the cafe open?", "I'm only free on Monday"."""
    return not (_OPENING | _DAYS.keys() | _GROUPS.keys()).isdisjoint(tokens(question))


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
    in such a question ("are you open on Christmas?", "is the café open?") makes it somebody else's to answer.
    """
    clocks, rest = times(tokens(question))
    said = set(rest)
    days = days_named(rest, now)
    dated = bool(days or clocks)
    asked = said & _OPENING or (dated and (said & _VISITING or goes_on))
    if not asked or not said <= _KNOWN:
        return None
    if len(days) <= 1 and len(clocks) == 1 and clocks[0].preposition in _MOMENT:
        return _at(clocks[0], days[0] if days else Day(now.weekday(), "today"), hours, now)
    if len(days) > 2 or (not dated and said & _WEEK):  # noqa: PLR2004 - more than a weekend is told as the week
        return str(hours)
    return " ".join(_on(day, hours, now) for day in days) if days else status(hours, now)


def status(hours: OpeningHours, now: datetime) -> str:
    """Whether the store is open at `now` (in its zone), and until or from when."""
    today = hours.days[now.weekday()]
    if today and today.holds(now.time()):
        return f"We're open now, {today} today."
    closed = "We're closed now." if today else "We're closed today."
    opening = hours.next_opening(now)
    if opening is None:
        return closed
    ahead = (opening.date() - now.date()).days
    label = {0: "today", 1: "tomorrow"}.get(ahead, f"on {WEEKDAYS[opening.weekday()]}")
    return f"{closed} We're open {label} {hours.days[opening.weekday()]}."


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it was named; `label` names it the same way in a sentence. Monday is 0."""

    weekday: int
    label: str


def days_named(said: Sequence[str], now: datetime) -> list[Day]:
    """The days among `tokens`, in order; `now` in the store's zone tells what "today" is."""
    days: list[Day] = []
    for word in said:
        if word in _TODAY:
            days.append(Day(now.weekday(), "today"))
        elif word == "tomorrow":
            days.append(Day((now.weekday() + 1) % WEEK_DAYS, "tomorrow"))
        else:
            weekdays = (_DAYS[word],) if word in _DAYS else _GROUPS.get(word, ())
            days += [Day(weekday, f"on {WEEKDAYS[weekday]}") for weekday in weekdays]
    return days


def _at(clock: Clock, day: Day, hours: OpeningHours, now: datetime) -> str:
    """Whether the doors are open at a time; the day's hours alone if that depends on morning or evening."""
    span = hours.days[day.weekday]
    # Nobody means four in the morning by "at four".
    likely = [reading for reading in clock.readings if reading >= EARLIEST] or clock.readings
    states = {span.holds(reading) for reading in likely} if span else set()
    if span is None or len(states) > 1:
        return _on(day, hours, now)
    moment = say_time(likely[0]) if len(likely) == 1 else str(likely[0].hour)
    return f"At {moment} {day.label} we're {'open' if True in states else 'closed'}. Our hours that day are {span}."


def _on(day: Day, hours: OpeningHours, now: datetime) -> str:
    span = hours.days[day.weekday]
    if day.label == "today" and (span is None or now.time() >= span.closes):
        return status(hours, now)
    if span is None:
        return f"We're closed {day.label}."
    return f"{day.label[0].upper()}{day.label[1:]} we're open {span}."
