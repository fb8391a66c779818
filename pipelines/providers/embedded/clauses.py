"""Cut a reply into what is spoken at a time: sentence by sentence, its first clause early."""

from collections.abc import AsyncIterator

from pipecat.utils.text.base_text_aggregator import Aggregation, TextType
from pipecat.utils.text.simple_text_aggregator import SimpleTextAggregator

CLAUSE_WORDS_MIN = 4
# Without a comma, this many words are worth a cut before a word that opens a new phrase.
PHRASE_WORDS_MIN = 8

_CLAUSE_MARKS = (",", ";", ":", "\N{EM DASH}", "\N{EN DASH}")
_OPENERS = (
    "after and at because before between but by during for from if in on or so unless until when where which while who"
    " with within without"
)
_PHRASE_OPENERS = frozenset(_OPENERS.split())


class ClauseAggregator(SimpleTextAggregator):
    """pipecat's sentence aggregator, except that the caller does not wait for the whole first sentence.

    A language model takes a second for a long sentence; the voice needs a few hundredths for its first clause, and
    while that is heard the rest arrives. Later sentences stay whole, because they sound better whole.
    """

    _opening = True

    async def aggregate(self, text: str) -> AsyncIterator[Aggregation]:
        """Yield what can be spoken already, once `text` has joined what came before."""
        for character in text:
            async for sentence in super().aggregate(character):
                self._opening = False
                yield sentence
            if self._opening and character.isspace() and (end := _first_clause(self._text)):
                self._opening = False
                clause, self._text = self._text[:end], self._text[end:]
                yield Aggregation(text=clause.strip(), type=TextType.SENTENCE)

    async def flush(self) -> Aggregation | None:
        """Return what is left at the end of the reply."""
        rest = await super().flush()
        await self.reset()
        return rest

    async def handle_interruption(self) -> None:
        """Forget the reply that the caller talked over."""
        await self.reset()

    async def reset(self) -> None:
        """Be ready for a new reply."""
        await super().reset()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
        self._opening = True


def _first_clause(text: str) -> int:
    """Return where the first clause of `text` ends, or 0 while it is too short or a full stop is undecided ("Dr. ")."""
    words = text.split()
    if len(words) >= CLAUSE_WORDS_MIN and words[-1].endswith(_CLAUSE_MARKS):
        return len(text)
    if len(words) < PHRASE_WORDS_MIN or not words[-1][-1].isalnum():
        return 0
    openers = [word for word in words[CLAUSE_WORDS_MIN:] if word in _PHRASE_OPENERS]
    return text.rindex(f" {openers[-1]} ") if openers else 0
