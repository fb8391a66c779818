"""Keep invented figures, the model's own rules and its calls of tools out of what is spoken."""

import re
from dataclasses import dataclass

from pipecat.frames.frames import (
    AggregatedTextFrame,
    DataFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.utils.text.base_text_aggregator import TextType

from pipelines.grounding.answers import Answer, Facts
from pipelines.grounding.figures import Evidence, tells_of_the_store
from pipelines.processors.brisk import Step
from pipelines.prompts import recites
from pipelines.providers.embedded.clauses import ClauseAggregator

INSTEAD = "I'm not sure about that, so please check with us in the shop."


# Names of tools and their arguments, as a model writes them: no store says such a thing.
_CODE = re.compile(r"\w_\w|[{}]|\bCALL [a-z]")


@dataclass
class GroundsFrame(DataFrame):
    """Goes before a reply: what it may count on, or None when the store's own words are quoted; and what was found.

    `more`: it was found by a tool or picked by the model, within the turn that an earlier one began. `talk`: what comes
    is small talk, and tells nothing of the store.
    """

    evidence: Evidence | None = None
    found: Answer | Facts | None = None
    more: bool = False
    talk: bool = False


class FiguresGuard(Step):
    """Releases a model's reply piece by piece, as it will be spoken, and only pieces whose figures have a ground.

    The first piece that has none is replaced by INSTEAD, and its like are left out. Pieces are those of the
    voice (the first clause, then sentences), which would have to wait for them anyway; it speaks an
    AggregatedTextFrame at once. Quoted answers pass untouched. Until a GroundsFrame comes, nothing has a ground.
    """

    def __init__(self, nothing: Evidence) -> None:
        super().__init__()
        self._evidence: Evidence | None = nothing
        self._pieces = ClauseAggregator()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated
        self._sentence = ""
        self._replaced = self._talk = False

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Hold back the model's text; everything else passes."""
        await super().process_frame(frame, direction)
        match frame:
            case GroundsFrame():
                self._talk = frame.talk
                if not frame.talk:
                    self._evidence = frame.evidence
                return
            case LLMTextFrame() if self._evidence and direction is FrameDirection.DOWNSTREAM:
                async for piece in self._pieces.aggregate(frame.text):
                    await self._release(piece.text)
                return
            case LLMFullResponseEndFrame() if rest := await self._pieces.flush():
                await self._release(rest.text)
            case LLMFullResponseStartFrame() | InterruptionFrame():
                await self._pieces.reset()
                self._sentence, self._replaced = "", False
            case _:
                pass
        await self.push_frame(frame, direction)

    async def _release(self, piece: str) -> None:
        # A clause is judged together with the beginning of its sentence: "On Sunday we're open, from 9 AM."
        self._sentence = f"{self._sentence} {piece}".strip()
        if self._evidence is None or self._may_be_said(self._evidence):
            await self._say(piece)
        elif not self._replaced:
            self._replaced = True
            await self._say(INSTEAD)
        if piece.rstrip("\"')").endswith((".", "!", "?")):
            self._sentence = ""

    def _may_be_said(self, evidence: Evidence) -> bool:
        said = self._sentence
        told = self._talk and tells_of_the_store(said)
        return evidence.supports(said) and not told and not recites(said) and not _CODE.search(said)

    async def _say(self, text: str) -> None:
        if text.strip():
            await self.push_frame(AggregatedTextFrame(text.strip(), TextType.SENTENCE))
