"""Tell words that ask for the floor from those that only say "I am listening"."""

import re

_AGREEING = (
    "mhm mmhm mmhmm uhhuh yeah yea yep yup ya okay ok kay right alright sure cool nice great good fine perfect gotcha "
    "thanks"
)
_SOUNDS = "mm mmm hm hmm hmmm mh uh huh um umm er erm ah aha ahh oh ooh wow ha haha hahaha heh hehe"
_PHRASES = r"\b(?:i see|got it|all right|of course|makes sense|thank you|that's (?:right|great|good|fine|nice))\b"
# Over a question "mm-hmm" is a yes.
_HUMMED_YES = frozenset(("mm hmm", "mm hm", "mmm hmm", "uh huh"))
_AGREEING_WORDS = frozenset(_AGREEING.split())
_LISTENING_WORDS = _AGREEING_WORDS.union(_SOUNDS.split())
# What speech models make of coughs and breath ("you" is the commonest), and Moonshine of "mhm" and "mm-hmm".
_NOISE = frozenset(("thank you for watching", "thanks for watching", "you", "homer", "mama", "mum", "them"))
_SOUND = re.compile(r"[\[(*][^\])*]*[\])*]")
_WORD = re.compile(r"[a-z']+|\d+")


def asks_for_the_floor(text: str) -> bool:
    """Whether somebody who says `text` over the assistant wants it to stop.

    "mhm", "yeah, okay", "uh-huh", a cough and laughter do not; nor does what a speech model invents for noise.
    """
    said = _said(text)
    words = re.sub(_PHRASES, " ", said).split()
    return said not in _NOISE and not _LISTENING_WORDS.issuperset(words)


def agrees(text: str) -> bool:
    """Whether words that do not ask for the floor answer a question all the same: "yeah", "mm-hmm", "of course"."""
    said = _said(text)
    words = re.sub(_PHRASES, " okay ", said).split()
    return said not in _NOISE and (said in _HUMMED_YES or not _AGREEING_WORDS.isdisjoint(words))


def _said(text: str) -> str:
    return " ".join(_WORD.findall(_SOUND.sub(" ", text.lower())))
