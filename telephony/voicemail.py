"""Voicemails: what callers leave when nobody can talk to them goes to the store's inbox, as messages do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import structlog

from auth.principals import StoreId
from pipelines.assistants.queries import AssistantQueries
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import Conversation, ConversationId, Direction, Ending
from pipelines.tools.messages import MAX_TEXT_CHARS, Keeps, Message, MessageId
from telephony.calls import VOICEMAIL

log = structlog.get_logger()


class Voicemails:
    """Keeps each once, by the carrier's id of its recording; what is told of it later takes the place of the first."""

    def __init__(
        self,
        inbox: Keeps,
        conversations: ConversationQueries,
        assistants: AssistantQueries,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._inbox = inbox
        self._conversations = conversations
        self._assistants = assistants
        self._now = now

    async def keep(self, store_id: StoreId, recording: str, *, text: str, caller_number: str | None) -> None:
        """Put a voicemail into the store's inbox. A store without assistant has none."""
        assistant = await self._assistants.of_store(store_id)
        if assistant is None:
            log.warning("voicemail_without_assistant")
            return
        # The same recording is the same message, however often and in whichever order we are told of it.
        known = uuid5(NAMESPACE_URL, f"voicemail:{recording}")
        now = self._now()
        conversation = Conversation(
            id=ConversationId(known),
            store_id=store_id,
            assistant_id=assistant.id,
            assistant_version=assistant.version,
            user_id=None,
            channel="phone",
            started_at=now - timedelta(seconds=1),
            direction=Direction.INBOUND,
            caller_number=caller_number,
        )
        await self._conversations.start(conversation)
        await self._inbox.keep(
            Message(
                id=MessageId(known),
                store_id=store_id,
                conversation_id=conversation.id,
                taken_at=now,
                name=None,
                number=caller_number,
                text=text.replace("\0", "")[:MAX_TEXT_CHARS],
                confirmed=False,
            )
        )
        await self._conversations.end(Ending(conversation.id, now, VOICEMAIL))
