"""Days of the calendar as people name them: "3 May", "the twenty-fourth", "Christmas Eve", "the day after tomorrow"."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MONDAY, THURSDAY = 0, 3
# A day that is over is next year's; 29 February may take eight years.
YEARS_AHEAD = 9

_NAMES_OF_MONTHS = (
    *("january jan", "february feb", "march", "april", "may", "june", "july", "august aug", "september sept"),
    *("october oct", "november nov", "december dec"),
)
_MONTHS = {name: number for number, names in enumerate(_NAMES_OF_MONTHS, start=1) for name in names.split()}
_NTHS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh")
_TEENTHS = ("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth")
_ORDINALS = {word: number for number, word in enumerate((*_NTHS, *_TEENTHS, "twentieth"), start=1)} | {"thirtieth": 30}

# As `spoken.tokens` leaves it: "24th" is two words, and "twenty-fourth" is "20 fourth".
_NTH = rf"(?:[23]0 )?(?:{'|'.join(_ORDINALS)})"
_DAY = rf"(?:\d{{1,2}}(?: (?:st|nd|rd|th))?|{_NTH})"
_MONTH = "|".join(_MONTHS)
# A day without a month, only where nothing else can be meant: "the second one" is no day.
_ALONE = rf"(?:\d{{1,2}} (?:st|nd|rd|th)|{_NTH})(?= *$| (?:too|then|please|at|in|from|until)\b)"
_DATE = re.compile(
    rf"\b(?:on )?(?:(?:the )?(?P<day>{_DAY})(?: of)? (?P<month>{_MONTH})"
    rf"|(?P<month_first>{_MONTH})(?: the)? (?P<day_after>{_DAY})"
    rf"|the (?P<day_alone>{_ALONE}))"
    r"(?: (?P<year>20\d\d))?\b"
)
_AFTER_TOMORROW = re.compile(r"\b(?:on )?(?:the )?day after tomorrow\b")


@dataclass(frozen=True, slots=True)
class Named:
    """A day, and its name if it was called or is a feast."""

    date: date
    feast: str = ""


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _weekday(month: int, weekday: int, nth: int) -> Callable[[int], date]:
    """The nth such weekday of a month, -1 for its last."""

    def of(year: int) -> date:
        first = date(year, month, 1)
        days = [first + timedelta(days=ahead) for ahead in range(31)]
        fitting = [day for day in days if day.month == month and day.weekday() == weekday]
        return fitting[nth - 1 if nth > 0 else nth]

    return of


def easter(year: int) -> date:
    """Easter Sunday of the western churches (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    month, day = divmod(epact + weekday - 7 * ((golden + 11 * epact + 22 * weekday) // 451) + 114, 31)
    return date(year, month, day + 1)


def _from_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days=days)


# By how we say it: how callers do, as `spoken.tokens` leaves it, and when it is.
_FEASTS: Mapping[str, tuple[str, Callable[[int], date]]] = {
    "Christmas Eve": (r"christmas eve|day before christmas", _fixed(12, 24)),
    "Boxing Day": (r"boxing day|day after christmas", _fixed(12, 26)),
    "Christmas Day": (r"christmas(?: day)?|xmas(?: day)?", _fixed(12, 25)),
    "New Year's Eve": (r"new years? eve", _fixed(12, 31)),
    "New Year's Day": (r"new years?(?: day)?", _fixed(1, 1)),
    "Valentine's Day": (r"valentines?(?: day)?", _fixed(2, 14)),
    "Good Friday": (r"good friday", _from_easter(-2)),
    "Easter Monday": (r"easter monday", _from_easter(1)),
    "Easter Sunday": (r"easter(?: sunday)?", easter),
    "Memorial Day": (r"memorial day", _weekday(5, MONDAY, -1)),
    "the Fourth of July": (r"(?:fourth|4 th) of july|independence day", _fixed(7, 4)),
    "Labor Day": (r"labou?r day", _weekday(9, MONDAY, 1)),
    "Halloween": (r"halloween", _fixed(10, 31)),
    "Thanksgiving": (r"thanksgiving(?: day)?", _weekday(11, THURSDAY, 4)),
}
_NAMES = tuple((re.compile(rf"\b(?:on )?(?:the )?(?:{said})\b"), name) for name, (said, _) in _FEASTS.items())
# Days on which many shops are closed, whatever they are called.
_OFTEN_CLOSED = (
    "Christmas Eve",
    "Christmas Day",
    "New Year's Eve",
    "New Year's Day",
    "Easter Sunday",
    "the Fourth of July",
    "Thanksgiving",
)


def take(said: Sequence[str], today: date) -> tuple[list[Named], list[str]]:
    """The days named among `spoken.tokens`, in the future or today, and the words that are left without them."""
    found: list[Named] = []

    def dated(match: re.Match[str]) -> str:
        day = _date(match, today)
        if day is None:
            return match.group()
        found.append(Named(day, _feast_on(day)))
        return " "

    def feast(name: str) -> Callable[[re.Match[str]], str]:
        def named(_match: re.Match[str]) -> str:
            found.append(Named(_next(_FEASTS[name][1], today), name))
            return " "

        return named

    def after_tomorrow(_match: re.Match[str]) -> str:
        found.append(Named(today + timedelta(days=2)))
        return " "

    rest = " ".join(said)
    for pattern, name in _NAMES:
        rest = pattern.sub(feast(name), rest)
    rest = _AFTER_TOMORROW.sub(after_tomorrow, _DATE.sub(dated, rest))
    return found, rest.split()


def _date(match: re.Match[str], today: date) -> date | None:
    said = match.groupdict()
    day = _day(said["day"] or said["day_after"] or said["day_alone"])
    month = _MONTHS.get(said["month"] or said["month_first"] or "")
    if said["year"]:
        return _valid(int(said["year"]), month or 0, day)
    if month:
        candidates = (_valid(today.year + ahead, month, day) for ahead in range(YEARS_AHEAD))
    else:
        candidates = (_valid(year, number, day) for year, number in _months_from(today))
    return next((found for found in candidates if found and found >= today), None)


def _months_from(today: date) -> Iterator[tuple[int, int]]:
    for ahead in range(12):
        years, month = divmod(today.month - 1 + ahead, 12)
        yield today.year + years, month + 1


def _day(said: str) -> int:
    """The number of "24 th", "fourth" or "20 fourth"."""
    return sum(int(word) if word.isdigit() else _ORDINALS.get(word, 0) for word in said.split())


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _next(when: Callable[[int], date], today: date) -> date:
    this_year = when(today.year)
    return this_year if this_year >= today else when(today.year + 1)


def _feast_on(day: date) -> str:
    """What many shops close for on that day, if anything."""
    return next((name for name in _OFTEN_CLOSED if _FEASTS[name][1](day.year) == day), "")
