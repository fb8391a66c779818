"""GET …/conversations and GET …/conversations/{id}, on both hosts: whoever asks sees their own."""

from uuid import UUID

from aiohttp import web

from auth.errors import InvalidRequest
from auth.http import principal_of
from pipelines.conversations.records import (
    NEWEST,
    Conversation,
    ConversationId,
    ConversationNotFound,
    Conversations,
    Cursor,
    Turn,
)

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class History:
    """The handlers; errors raised here and below become answers at the edge."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def page(self, request: web.Request) -> web.Response:
        """Answer `{"conversations": […], "next_before": …}`, newest first.

        `?limit=` 1 to 100, 20 if left out. `?before=` takes the `next_before` of the page before, which is null
        at the end. Raises InvalidRequest.
        """
        before, limit = _before(request), _limit(request)
        page = await self._conversations.page(principal_of(request), before=before, limit=limit)
        return web.json_response(
            {
                "conversations": [_conversation_json(conversation) for conversation in page.conversations],
                "next_before": str(page.next_before) if page.next_before else None,
            }
        )

    async def show(self, request: web.Request) -> web.Response:
        """Answer one conversation with its `turns`. Raises ConversationNotFound."""
        conversation, turns = await self._conversations.show(principal_of(request), _id(request))
        return web.json_response({**_conversation_json(conversation), "turns": [_turn_json(turn) for turn in turns]})


def _before(request: web.Request) -> Cursor:
    text = request.query.get("before")
    try:
        return Cursor.parse(text) if text else NEWEST
    except ValueError as error:
        raise InvalidRequest("before: give the next_before of an earlier answer") from error


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", str(DEFAULT_LIMIT))
    # isdecimal() alone would let through numbers too long to read.
    limit = int(text) if text.isdecimal() and len(text) <= len(str(MAX_LIMIT)) else 0
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit: give a number from 1 to {MAX_LIMIT}")
    return limit


def _id(request: web.Request) -> ConversationId:
    text = request.match_info["id"]
    try:
        return ConversationId(UUID(text))
    except ValueError as error:
        raise ConversationNotFound(text) from error


def _conversation_json(conversation: Conversation) -> dict[str, object]:
    return {
        "id": str(conversation.id),
        "store_id": str(conversation.store_id),
        "assistant_id": str(conversation.assistant_id),
        "user_id": str(conversation.user_id) if conversation.user_id else None,
        "channel": conversation.channel,
        "started_at": conversation.started_at.isoformat(),
        "ended_at": conversation.ended_at.isoformat() if conversation.ended_at else None,
        "end_reason": conversation.end_reason,
    }


def _turn_json(turn: Turn) -> dict[str, object]:
    return {
        "position": turn.position,
        "speaker": turn.speaker,
        "text": turn.text,
        "started_at": turn.started_at.isoformat(),
        "ended_at": turn.ended_at.isoformat(),
        "interrupted": turn.interrupted,
        "answered_by": turn.answered_by,
        "latency_ms": turn.latency.by_stage() if turn.latency else None,
    }
