"""Callers' names: how they introduce themselves, answer the question for their name, spell it and put it right."""

import re

from pipelines.grounding.spoken import words
from pipelines.tools.phrases import FILLERS, denied

_STRONG = (
    r"(?:my (?:full |first |last )?name(?:'s| is)|the name(?:'s| is)|name(?:'s| is)|this is|you(?:'re"
    r"| are) speaking (?:to|with))"
)
_WEAK = rf"(?:{_STRONG}|it(?:'s| is)|i(?:'m| am)|that(?:'s| is)|call me|they call me|under)"
_NAMED = re.compile(rf"\b{_STRONG}\s+(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_INTRODUCED = re.compile(rf"\b(?:{_STRONG}|i(?:'m| am))\s+(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_ANSWERED = re.compile(rf"\s*{FILLERS}(?:(?:no|not \w+)[\s,.]+)*(?:{_WEAK}\s+)?(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_INSTEAD = re.compile(rf"\s*{FILLERS}(?:no[\s,.]+)?(?:it's )?not [\w'-]+[\s,.]+(?:but )?(?=\S)", re.IGNORECASE)
_SPELLED = re.compile(r"\b(?:[A-Za-z][\s.,-]+){2,}[A-Za-z]\b(?!')")
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['\N{RIGHT SINGLE QUOTATION MARK}-](?=\w))*")
_NO_NAME = words(
    "a about above actually afraid after again all also am an and any anything are as ask at back be because been "
    "before bit but by hm hmm mm mhm huh alright call calling can cant could day did do does dont down for from get "
    "give go going good got great guys had has have hear hello help hi how i id if ill im in interested is it its "
    "ive just know late later leave let like looking maybe me message mine my need never new no nobody not nothing "
    "now number of off ok okay on one only or order our out phone please possible problem question really regarding "
    "right said say so some somebody someone sorry speaking still store sure take tell than thank thanks that thats "
    "the them then there they this time to today tomorrow too trying unhappy until up us very wait want wanted was "
    "we well what when where which who why will wish with wondering would wrong yeah yes yet you your youre here"
)
_AFTER_NAME = words(
    "speaking here calling please thanks thank again with from and my the at on phone number you for is by"
)
_LONGEST_NAME = 4


def introduced(said: str) -> str | None:
    """The name of somebody who introduces themselves in passing: "Hi, this is Ann Miller, could somebody …"."""
    match = _INTRODUCED.search(said)
    return _name(match["rest"], alone=False) if match else None


def renamed(said: str) -> str | None:
    """The name of somebody who says what their name is: "my name is Ann"."""
    match = _NAMED.search(said)
    return _name(match["rest"], alone=False) if match else None


def corrected_name(said: str) -> str | None:
    """The name in "no, it's Hannah" or "not Anna, Hannah"; None if it is no correction, or something else follows."""
    match = _INSTEAD.match(said)
    rest = said[match.end() :] if match else denied(said)
    return named(rest) if rest else None


def named(said: str) -> str | None:
    """The name in an answer to the question for it; None if that was no answer."""
    passing = _NAMED.search(said)
    if passing and (name := _name(passing["rest"], alone=False)):
        return name
    match = _ANSWERED.fullmatch(said)
    return _name(match["rest"], alone=True) if match else None


def _name(said: str, *, alone: bool) -> str | None:
    """The name with which the words begin; `alone`: nothing else may follow but what belongs to a name."""
    spelled = _SPELLED.search(said)
    before = said[: spelled.start()] if spelled else said
    found: list[str] = []
    sentence = re.split(r"[.?!;](?=\s+\w{2,}|\s*$)|,", before, maxsplit=1)[0]
    for word in _WORD.findall(sentence):
        if _plain(word) in _NO_NAME | _AFTER_NAME:
            if alone and _plain(word) not in _AFTER_NAME:
                return None
            break
        found.append(word)
    if len(found) > _LONGEST_NAME:
        return None
    if spelled:
        # The letters say how the last word is written.
        letters = "".join(letter for letter in spelled[0] if letter.isalpha())
        found = [*found[:-1], letters.lower()] if found else [letters.lower()]
    return " ".join(word if word != word.lower() else word[:1].upper() + word[1:] for word in found) or None


def _plain(word: str) -> str:
    return word.lower().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
