"""Whether a person or an answering machine has picked up a call that we make, where the carrier does not tell.

Pipecat's detector decides, once whoever answered is silent; what it is told of a greeting is looked up and not asked of
a model, since machines say the same few things.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pipecat.classifiers.base_classifier import (
    BaseClassifier,
    ChoiceResult,
    ClassifierImage,
    ClassifierQuestion,
    ClassifierResult,
)
from pipecat.extensions.voicemail.voicemail_detector import VoicemailDetector
from pipecat.frames.frames import TTSSpeakFrame
from pipecat.metrics.metrics import LLMTokenUsage

from pipelines.limits import EndReason
from pipelines.registry import LiveSession

PERSON, MACHINE = "human", "machine"

# What people's own greetings, carriers' and mailboxes' have in common; nobody who picks up says it.
_GREETING_OF_A_MACHINE = re.compile(
    r"""
    \b(?: leave \s (?:me \s)? (?:a|your) (?:\s \w+){0,2} \s (?:message|name|number)
      | (?:after|at|wait \s for) \s the \s (?:tone|beep)
      | you(?:'ve|\s have) \s (?:now \s)? reached
      | (?:can(?:'t|not)|unable \s to|not \s able \s to) \s (?:come \s to \s the \s phone|take \s your \s call|answer)
      | (?:is|are|am|'m) \s (?:currently \s)? (?:not \s available|unavailable) \s (?:right|at|to)
      | voice \s? mail | mail \s? box | answering \s machine
      | not \s in \s service | has \s been \s disconnected
      | please \s (?:record|hang \s up \s and) )\b
    """,
    re.VERBOSE | re.IGNORECASE,
)


def sounds_recorded(greeting: str) -> bool:
    """Whether these are the words of an answering machine or a mailbox."""
    return _GREETING_OF_A_MACHINE.search(greeting.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")) is not None


class _Greetings(BaseClassifier):
    """Answers the one question that the detector has."""

    async def _ask(
        self,
        state: str | dict[str, Any] | list[Any],
        questions: Mapping[str, ClassifierQuestion],
        images: Sequence[ClassifierImage] = (),  # noqa: ARG002 - a greeting is words
    ) -> tuple[dict[str, ClassifierResult], LLMTokenUsage | None]:
        choice = "voicemail" if sounds_recorded(str(state)) else "conversation"
        result = ChoiceResult(choice=choice, probabilities={choice: 1.0}, confidence=1.0)
        return dict.fromkeys(questions, result), None


class Screening:
    """One call's: `heard` is told once who answered; a machine is told `message`, or nothing, and then it is over."""

    def __init__(self, live: LiveSession, *, message: str | None, heard: Callable[[str], Awaitable[None]]) -> None:
        self._live = live
        self._message = message
        self._heard = heard
        self.detector = VoicemailDetector(classifier=_Greetings())  # type: ignore[no-untyped-call]  # pipecat declares no types
        self.detector.add_event_handler("on_conversation_detected", self._person)
        self.detector.add_event_handler("on_voicemail_detected", self._machine)

    async def say(self) -> None:
        """Say the message; from the detector on, which lets nothing more through to a machine."""
        if self._message:
            await self.detector.push_frame(TTSSpeakFrame(self._message))

    async def _person(self, _detector: VoicemailDetector) -> None:
        await self._heard(PERSON)

    async def _machine(self, _detector: VoicemailDetector) -> None:
        await self._heard(MACHINE)
        self._live.end(EndReason.MACHINE)
