"""Phone numbers as callers say them: digit by digit, in pairs, with "double four", corrected halfway."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.grounding.spoken import words

# Local numbers have seven digits, E.164 allows fifteen. https://www.itu.int/rec/T-REC-E.164
FEWEST = 7
MOST = 15

_ONES = {
    word: str(digit)
    for digit, names in enumerate(
        ("zero oh o nought naught", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine niner")
    )
    for word in names.split()
}
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TEEN = {word: str(value) for value, word in enumerate(_TEENS.split(), start=10)}
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_TEN = {word: str(value) for value, word in enumerate(_TENS.split(), start=2)}
_TIMES = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_SCALES = {"hundred": "00", "thousand": "000"}
# What a recogniser makes of digits; believed only between two of them.
_SOUNDS_LIKE = {"for": "4", "fore": "4", "to": "2", "too": "2", "won": "1", "ate": "8"}
# "No, five six": what was said before it is taken back.
_TAKES_BACK = words("no sorry wait correction rather actually oops")
_PAUSES = words("and then dash hyphen space um uh er dot point area code")
_TOKEN = re.compile(r"\+|[0-9]+|[a-z]+(?:'[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Dialled:
    """A number, or a part of one. `digits` has nothing else, but for a "+" in front.

    `taken_back`: the part begins with a correction of what was said before. `rest`: the words that belong to no number.
    """

    digits: str = ""
    taken_back: bool = False
    rest: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many digits."""
        return len(self.digits.removeprefix("+"))

    @property
    def complete(self) -> bool:
        """Whether one can call it."""
        return FEWEST <= self.count <= MOST


def read(text: str) -> Dialled:
    """Find the number in what was said: "double five, no sorry, five six, oh one three four" → 560134.

    Of several the last whole one counts: "I have two questions, call 555 0134 after six". Pieces are put together.
    """
    said = _words(text)
    runs = [""]
    rest: list[str] = []
    taken_back = correcting = False
    at = 0
    while at < len(said):
        group, end = _group(said, at, after=bool(runs[-1]) and not correcting)
        if group and correcting and runs[-1]:
            replaced = len(group) + sum(map(len, _following(said, end)))
            runs[-1] = runs[-1][:-replaced]
        elif group and correcting:
            taken_back = True
        elif not group and said[at] not in _TAKES_BACK | _PAUSES:
            rest.append(said[at])
            if runs[-1]:
                runs.append("")
        correcting = not group and (said[at] in _TAKES_BACK or correcting)
        runs[-1] += group
        at = end
    whole = [run for run in runs if FEWEST <= len(run.removeprefix("+")) <= MOST]
    digits = whole[-1] if whole else "".join(runs)
    plus = "+" if digits.startswith("+") else ""
    return Dialled(plus + digits.replace("+", ""), taken_back, tuple(rest))


def joined(before: str, more: Dialled) -> str:
    """The number so far with what came next: a whole number replaces it, a correction its end, and more goes on."""
    if not more.digits:
        return before
    if more.complete or not before:
        return more.digits
    return before[: -more.count] + more.digits if more.taken_back else before + more.digits


def said(digits: str) -> str:
    """As any voice reads it well: 5550134 → "5 5 5, 0 1 3 4"."""
    bare = digits.removeprefix("+")
    # The last four stand together, as people say them.
    head, tail = (bare[:-4], bare[-4:]) if len(bare) >= FEWEST else (bare, "")
    first = len(head) % 3 if tail else 0
    groups = [head[:first], *(head[at : at + 3] for at in range(first, len(head), 3)), tail]
    spoken = ", ".join(" ".join(group) for group in groups if group)
    return f"plus {spoken}" if digits.startswith("+") else spoken


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.lower()).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    plain = plain.replace("plus ", "+ ")
    return _TOKEN.findall(plain)


def _group(said: Sequence[str], at: int, *, after: bool) -> tuple[str, int]:
    """The digits that one or two words make, and where they end; "" if they make none."""
    word, following = said[at], said[at + 1] if at + 1 < len(said) else ""
    if word == "+" or word.isdigit():
        return word, at + 1
    if word in _TIMES:
        one, end = _group(said, at + 1, after=after) if following else ("", at)
        return (one * _TIMES[word], end) if len(one) == 1 else ("", at + 1)
    if word in _TEN:
        one = _ONES.get(following, "0")
        return (_TEN[word] + one, at + 2) if one != "0" else (_TEN[word] + "0", at + 1)
    digits = _ONES.get(word) or _TEEN.get(word)
    if digits is None and after and word in _SOUNDS_LIKE and _is_digit(following):
        digits = _SOUNDS_LIKE[word]
    if digits and following in _SCALES:
        return digits + _SCALES[following], at + 2
    return digits or "", at + 1


def _is_digit(word: str) -> bool:
    return word.isdigit() or word in _ONES or word in _TEEN or word in _TEN or word in _TIMES


def _following(said: Sequence[str], at: int) -> Iterator[str]:
    while at < len(said):
        group, at = _group(said, at, after=True)
        if not group:
            return
        yield group
