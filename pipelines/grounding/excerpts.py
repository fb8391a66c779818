"""The sentences of a long text that a question is about: nobody listens to a page, and a model reads it for seconds."""

import re
from collections.abc import Collection

from pipelines.grounding.spoken import tokens

# About 20 seconds of speech.
MAX_CHARS = 320
STEM_LETTERS = 5

_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")


def excerpt(text: str, asked: Collection[str]) -> str:
    """What of the text has to do with these words (`spoken.tokens`), in its order: all of it if it is short."""
    if len(text) <= MAX_CHARS:
        return text
    sentences = [sentence.strip() for sentence in _SENTENCES.split(text) if sentence.strip()]
    wanted = {word[:STEM_LETTERS] for word in asked}
    hits = [len(wanted & {word[:STEM_LETTERS] for word in tokens(sentence)}) for sentence in sentences]
    kept: set[int] = set()
    left = MAX_CHARS
    # Best first, of equals the earlier; what goes on from a sentence often explains it.
    for at in sorted(range(len(sentences)), key=lambda at: (-hits[at], at)):
        if len(sentences[at]) < left:
            kept.add(at)
            left -= len(sentences[at]) + 1
    chosen = " ".join(sentences[at] for at in sorted(kept))
    return chosen or f"{text[:MAX_CHARS].rsplit(' ', 1)[0]}…"
