"""The sentences of a long text that a question is about: nobody listens to a page, and a model reads it for seconds."""

from collections.abc import Collection

from pipelines.grounding.spoken import sentences, tokens

# About 20 seconds of speech.
MAX_CHARS = 320
STEM_LETTERS = 5


def excerpt(text: str, asked: Collection[str]) -> str:
    """What of the text has to do with these words (`spoken.tokens`), in its order: all of it if it is short."""
    if len(text) <= MAX_CHARS:
        return text
    parts = [part.strip() for part in sentences(text) if part.strip()]
    wanted = {word[:STEM_LETTERS] for word in asked}
    hits = [len(wanted & {word[:STEM_LETTERS] for word in tokens(part)}) for part in parts]
    kept: set[int] = set()
    left = MAX_CHARS
    # Best first, of equals the earlier; what goes on from a sentence often explains it.
    for at in sorted(range(len(parts)), key=lambda at: (-hits[at], at)):
        if len(parts[at]) < left:
            kept.add(at)
            left -= len(parts[at]) + 1
    chosen = " ".join(parts[at] for at in sorted(kept))
    return chosen or f"{text[:MAX_CHARS].rsplit(' ', 1)[0]}…"
