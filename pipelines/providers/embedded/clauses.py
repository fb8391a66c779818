"""Cut a reply into what is spoken at a time: sentence by sentence, its first clause early."""

import re
from collections.abc import AsyncIterator

from pipecat.utils.text.base_text_aggregator import Aggregation, TextType
from pipecat.utils.text.simple_text_aggregator import SimpleTextAggregator

CLAUSE_WORDS_MIN = 4
# Without a comma, this many words are worth a cut before a word that opens a new phrase.
PHRASE_WORDS_MIN = 6
# "Yes," or "Of course,": spoken while the rest of the clause is being written.
ANSWER_WORDS_MAX = 2

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
    _answered = False

    async def aggregate(self, text: str) -> AsyncIterator[Aggregation]:
        """Yield what can be spoken already, once `text` has joined what came before."""
        for character in text:
            async for sentence in super().aggregate(character):
                self._opening = False
                yield sentence
            if self._opening and character.isspace() and (end := self._first_piece()):
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
        self._answered = False

    def _first_piece(self) -> int:
        """Return where to cut, or 0: behind a word or two that answer already, then behind the first clause."""
        if not self._answered and _is_answer(self._text):
            self._answered = True
            return len(self._text)
        end = _first_clause(self._text)
        self._opening = not end
        return end


def _is_answer(text: str) -> bool:
    return len(text.split()) <= ANSWER_WORDS_MAX and text.rstrip().endswith(",")


def _first_clause(text: str) -> int:
    """Return where the first clause of `text` ends, or 0 while it is too short or a full stop is undecided ("Dr. ")."""
    words = text.split()
    if len(words) >= CLAUSE_WORDS_MIN and words[-1].endswith(_CLAUSE_MARKS):
        return len(text)
    if len(words) < PHRASE_WORDS_MIN or not words[-1][-1].isalnum():
        return 0
    openers = [word for word in words[CLAUSE_WORDS_MIN:] if word in _PHRASE_OPENERS]
    return [*re.finditer(rf"\s{openers[-1]}(?=\s)", text)][-1].start() if openers else 0
