"""Write text the way it is said, where voices read it wrong: the one door in front of every text-to-speech service.

All of them read prices, clock times, full dates, percentages, units and titles by themselves; none of that is repeated
here. What is listed is what hibari misread, compared by its phonemes, and what others are known to.
"""

import re
from collections.abc import Callable

from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.tts_service import TTSService
from pipecat.utils.text.base_text_aggregator import TextType
from pipecat.utils.text.transforms import strip_markdown

_DAYS = {day[:3]: day for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")}
_UNITS = {"lb": "pound", "oz": "ounce", "kg": "kilogram", "g": "gram", "hr": "hour", "ea": "item"}

_DAY = rf"({'|'.join(_DAYS)})[a-z]*\.?"
_DASH = r"\s?[-\u2013\u2014]\s?"
_MONTH_NAMES = "January February March April May June July August September October November December"
_MONTHS = {month[:3]: month for month in _MONTH_NAMES.split()}
_MONTH = rf"({'|'.join(_MONTHS)})t?\."
_MONTH_DAY = r"(?<=\b(?:[Oo]n|[Bb]y|to) )(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])(?![\d/])"
_QUARTERS = {"NE": "Northeast", "NW": "Northwest", "SE": "Southeast", "SW": "Southwest"}
_ROOMS = {"Apt": "Apartment", "Ste": "Suite", "No": "Number", "no": "number"}
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


def _month_day(match: re.Match[str]) -> str:
    return f"{[*_MONTHS.values()][int(match[1]) - 1]} {_ordinal(int(match[2]))}"


def _day_of_month(match: re.Match[str]) -> str:
    return f"{_MONTHS[match[1]]} {_ordinal(int(match[2]))}"


def _ordinal(day: int) -> str:
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _per(match: re.Match[str]) -> str:
    return f" per {_UNITS.get(match[1], match[1])}"


_READINGS: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(_ADDRESS), _site),
    (re.compile(_BARE_ADDRESS), _site),
    (re.compile(f"{_PHONE_ABROAD}|{_PHONE}|{_PHONE_UNBROKEN}|{_ZIP_CODE}"), _digits),
    (re.compile(r"\b24/7\b"), "24 7"),
    (re.compile(rf"({_CLOCK}|{_PRICE}){_DASH}(?=[$€£]?\d)", re.IGNORECASE), r"\1 to "),
    (re.compile(r"(?<![\w$€£.,/-])(\d{1,2})[-\u2013](?=\d{1,2}(?![\w/-]|[.,]\d))"), r"\1 to "),
    (re.compile(_MONTH_DAY), _month_day),
    (re.compile(rf"\b{_MONTH} (3[01]|[12]\d|[1-9])\b"), _day_of_month),
    (re.compile(r"\b(NE|NW|SE|SW)(?= \d)"), lambda match: _QUARTERS[match[1]]),
    (re.compile(r"(?<=\d(?:st|nd|rd|th) )Ave\b(?!\.)"), "Avenue"),
    (re.compile(r"(\d (?:[A-Z][a-z]+ ){1,3})Dr\b\.?(?=,)"), r"\1Drive"),
    (re.compile(r"\b(Apt|Ste|No|no)\. (?=\d)"), lambda match: f"{_ROOMS[match[1]]} "),
    (re.compile(r"(?<=\d)[ -]?in\.? (?=pot|wide|tall|high|deep|long)"), " inch "),
    (re.compile(r"(?<=\d)\s?[x\u00d7]\s?(?=\d)"), " by "),
    (re.compile(rf"\b{_DAY}{_DASH}{_DAY}(?!\w)"), _days),
    (re.compile(r"(?<=\d)\s?([ap])m\b", re.IGNORECASE), _half_of_day),
    (re.compile(r"(?<=\d)/(lb|oz|kg|g|hr|ea|hour|day|week|month|year|person|dozen)\b"), _per),
    (re.compile(r"\s*(?:…|\.{3,})(?=\s*\w)"), ","),
    (re.compile(r"\s*(?:…|\.{3,})"), "."),
]


def reading_well(voice: FrameProcessor) -> FrameProcessor:
    """Have a voice read well, and return it. The conversation keeps the words as they were written."""
    if isinstance(voice, TTSService):
        voice.add_text_transformer(strip_markdown)
        voice.add_text_transformer(_made_speakable)
    return voice


async def _made_speakable(text: str, _text_type: TextType | str) -> str:
    return speakable(text)


def speakable(text: str) -> str:
    """Return `text` (English, without markdown) with what would be misread spelled out."""
    for pattern, reading in _READINGS:
        text = pattern.sub(reading, text)
    return text
