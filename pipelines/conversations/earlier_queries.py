"""Conversations that go on elsewhere, from PostgreSQL."""

import asyncpg

from pipelines.assistants.queries import AssistantQueries
from pipelines.conversations.earlier import Earlier
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import Conversation, ConversationId, Direction


class EarlierQueries:
    """Puts one together from the tables of assistants, conversations and turns."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._assistants = AssistantQueries(pool)
        self._conversations = ConversationQueries(pool)

    async def earlier(self, conversation_id: ConversationId) -> Earlier | None:
        """What is on record of a conversation that has not ended; None without one."""
        row = await self._pool.fetchrow(
            """
            SELECT id, store_id, assistant_id, assistant_version, user_id, channel, started_at, direction, caller_number
            FROM conversations
            WHERE id = $1 AND ended_at IS NULL
            """,
            conversation_id,
        )
        assistant = await self._assistants.of_conversation(conversation_id) if row else None
        if row is None or assistant is None:
            return None
        conversation = Conversation(**{**row, "direction": Direction(row["direction"])})
        return Earlier(conversation, assistant, await self._conversations.turns(conversation_id))
