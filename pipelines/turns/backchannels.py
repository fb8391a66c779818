"""Tell words that ask for the floor from those that only say "I am listening"."""

import re

_LISTENING = (
    "mhm mm mmm mmhm mmhmm hm hmm hmmm mh uh huh uhhuh um umm er erm ah aha ahh oh ooh wow ha haha hahaha heh hehe "
    "yeah yea yep yup ya okay ok kay right alright sure cool nice great good fine perfect gotcha thanks"
)
_PHRASES = r"\b(?:i see|got it|all right|of course|makes sense|thank you|that's (?:right|great|good|fine|nice))\b"
_LISTENING_WORDS = frozenset(_LISTENING.split())
# What speech models make of coughs and breath ("you" is the commonest), and Moonshine of "mhm" and "mm-hmm".
_NOISE = frozenset(("thank you for watching", "thanks for watching", "you", "homer", "mama"))
_SOUND = re.compile(r"[\[(*][^\])*]*[\])*]")
_WORD = re.compile(r"[a-z']+|\d+")


def asks_for_the_floor(text: str) -> bool:
    """Whether somebody who says `text` over the assistant wants it to stop.

    "mhm", "yeah, okay", "uh-huh", a cough and laughter do not; nor does what a speech model invents for noise.
    """
    said = " ".join(_WORD.findall(_SOUND.sub(" ", text.lower())))
    words = re.sub(_PHRASES, " ", said).split()
    return said not in _NOISE and not _LISTENING_WORDS.issuperset(words)
