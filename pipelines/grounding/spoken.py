"""Numbers, times of day and money, as people say them and as we say them."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import time


def words(text: str) -> frozenset[str]:
    """A set of words, written as words."""
    return frozenset(text.split())


_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {word: value for value, word in enumerate((*_SMALL, *_TEENS))}
_NUMBERS |= {word: 10 * value for value, word in enumerate(_TENS, start=2)}
_SCALES = {"hundred": 100, "thousand": 1000}

_PREPOSITIONS = ("at", "by", "from", "until", "till", "til", "before", "after", "around")
# What follows "one" when it counts, and does not stand for a thing.
_MEASURES = words("am pm oclock dollar dollars buck bucks cent cents percent")

# The recogniser likes the spelling of old books.
_OLD_SPELLING = re.compile(r"\bto-(?=day|morrow|night)")
_HALF_OF_DAY = re.compile(r"(?<![a-z'])([ap])\.? ?m\b\.?")
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_TOKEN = re.compile(r"[$€£]?\d[\d,]*(?:[.:]\d+)?|%|[a-z]+(?:'[a-z]+)?")


def tokens(text: str) -> list[str]:
    """Lower-case words without marks or accents, numbers in digits: "It's twenty-five, at 6 p.m." → its 25 at 6 pm."""
    plain = unicodedata.normalize("NFKD", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    unaccented = "".join(letter for letter in plain if not unicodedata.combining(letter))
    lowered = _OLD_SPELLING.sub("to", _HALF_OF_DAY.sub(r"\1m", unaccented.lower()))
    said = [token.replace("'", "").replace(",", "") for token in _TOKEN.findall(lowered)]
    digits: list[str] = []
    at = 0
    while at < len(said):
        value, end = _number(said, at)
        if value is None or _is_pronoun(said, at, end):
            digits.append(said[at])
            at += 1
        else:
            digits.append(str(value))
            at = end
    return digits


def _number(said: list[str], start: int) -> tuple[int | None, int]:
    """The number in words that begins at `start`, and where it ends: two hundred and five → 205."""
    total: int | None = None
    at = start
    while at < len(said):
        word, following = said[at], said[at + 1] if at + 1 < len(said) else ""
        if word in _NUMBERS and (total is None or _continues(total, _NUMBERS[word])):
            total = (total or 0) + _NUMBERS[word]
        elif word == "a" and total is None and following in _SCALES:
            total = 1
        elif word in _SCALES and total is not None and total < _SCALES[word]:
            total *= _SCALES[word]
        elif not (word == "and" and total and total % 100 == 0 and following in _NUMBERS):
            break
        at += 1
    return total, at


def _continues(total: int, value: int) -> bool:
    """Five continues twenty, and twenty-five a hundred; thirty does not continue nine."""
    return total > 0 and (total % 100 == 0 or (total % 100 >= 20 and total % 10 == 0 and 0 < value < 10))  # noqa: PLR2004 - how numbers are said


def _is_pronoun(said: list[str], at: int, end: int) -> bool:
    """Whether this "one" stands for a thing, as in "the large one"."""
    counts = said[end : end + 1] and said[end] in _MEASURES
    return said[at:end] == ["one"] and not counts and said[max(at - 1, 0)] not in _PREPOSITIONS


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as it was said: one reading, or two when nothing tells morning from evening."""

    readings: tuple[time, ...]
    preposition: str | None = None


_BEFORE = f"(?P<preposition>{'|'.join(_PREPOSITIONS)}|to)"
_AFTER = (
    "on|and|or|to|until|till|today|tonight|tomorrow|this|in the (?:morning|afternoon|evening)|at night"
    "|(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
)
_CLOCK = re.compile(
    rf"""
    \b(?:{_BEFORE}\ )?
    (?:
        (?P<name>noon|midday|midnight)
    |   (?:(?P<offset>half\ past|quarter\ past|quarter\ to)\ )?
        (?P<hour>\d{{1,2}})(?:[:\ ](?P<minute>[0-5]\d))?
        (?P<oclock>\ oclock)?
        (?:\ (?P<half>am|pm))?
    )\b
    (?P<ends>(?=$|\ (?:{_AFTER.replace(" ", chr(92) + " ")})\b))?
    """,
    re.VERBOSE,
)
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_OFFSETS_MIN = {None: 0, "half past": 30, "quarter past": 15, "quarter to": -15}
_PARTS_OF_DAY = {"morning": "am", "afternoon": "pm", "evening": "pm", "tonight": "pm", "night": "pm"}
_DIAL_MIN = 12 * 60
_LAST_HOUR = 23


def times(said: list[str]) -> tuple[list[Clock], list[str]]:
    """The times of day among `tokens`, and the words that are left without them.

    A number counts with "am", "o'clock", ":30" and the like, or where only a time can stand: "at 8 on Sunday".
    """
    part = next((_PARTS_OF_DAY[word] for word in said if word in _PARTS_OF_DAY), None)
    found: list[Clock] = []

    def take(match: re.Match[str]) -> str:
        clock = _clock(match, part)
        if clock is None:
            return match.group()
        found.append(clock)
        return ""

    rest = _CLOCK.sub(take, " ".join(said))
    return found, rest.split()


def _clock(match: re.Match[str], part: str | None) -> Clock | None:
    said = match.groupdict()
    if said["name"]:
        return Clock((_NAMED[said["name"]],), said["preposition"])
    marked = said["half"] or said["oclock"] or said["offset"] or ":" in match.group()
    placed = said["ends"] is not None and (said["preposition"] or part)
    hour = int(said["hour"])
    if hour > _LAST_HOUR or not (marked or placed):
        return None
    minutes = hour * 60 + int(said["minute"] or 0) + _OFFSETS_MIN[said["offset"]]
    if not 1 <= hour <= _DIAL_MIN // 60:
        return Clock((_time(minutes),), said["preposition"])
    halves = {"am": _time(minutes % _DIAL_MIN), "pm": _time(minutes % _DIAL_MIN + _DIAL_MIN)}
    half = said["half"] or part
    return Clock((halves[half],) if half else tuple(halves.values()), said["preposition"])


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def say_time(moment: time) -> str:
    """09:30 → "9:30 AM", 12:00 → "noon"."""
    if moment in _NAMED.values():
        return "noon" if moment.hour else "midnight"
    minute = f":{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minute} {'AM' if moment < time(12) else 'PM'}"


_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def say_price(cents: int, currency: str) -> str:
    """3100 USD → "$31", 450 USD → "$4.50", 500 CHF → "5 CHF"."""
    amount = f"{cents / 100:.2f}".removesuffix(".00")
    sign = _SIGNS.get(currency)
    return f"{sign}{amount}" if sign else f"{amount} {currency}"


def capital(text: str) -> str:
    """The same as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def as_sentence(text: str) -> str:
    """The same with a capital and a mark at its end."""
    whole = capital(text)
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def sentences(text: str) -> list[str]:
    """Split a text after each sentence, and at each end of a line."""
    return _END_OF_SENTENCE.split(text)


def listed(parts: list[str]) -> str:
    """["a", "b", "c"] → "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)
