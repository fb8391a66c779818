"""Tell passwords that attackers try first: common ones, the owner's own words, and plain sequences."""

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

# "sunshine" is as common as "Sunshine-2024!", which is what people make of it when a form asks for more characters.
# So much may stand around a common word for it to be refused: a date with its year and stops.
MAX_DECORATION_CHARACTERS = 10

# So few gain nothing by being repeated.
MAX_DULL_CHARACTERS = 4

OUR_NAME = "storeline"

_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_REPEATED = re.compile(r"(.+?)\1+")


def is_common(password: str, *, own_words: Iterable[str] = ()) -> bool:
    """Tell whether the password is, but for case, decoration and repetition, what an attacker tries first.

    The 30,000 most common of leaked ones are listed, as they come with zxcvbn (OWASP ASVS 5.0, 6.2.4 asks for 3,000).
    Its score is not asked: that takes up to 30 ms of this process's one interpreter, which the audio needs.
    """
    refused = {OUR_NAME, *(form for word in own_words for form in _forms_of(word))}
    return any(core in refused or core in _listed() or _is_dull(core) for core in _cores(password.casefold()))


@cache
def _listed() -> frozenset[str]:
    # Here, because reading the list takes 30 ms, which belong to the worker thread and not to the start.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"])


def _cores(password: str) -> set[str]:
    """The password, what is left without a little at its ends, and what either repeats."""
    bare = _AROUND.sub("", password)
    cores = {password, bare} if len(password) - len(bare) <= MAX_DECORATION_CHARACTERS else {password}
    return cores | {repeated[1] for core in cores if (repeated := _REPEATED.fullmatch(core))}


def _is_dull(core: str) -> bool:
    """Tell whether it repeats a few characters ("abababab") or counts on or back ("0123456789", "jihgfedcba")."""
    repeated = _REPEATED.fullmatch(core)
    steps = {ord(after) - ord(before) for before, after in pairwise(core)}
    return (repeated is not None and len(repeated[1]) <= MAX_DULL_CHARACTERS) or steps in ({1}, {-1})


def _forms_of(word: str) -> set[str]:
    """An e-mail address counts whole and in its parts, a name with and without spaces."""
    folded = word.casefold()
    parts = {folded, folded.replace(" ", ""), *folded.split("@"), *folded.split()}
    return parts | {_AROUND.sub("", part) for part in parts}
