"""What the assistant does for a caller by itself, without a model: take a message, and hang up after goodbye."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

import structlog

from auth.principals import StoreId
from pipelines.conversations.records import ConversationId
from pipelines.grounding.answers import Answer, Facts, How
from pipelines.grounding.figures import Evidence
from pipelines.grounding.small_talk import is_goodbye
from pipelines.tools import taking
from pipelines.tools.messages import Draft, InboxUnavailable, Keeps, Message, MessageId
from pipelines.tools.taking import Effect, Reply, Taking
from pipelines.tools.transfers import Handover

TAKE_MESSAGE = "take_message"
END_CONVERSATION = "end_conversation"
BUILT_IN = frozenset({TAKE_MESSAGE, END_CONVERSATION})

AWAY = "I'm sorry, I can't write messages down just now. Please try again a little later."
NOT_KNOWN = "I'm not sure about that."
# How the assistant offers to take a message, in its own words or the model's.
OFFER = "take a message"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The conversation that the desk serves; `hang_up` ends it once the assistant's next words were heard.

    `transfers` hands the caller over to a person, on lines where that can be done and stores that named somebody.
    """

    conversation_id: ConversationId
    store_id: StoreId
    hang_up: Callable[[], None]
    transfers: Handover | None = None


class Answers(Protocol):
    """Who answers everything else; see `pipelines.grounding.grounder.Grounding`."""

    async def answer(self, text: str) -> Answer | Facts:
        """Answer what the caller said in one turn."""

    async def peek(self, text: str) -> Answer | Facts:
        """What `answer` would say; nothing changes."""

    def evidence(self, facts: Facts | None = None, *, told: str = "", caller: str = "") -> Evidence:
        """What a reply may count on."""


class Desk:
    """Stands before the store's answers in one conversation. `may` names the tools that the assistant was given."""

    def __init__(
        self, answers: Answers, inbox: Keeps, call: Call, *, may: Collection[str], now: Callable[[], datetime]
    ) -> None:
        self._answers = answers
        self._inbox = inbox
        self._call = call
        self._may = frozenset(may)
        self._now = now
        self._taking: Taking | None = None
        self._message_id = MessageId(uuid4())
        self._kept = False

    async def answer(self, text: str, *, told: str = "") -> Answer | Facts:
        """Go on with the message that is being taken, or answer. `told`: what the assistant said last.

        Raises KnowledgeUnavailable.
        """
        reply = self._taking.hear(text) if self._taking else self._begin(text, told)
        if reply is None:
            return await self._answer_beside(text)
        say = await self._settle(reply)
        return Answer(say, How.TOOL) if say else await self._answer_otherwise(text)

    async def peek(self, text: str) -> Answer | Facts:
        """What `answer` would say, as far as it concerns the model; nothing changes. Raises KnowledgeUnavailable."""
        if self._taking or self._begin(text, ""):
            return Answer("", How.TOOL)
        return await self._answers.peek(text)

    def evidence(self, facts: Facts | None = None, *, told: str = "", caller: str = "") -> Evidence:
        """What a reply may count on."""
        return self._answers.evidence(facts, told=told, caller=caller)

    def _begin(self, text: str, told: str) -> Reply | None:
        if TAKE_MESSAGE not in self._may:
            return None
        return taking.begin(text, offered=OFFER in told.lower())

    async def _answer_beside(self, text: str) -> Answer | Facts:
        """Answer a question to the store, and come back to the message if one is being taken."""
        if self._taking is None:
            return await self._answer_otherwise(text)
        found = await self._answers.answer(text)
        known = isinstance(found, Answer) and found.how is not How.UNKNOWN
        said = found.text if known and isinstance(found, Answer) else NOT_KNOWN
        return Answer(f"{said} {self._taking.ask()}", How.TOOL, found.entries if known else ())

    async def _answer_otherwise(self, text: str) -> Answer | Facts:
        if END_CONVERSATION in self._may and is_goodbye(text):
            self._call.hang_up()
        return await self._answers.answer(text)

    async def _settle(self, reply: Reply) -> str:
        """Do with the message what the reply says, and return what to say."""
        draft = reply.taking.draft if reply.taking else self._taking.draft if self._taking else Draft()
        try:
            if reply.effect in {Effect.KEEP, Effect.CONFIRM}:
                await self._inbox.keep(self._message(draft, confirmed=reply.effect is Effect.CONFIRM))
                self._kept = True
            elif reply.effect is Effect.DROP and self._kept:
                await self._inbox.drop(self._message_id)
        except InboxUnavailable as error:
            log.warning("message_not_kept", reason=error.reason)
            self._close()
            return AWAY
        self._taking = reply.taking
        if self._taking is None:
            self._close()
        return reply.say

    def _close(self) -> None:
        self._taking, self._kept, self._message_id = None, False, MessageId(uuid4())

    def _message(self, draft: Draft, *, confirmed: bool) -> Message:
        return Message(
            id=self._message_id,
            store_id=self._call.store_id,
            conversation_id=self._call.conversation_id,
            taken_at=self._now(),
            name=draft.name or None,
            number=draft.number or None,
            # PostgreSQL's text cannot hold U+0000. https://www.postgresql.org/docs/current/datatype-character.html
            text=(draft.text or "").replace("\0", ""),
            confirmed=confirmed,
        )
