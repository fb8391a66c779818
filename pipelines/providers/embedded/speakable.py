"""Write text the way it is said, where the voice's own reading goes wrong.

hibari already reads prices, clock times, dates, units, titles and abbreviations; none of that is repeated here.
"""

import re
from collections.abc import Callable

_DAYS = {day[:3]: day for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")}
_UNITS = {"lb": "pound", "oz": "ounce", "kg": "kilogram", "g": "gram", "hr": "hour", "ea": "item"}

_DAY = rf"({'|'.join(_DAYS)})[a-z]*\.?"
_DASH = r"\s?[-\u2013\u2014]\s?"
_CLOCK = r"\d{1,2}(?::\d\d)?\s?[ap]\.?m\.?|\d{1,2}:\d\d"
_PRICE = r"[$€£]\d+(?:[.,]\d+)*"

_ADDRESS = r"https?://(?:www\.)?(?P<host>[\w.-]*\w)(?:[:/?#]\S*[\w/])?"
_BARE_ADDRESS = r"(?<![@\w.-])(?:www\.)?(?P<host>(?:[\w-]+\.)+(?:com|org|net|store|shop))\b(?:/\S*[\w/])?"
_PHONE_ABROAD = r"\+\d[\d\s().-]{6,}\d\b"
_PHONE = r"(?<![\d$€£.,-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])?\d{3}[.-]\d{4}\b"
_PHONE_UNBROKEN = r"(?<![\d$€£.,])\d{10}\b"
_ZIP_CODE = r"(?<=\b[A-Z]{2} )\d{5}\b"


def _site(match: re.Match[str]) -> str:
    # A caller can remember the name of a site, but not the rest of an address.
    return match["host"].replace(".", " dot ")


def _digits(match: re.Match[str]) -> str:
    return ", ".join(" ".join(group) for group in re.findall(r"\d+", match[0]))


def _half_of_day(match: re.Match[str]) -> str:
    # A full stop that follows ends the sentence and the abbreviation alike.
    stop = "" if match.string.startswith(".", match.end()) else "."
    return f" {match[1].lower()}.m{stop}"


def _days(match: re.Match[str]) -> str:
    return f"{_DAYS[match[1]]} to {_DAYS[match[2]]}"


def _per(match: re.Match[str]) -> str:
    return f" per {_UNITS.get(match[1], match[1])}"


_READINGS: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(_ADDRESS), _site),
    (re.compile(_BARE_ADDRESS), _site),
    (re.compile(f"{_PHONE_ABROAD}|{_PHONE}|{_PHONE_UNBROKEN}|{_ZIP_CODE}"), _digits),
    (re.compile(r"\b24/7\b"), "24 7"),
    (re.compile(rf"({_CLOCK}|{_PRICE}){_DASH}(?=[$€£]?\d)", re.IGNORECASE), r"\1 to "),
    (re.compile(rf"\b{_DAY}{_DASH}{_DAY}(?!\w)"), _days),
    (re.compile(r"(?<=\d)\s?([ap])m\b", re.IGNORECASE), _half_of_day),
    (re.compile(r"(?<=\d)/(lb|oz|kg|g|hr|ea|hour|day|week|month|year|person|dozen)\b"), _per),
    (re.compile(r"\s*(?:…|\.{3,})(?=\s*\w)"), ","),
    (re.compile(r"\s*(?:…|\.{3,})"), "."),
]


def speakable(text: str) -> str:
    """Return `text` (English, without markdown) with what would be misread spelled out."""
    for pattern, reading in _READINGS:
        text = pattern.sub(reading, text)
    return text
