"""Answer from what the store knows, or find the facts with which the language model may.

A question is answered here only if every word of it is accounted for: it is wholly about opening hours, or each of
its words belongs to entries that are then quoted. Whoever asks for a price or for opening hours is never sent on
to the model: the answer is computed, quoted, or an honest "I don't know".
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.assistants.records import Assistant
from pipelines.grounding import hours
from pipelines.grounding.answers import Answer, Facts, How, decide
from pipelines.grounding.figures import Evidence
from pipelines.grounding.knowledge import Knowledge, Match
from pipelines.grounding.questions import Intent, Question, parts, read, to_us
from pipelines.grounding.small_talk import refusal, reply

# Whoever says more in one turn gets the model, and no more searches.
MAX_QUESTIONS = 3
MAX_TOPIC_WORDS = 12


@dataclass(frozen=True, slots=True)
class Thread:
    """What the conversation was about last, for a turn that leans on the one before it."""

    intent: Intent = Intent.OTHER
    topic: tuple[str, ...] = ()
    about_hours: bool = False
    last_answer: str = ""


class Grounding:
    """Answers the turns of one conversation, in order."""

    def __init__(self, assistant: Assistant, knowledge: Knowledge, *, now: Callable[[], datetime]) -> None:
        self._assistant = assistant
        self._knowledge = knowledge
        self._now = now
        self._thread = Thread()

    async def answer(self, text: str) -> Answer | Facts:
        """Answer what the caller said in one turn.

        Raises KnowledgeUnavailable, though not for opening hours and small talk.
        """
        here = self._assistant
        heard = to_us(text, name=here.name, store=here.store_name)
        refused = refusal(heard, store=here.store_name)
        if refused is not None:
            return Answer(refused, How.SMALL_TALK)
        asked = parts(heard)
        if not 1 <= len(asked) <= MAX_QUESTIONS:
            asked = [heard]
        found = [await self._answer_one(part) for part in asked]
        # Thanks, a greeting or "what can I do?" need no answer of their own beside a question.
        questions = [one for one in found if one and not (isinstance(one, Answer) and one.how is How.SMALL_TALK)]
        answer = _joined(questions or [one for one in found if one][:1] or [Facts()])
        self._thread = replace(self._thread, last_answer=answer.text if isinstance(answer, Answer) else "")
        return answer

    async def peek(self, text: str) -> Answer | Facts:
        """What `answer` would say if these words were the turn; the conversation stays where it is.

        Raises KnowledgeUnavailable as `answer` does.
        """
        return await copy(self).answer(text)

    def evidence(self, facts: Facts | None = None, *, told: str = "", caller: str = "") -> Evidence:
        """What a reply may count on: these facts, what the assistant has told before, and the caller's words."""
        facts = facts or Facts()
        return Evidence(
            "\n".join((*facts.lines, told)),
            caller,
            facts.entries,
            hours=self._assistant.hours,
            now=self._here_now(),
        )

    def _here_now(self) -> datetime:
        return self._now().astimezone(self._assistant.time_zone)

    async def _answer_one(self, text: str) -> Answer | Facts | None:
        """Answer one question; None if there is nothing in it to go by."""
        here = self._assistant
        said = reply(text, name=here.name, store=here.store_name, last_answer=self._thread.last_answer)
        if said is not None:
            return Answer(said, How.SMALL_TALK)
        told = hours.answer(text, here.hours, self._here_now(), goes_on=self._thread.about_hours)
        if told is not None:
            self._thread = replace(self._thread, about_hours=True)
            return Answer(told, How.HOURS)
        question = read(text)
        goes_on = self._thread.about_hours and question.goes_on
        answer = await self._look_up(question)
        if isinstance(answer, Answer) and answer.how is How.ENTRY:
            return answer
        if hours.is_asked(text):
            return Answer(f"I'm not sure about that. {here.hours.told(self._here_now())}", How.HOURS)
        if isinstance(answer, Facts) and (goes_on or hours.is_touched(text)):
            return replace(answer, lines=(here.hours.told(self._here_now()), *answer.lines))
        return answer if question.topic or answer != Facts() else None

    async def _look_up(self, question: Question) -> Answer | Facts:
        """Answer about the topic, or about the one before it if the question leans on that."""
        before = self._thread
        if question.topic:
            self._thread = Thread(question.intent, question.topic)
        readings = [question]
        if before.topic and (question.refers or question.goes_on):
            both = replace(question, topic=(*before.topic, *question.topic))
            # "And the basil?" names something else; "and the large one?" more of the same thing.
            readings = [both, question] if question.refers else [question, both]
        if question.goes_on and question.intent is Intent.OTHER:
            readings = [replace(reading, intent=before.intent) for reading in readings]
        answers = [decide(reading, await self._search(reading.topic)) for reading in readings if reading.topic]
        known = (one for one in answers if isinstance(one, Answer) and one.how is not How.UNKNOWN)
        return next(known, answers[0] if answers else decide(question, []))

    async def _search(self, topic: tuple[str, ...]) -> list[Match]:
        return await self._knowledge.search(self._assistant.store_id, list(topic[:MAX_TOPIC_WORDS])) if topic else []


def _joined(found: Sequence[Answer | Facts]) -> Answer | Facts:
    """One answer to several questions; if the model has to answer one of them, it answers them all."""
    entries = tuple(dict.fromkeys(entry for one in found for entry in one.entries))
    answers = [one for one in found if isinstance(one, Answer)]
    if answers and len(answers) == len(found):
        return Answer(" ".join(dict.fromkeys(one.text for one in answers)), answers[0].how, entries)
    lines = [line for one in found for line in ((one.text,) if isinstance(one, Answer) else one.lines)]
    return Facts(tuple(dict.fromkeys(lines)), entries)
