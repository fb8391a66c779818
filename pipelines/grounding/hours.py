"""Opening hours: a week's table and the holidays, and what is said of them. Questions about them: `hours_asked`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from pipelines.grounding.spoken import capital, listed, say_time, words

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEK_DAYS = len(WEEKDAYS)
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
        first, last = said_date(self.first), said_date(self.last)
        when = f"On {first}," if self.first == self.last else f"From {first} to {last}"
        return f"{when} we're {_said(self.spans)}{_because(self)}."


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """A week, seven days with Monday first, and the days that differ from it."""

    days: tuple[Spans, ...]
    holidays: tuple[Holiday, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the store has told when it opens; of one that never does, nobody has said so on purpose."""
        return any(True for _ in self.spans())

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
        opened = [f"{_run(days)} {listed_spans(spans)}" for spans, days in runs if spans]
        closed = [_run(days) for spans, days in runs if not spans]
        if not opened:
            return "We have no regular opening hours."
        sentences = [f"We're open {listed(opened)}."]
        if closed:
            sentences.append(f"We're closed on {listed(closed)}.")
        return " ".join(sentences)


def listed_spans(spans: Spans) -> str:
    """A day's hours, as they are said."""
    return listed([str(span) for span in spans])


def _said(spans: Spans) -> str:
    return f"open {listed_spans(spans)}" if spans else "closed"


def _because(holiday: Holiday | None) -> str:
    return f" for {holiday.name}" if holiday and holiday.name else ""


def said_date(day: date) -> str:
    """Such as "Sunday, May 3"."""
    return f"{WEEKDAYS[day.weekday()]}, {day:%B} {day.day}"


def _run(days: list[int]) -> str:
    if len(days) == WEEK_DAYS:
        return "every day"
    if len(days) > 2:  # noqa: PLR2004 - a pair is named in full
        return f"{WEEKDAYS[days[0]]} to {WEEKDAYS[days[-1]]}"
    return listed([WEEKDAYS[day] for day in days])


def status(hours: OpeningHours, now: datetime) -> str:
    """Whether the store is open at `now` (in its zone), and until or from when."""
    today = hours.on(now.date())
    if hours.is_open(now):
        return f"We're open now, {listed_spans(today)} today."
    closed = "We're closed now." if today else f"We're closed today{_because(hours.holiday(now.date()))}."
    opening = hours.next_opening(now)
    if opening is None:
        return closed
    day, span = opening
    ahead = (day - now.date()).days
    near = {0: "today", 1: "tomorrow"}.get(ahead, f"on {WEEKDAYS[day.weekday()]}")
    label = near if ahead < WEEK_DAYS else f"on {said_date(day)},"
    return f"{closed} We're open {label} {span if ahead == 0 else listed_spans(hours.on(day))}."


DAYS = {day.lower(): index for index, day in enumerate(WEEKDAYS)}
DAYS |= {f"{name}s": index for name, index in DAYS.items()}
GROUPS = {"weekend": (5, 6), "weekends": (5, 6), "weekday": (0, 1, 2, 3, 4), "weekdays": (0, 1, 2, 3, 4)}
TODAY = words("today tonight")


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
        if word in TODAY:
            days.append(Day(today, "today"))
        elif word == "tomorrow":
            days.append(Day(today + timedelta(days=1), "tomorrow"))
        else:
            weekdays = (DAYS[word],) if word in DAYS else GROUPS.get(word, ())
            days += [
                Day(today + timedelta(days=(weekday - today.weekday()) % WEEK_DAYS), f"on {WEEKDAYS[weekday]}")
                for weekday in weekdays
            ]
    return days


def on_day(day: Day, hours: OpeningHours, now: datetime) -> str:
    """What is said of one day."""
    spans, why = hours.on(day.date), _because(hours.holiday(day.date))
    if day.label == "today" and (not spans or now.time() >= spans[-1].closes):
        return status(hours, now)
    if not spans:
        return f"We're closed {day.label}{why}."
    return f"{capital(day.label)} we're open {listed_spans(spans)}{why}."
