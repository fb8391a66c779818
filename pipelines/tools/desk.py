"""What the assistant does for a caller without a model: take a message, put them through, hang up after goodbye."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

import structlog

from auth.principals import StoreId
from pipelines.assistants.records import Tool
from pipelines.conversations.records import ConversationId
from pipelines.conversations.tool_calls import ToolCall, ToolOutcome
from pipelines.grounding.answers import Answer, Facts, How
from pipelines.grounding.figures import Evidence
from pipelines.grounding.small_talk import is_goodbye
from pipelines.tools import phrases, routing, taking
from pipelines.tools.destinations import Destination
from pipelines.tools.messages import Draft, InboxUnavailable, Keeps, Message, MessageId
from pipelines.tools.taking import Effect, Reply, Taking
from pipelines.tools.transfers import Transfer
from pipelines.tools.webhooks import WebhookTool

AWAY = "I'm sorry, I can't write messages down just now. Please try again a little later."
NOT_KNOWN = "I'm not sure about that."
WAITS = "Of course. Take your time, I'll be here."
# What a person is told who takes a call over.
SAID = "The caller said: {}"
MAX_QUOTED_CHARS = 250
PUTS_THROUGH = "One moment, I'll put you through."
# How the assistant offers to take a message, in its own words or the model's.
OFFER = "take a message"

log = structlog.get_logger()


class HandsOver(Protocol):
    """The way to a person; see `pipelines.tools.transfers.Handover`."""

    @property
    def destinations(self) -> Sequence[Destination]:
        """To whom; at least one."""

    def request(self, wanted: Transfer) -> None:
        """Hand over once the assistant's next words were heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The conversation that the desk serves.

    Once the assistant's next words were heard, `hang_up` ends it, and `transfers` hands the caller over to a person, on
    lines where that can be done and for stores that named somebody. `wait` tells that the caller wants a moment of
    silence. `note` keeps what was done with a tool.
    """

    conversation_id: ConversationId
    store_id: StoreId
    hang_up: Callable[[], None]
    wait: Callable[[], None]
    transfers: HandsOver | None = None
    note: Callable[[ToolCall], None]


class Answers(Protocol):
    """Who answers everything else; see `pipelines.grounding.grounder.Grounding`."""

    async def answer(self, text: str) -> Answer | Facts:
        """Answer what the caller said in one turn."""

    async def peek(self, text: str) -> Answer | Facts:
        """What `answer` would say; nothing changes."""

    def evidence(self, facts: Facts | None = None, *, told: str = "", caller: str = "") -> Evidence:
        """What a reply may count on."""


class Desk:
    """Stands before the store's answers in one conversation.

    `may` names the tools that the assistant was given, `own` are the store's: what they are for is left to the model.
    """

    def __init__(  # noqa: PLR0913 - all that the desk works with
        self,
        answers: Answers,
        inbox: Keeps,
        call: Call,
        *,
        may: frozenset[Tool],
        own: Sequence[WebhookTool] = (),
        now: Callable[[], datetime],
    ) -> None:
        self._answers = answers
        self._inbox = inbox
        self._call = call
        self._may = may
        self._own = own
        self._now = now
        self._taking: Taking | None = None
        self._message_id = MessageId(uuid4())
        self._kept = False

    async def answer(self, text: str, *, told: str = "") -> Answer | Facts:
        """Go on with the message that is being taken, or answer. `told`: what the assistant said last.

        Raises KnowledgeUnavailable.
        """
        if phrases.asks_to_wait(text):
            self._call.wait()
            return Answer(WAITS, How.TOOL)
        reply = self._taking.hear(text) if self._taking else self._begin(text, told)
        if reply is None:
            return await self._answer_beside(text, told)
        begins = self._taking is None
        say = await self._settle(reply)
        if say and begins:
            self._note(Tool.TAKE_MESSAGE, say)
        return Answer(say, How.TOOL) if say else await self._answer_otherwise(text, told)

    async def peek(self, text: str) -> Answer | Facts:
        """What `answer` would say, as far as it concerns the model; nothing changes. Raises KnowledgeUnavailable."""
        if self._taking or self._begin(text, "") or self._wants_person(text) or phrases.asks_to_wait(text):
            return Answer("", How.TOOL)
        return self._left_to_model(await self._answers.peek(text), text, "")

    async def take_message(self) -> str:
        """Begin a message at the model's wish, and return what to ask first."""
        return await self._settle(taking.start())

    def transfer(self, to: str, *, briefing: str) -> str:
        """Put the caller through, and return what to say before; only where the call can do that.

        `to`: the name of a destination, somewhere in these words; without one it is the first.
        """
        if self._call.transfers:
            destinations = self._call.transfers.destinations
            named = (one for one in destinations if one.name.lower() in to.lower())
            self._call.transfers.request(Transfer(next(named, destinations[0]), briefing))
        return PUTS_THROUGH

    def say_goodbye(self, store: str) -> str:
        """Hang up, and return what to say before."""
        self._call.hang_up()
        return f"Thank you for calling {store}. Goodbye!"

    def evidence(self, facts: Facts | None = None, *, told: str = "", caller: str = "") -> Evidence:
        """What a reply may count on."""
        return self._answers.evidence(facts, told=told, caller=caller)

    def _begin(self, text: str, told: str) -> Reply | None:
        if Tool.TAKE_MESSAGE not in self._may:
            return None
        return taking.begin(text, offered=OFFER in told.lower())

    async def _answer_beside(self, text: str, told: str) -> Answer | Facts:
        """Answer a question to the store, and come back to the message if one is being taken."""
        if self._taking is None:
            return await self._answer_otherwise(text, told)
        found = await self._answers.answer(text)
        known = isinstance(found, Answer) and found.how is not How.UNKNOWN
        said = found.text if known and isinstance(found, Answer) else NOT_KNOWN
        return Answer(f"{said} {self._taking.ask()}", How.TOOL, found.entries if known else ())

    async def _answer_otherwise(self, text: str, told: str) -> Answer | Facts:
        if self._wants_person(text):
            say = self.transfer(text, briefing=SAID.format(text[:MAX_QUOTED_CHARS]))
            self._note(Tool.TRANSFER_CALL, say)
            return Answer(say, How.TOOL)
        found = await self._answers.answer(text)
        if Tool.END_CONVERSATION in self._may and is_goodbye(text):
            self._call.hang_up()
            self._note(Tool.END_CONVERSATION, found.text if isinstance(found, Answer) else "")
        return self._left_to_model(found, text, told)

    def _wants_person(self, text: str) -> bool:
        return Tool.TRANSFER_CALL in self._may and self._call.transfers is not None and phrases.wants_person(text)

    def _left_to_model(self, found: Answer | Facts, text: str, told: str) -> Answer | Facts:
        """Leave to the model what may be for a tool of the store's: what is not known here, and an example's words."""
        if not isinstance(found, Answer) or found.how in {How.SMALL_TALK, How.TOOL}:
            return found
        concerned = routing.concerning(self._own, text, told=told)
        unknown = found.how is How.UNKNOWN
        if any(unknown or routing.fits(tool, text) for tool in concerned):
            return Facts(() if unknown else (found.text,), found.entries)
        return found

    def _note(self, tool: Tool, said: str) -> None:
        self._call.note(
            ToolCall(
                id=uuid4(),
                conversation_id=self._call.conversation_id,
                name=tool,
                arguments={},
                answer=said,
                outcome=ToolOutcome.OK,
                started_at=self._now(),
                duration_ms=0,
            )
        )

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
