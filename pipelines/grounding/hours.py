"""Answer questions about opening hours: computed from the week's table and the holidays, never recalled."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from pipelines.grounding import dates
from pipelines.grounding.dates import Named
from pipelines.grounding.spoken import Clock, listed, say_time, times, tokens, words

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEK_DAYS = len(WEEKDAYS)
EARLIEST = time(7)
# Further than the longest holiday lasts.
LOOK_AHEAD_DAYS = 400


@dataclass(frozen=True, slots=True)
class Span:
    """When opening begins and ends on one day, in the store's own time."""

    opens: time
    closes: time

    def holds(self, moment: time) -> bool:
        """Whether the store is open at `moment`."""
        return self.opens <= moment < self.closes

    def __str__(self) -> str:
        return f"from {say_time(self.opens)} to {say_time(self.closes)}"


# A day's hours in order; none on a day when the store is closed.
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days, both included, whose hours are not those of the week; without `spans` the store is closed."""

    first: date
    last: date
    name: str = ""
    spans: Spans = ()

    def __str__(self) -> str:
        when = (
            f"On {_date(self.first)}," if self.first == self.last else f"From {_date(self.first)} to {_date(self.last)}"
        )
        return f"{when} we're {_said(self.spans)}{_because(self)}."


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """A week, seven days with Monday first, and the days that differ from it."""

    days: tuple[Spans, ...]
    holidays: tuple[Holiday, ...] = ()

    def holiday(self, day: date) -> Holiday | None:
        """What makes `day` differ from the week."""
        return next((holiday for holiday in self.holidays if holiday.first <= day <= holiday.last), None)

    def on(self, day: date) -> Spans:
        """The hours of one day."""
        holiday = self.holiday(day)
        return holiday.spans if holiday else self.days[day.weekday()]

    def spans(self) -> Iterator[Span]:
        """All hours of the week and of holidays."""
        for spans in (*self.days, *(holiday.spans for holiday in self.holidays)):
            yield from spans

    def is_open(self, now: datetime) -> bool:
        """Whether the store is open at `now` (in the store's zone)."""
        return any(span.holds(now.time()) for span in self.on(now.date()))

    def next_opening(self, now: datetime) -> tuple[date, Span] | None:
        """The next time that the doors open after `now`; None for a store that never opens."""
        for ahead in range(LOOK_AHEAD_DAYS):
            day = now.date() + timedelta(days=ahead)
            for span in self.on(day):
                if ahead > 0 or now.time() < span.opens:
                    return day, span
        return None

    def told(self, now: datetime) -> str:
        """The week, and what differs from it within the next seven days."""
        today = now.date()
        near = (one for one in self.holidays if one.first < today + timedelta(days=WEEK_DAYS) and one.last >= today)
        return " ".join([str(self), *map(str, near)])

    def __str__(self) -> str:
        """The week in a sentence or two, days with the same hours together."""
        runs = [
            (spans, [day for day, _ in run]) for spans, run in groupby(enumerate(self.days), key=lambda day: day[1])
        ]
        opened = [f"{_run(days)} {_listed(spans)}" for spans, days in runs if spans]
        closed = [_run(days) for spans, days in runs if not spans]
        if not opened:
            return "We have no regular opening hours."
        sentences = [f"We're open {listed(opened)}."]
        if closed:
            sentences.append(f"We're closed on {listed(closed)}.")
        return " ".join(sentences)


def _listed(spans: Spans) -> str:
    return listed([str(span) for span in spans])


def _said(spans: Spans) -> str:
    return f"open {_listed(spans)}" if spans else "closed"


def _because(holiday: Holiday | None) -> str:
    return f" for {holiday.name}" if holiday and holiday.name else ""


def _date(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {day:%B} {day.day}"


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


def facts(question: str, hours: OpeningHours, now: datetime) -> tuple[str, ...]:
    """What is worth knowing of our hours for a question that may have to do with them: "I'm only free on Monday".

    `now` is in the store's zone. Computed for the days that are named; nothing if it has to do with something else.
    """
    named, rest = dates.take(tokens(question), now.date())
    clocks, said = times(rest)
    known = [one for one in named if not _untold(one, hours)]
    days = _meant(known, said, now)
    touched = not _OPENING.isdisjoint(said) or (
        (named or days or clocks) and not (_GOING | _DAYS.keys() | _GROUPS.keys()).isdisjoint(said)
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
    return " ".join(_on(day, hours, now) for day in days) if days else hours.told(now)


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
        return f"{_capital(day.feast)} is on {_date(day.date)}. We're closed on {weekday}s."
    when = "today" if day.date == now.date() else f"on {_date(day.date)}"
    return (
        f"{_capital(day.feast)} is {when}. On {weekday}s we're usually open {_listed(spans)}, "
        f"but I don't know about {day.feast}. Please check with us."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _meant(named: Sequence[Named], said: Sequence[str], now: datetime) -> list["Day"]:
    """The days that a question is about: of "Sunday, 3 May" only the second."""
    return [Day(one.date, f"on {_date(one.date)}") for one in named] or days_named(said, now)


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


def status(hours: OpeningHours, now: datetime) -> str:
    """Whether the store is open at `now` (in its zone), and until or from when."""
    today = hours.on(now.date())
    if hours.is_open(now):
        return f"We're open now, {_listed(today)} today."
    closed = "We're closed now." if today else f"We're closed today{_because(hours.holiday(now.date()))}."
    opening = hours.next_opening(now)
    if opening is None:
        return closed
    day, span = opening
    ahead = (day - now.date()).days
    near = {0: "today", 1: "tomorrow"}.get(ahead, f"on {WEEKDAYS[day.weekday()]}")
    label = near if ahead < WEEK_DAYS else f"on {_date(day)},"
    return f"{closed} We're open {label} {span if ahead == 0 else _listed(hours.on(day))}."


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it was named; `label` names it the same way in a sentence."""

    date: date
    label: str


def days_named(said: Sequence[str], now: datetime) -> list[Day]:
    """The days among `tokens`, in order; `now` in the store's zone tells what "today" is, and which Friday is next."""
    today = now.date()
    days: list[Day] = []
    for word in said:
        if word in _TODAY:
            days.append(Day(today, "today"))
        elif word == "tomorrow":
            days.append(Day(today + timedelta(days=1), "tomorrow"))
        else:
            weekdays = (_DAYS[word],) if word in _DAYS else _GROUPS.get(word, ())
            days += [
                Day(today + timedelta(days=(weekday - today.weekday()) % WEEK_DAYS), f"on {WEEKDAYS[weekday]}")
                for weekday in weekdays
            ]
    return days


def _at(clock: Clock, day: Day, hours: OpeningHours, now: datetime) -> str:
    """Whether the doors are open at a time; the day's hours alone if that depends on morning or evening."""
    spans = hours.on(day.date)
    # Nobody means four in the morning by "at four".
    likely = [reading for reading in clock.readings if reading >= EARLIEST] or clock.readings
    states = {any(span.holds(reading) for span in spans) for reading in likely}
    if not spans or len(states) > 1:
        return _on(day, hours, now)
    moment = say_time(likely[0]) if len(likely) == 1 else str(likely[0].hour)
    state = "open" if True in states else "closed"
    return f"At {moment} {day.label} we're {state}. Our hours that day are {_listed(spans)}."


def _on(day: Day, hours: OpeningHours, now: datetime) -> str:
    spans, why = hours.on(day.date), _because(hours.holiday(day.date))
    if day.label == "today" and (not spans or now.time() >= spans[-1].closes):
        return status(hours, now)
    if not spans:
        return f"We're closed {day.label}{why}."
    return f"{_capital(day.label)} we're open {_listed(spans)}{why}."
