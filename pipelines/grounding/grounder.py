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
from pipelines.grounding import hours_asked, unseen
from pipelines.grounding.answers import Answer, Facts, How, decide, fact, joined, quote
from pipelines.grounding.dates import Named
from pipelines.grounding.figures import Evidence
from pipelines.grounding.knowledge import Knowledge, KnowledgeUnavailable, Match
from pipelines.grounding.questions import Intent, Question, is_question, parts, read, to_us
from pipelines.grounding.small_talk import refusal, reply
from pipelines.grounding.spoken import tokens

# Whoever says more in one turn gets the model, and no more searches.
MAX_QUESTIONS = 3
MAX_TOPIC_WORDS = 12
# More than a model beside the server has room for.
MAX_STORE_FACTS = 100

NO_HOURS = "I'm sorry, I don't know our opening hours, but I can take a message for the team."


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
        self._store_facts: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """What the assistant is called."""
        return self._assistant.name

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
        if any(isinstance(one, Answer) and one.how is not How.SMALL_TALK for one in found):
            # What tells nothing that anybody knows about needs no answer beside a question that has one.
            found = [one for part, one in zip(asked, found, strict=True) if one != Facts() or is_question(part)]
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

    async def store_facts(self) -> tuple[str, ...]:
        """What the store knows, an entry a line, the most important first; read once, nothing if that fails."""
        if self._store_facts is None:
            try:
                entries = await self._knowledge.first(self._assistant.store_id, limit=MAX_STORE_FACTS)
            except KnowledgeUnavailable:
                return ()
            self._store_facts = tuple(fact(entry) for entry in entries)
        return self._store_facts

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
        for asks, unknown in ((unseen.orders, unseen.ORDERS), (unseen.weather, unseen.WEATHER)):
            if asks(text):
                return Answer(unknown, How.UNKNOWN)
        told = None
        if here.hours.known:
            told = hours_asked.answer(text, here.hours, self._here_now(), goes_on=self._thread.about_hours)
        if told is not None:
            self._thread = replace(self._thread, about_hours=True)
            return Answer(told, How.HOURS)
        return await self._answer_from_entries(text)

    async def _answer_from_entries(self, text: str) -> Answer | Facts | None:
        """Answer one question that is not wholly about opening hours, though perhaps it has to do with them."""
        question = read(text)
        goes_on = self._thread.about_hours and question.goes_on
        answer = await self._look_up(question)
        if unseen.shelves(text):
            return _uncounted(answer)
        if isinstance(answer, Answer) and answer.how is How.ENTRY:
            return answer
        found = await self._with_hours(text, answer, goes_on=goes_on)
        # There has to be something in the question to go by.
        return found if question.topic or found != Facts() else None

    async def _with_hours(self, text: str, found: Answer | Facts, *, goes_on: bool) -> Answer | Facts:
        """What is said of opening hours, or what was found, with the hours where they may matter."""
        now, week = self._here_now(), self._assistant.hours
        asked = hours_asked.is_asked(text)
        if not week.known:
            return Answer(NO_HOURS, How.UNKNOWN) if asked and (isinstance(found, Answer) or not found.lines) else found
        feast = hours_asked.feast(text, week, now)
        if feast:
            return await self._about_feast(feast)
        told = hours_asked.facts(text, week, now)
        if asked:
            return Answer(" ".join(["I'm not sure about that.", *told]), How.HOURS)
        if isinstance(found, Answer):
            return found
        told = told or ((week.told(now),) if goes_on else ())
        return joined([*(Answer(one, How.HOURS) for one in told), found])

    async def _about_feast(self, feast: Named) -> Answer:
        """What the store has told about it, or the usual hours of such a day."""
        matches = await self._search(tuple(tokens(feast.feast)))
        told = [
            match for match in matches if match.entry.price is None and len(match.mentioned) == len(tokens(feast.feast))
        ]
        if told:
            return quote(max(told, key=lambda match: match.likeness).entry)
        return Answer(hours_asked.usually(feast, self._assistant.hours, self._here_now()), How.HOURS)

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


def _uncounted(found: Answer | Facts) -> Answer:
    """That nobody sees how many there are; with the one thing that it is about, if it is one."""
    known = [found] if isinstance(found, Answer) else [found.answer(at) for at in range(len(found.lines))]
    things = [one for one in known if one.how is How.PRICE]
    if len(things) != 1:
        return Answer(unseen.SHELVES, How.UNKNOWN)
    return Answer(f"{unseen.SHELVES} {things[0].text}", How.UNKNOWN, things[0].entries)


def _joined(found: Sequence[Answer | Facts]) -> Answer | Facts:
    """One answer to several questions; if the model has to answer one of them, it answers them all."""
    answers = [one for one in found if isinstance(one, Answer)]
    if answers and len(answers) == len(found):
        entries = tuple(dict.fromkeys(entry for one in found for entry in one.entries))
        return Answer(" ".join(dict.fromkeys(one.text for one in answers)), answers[0].how, entries)
    return joined(found)
