"""GET /store/exports/conversations/json and …/csv: everything that was said, for another program.

Conversations are read a page at a time and sent as they come, so that neither memory nor a database connection is held
by a long history or a slow reader.
"""

import csv
import io
import json
from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from auth.audit.log import Audit, Event
from auth.http.asking import asker_of, device_of
from auth.http.operations import Answer, asks, gives
from auth.http.pages import NEWEST, Cursor
from auth.principals import Asker
from pipelines.conversations.history import ConversationWithTurns
from pipelines.conversations.records import (
    Conversation,
    ConversationNotFound,
    Conversations,
    Sought,
    Transcript,
    Turn,
)
from pipelines.conversations.search import ConversationsWanted

PAGE = 100
COLUMNS = (
    *("conversation_id", "user_id", "channel", "direction", "caller_number"),
    *("started_at", "ended_at", "end_reason", "outcome", "summary"),
    *("position", "speaker", "said_at", "interrupted", "answered_by", "text"),
    *("audio_start_ms", "audio_end_ms", "unheard"),
    "fields",
)
# What a spreadsheet takes for a formula, in either width. https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class ConversationsExport(Answer):
    """What was said, word for word."""

    conversations: list[ConversationWithTurns]


class ConversationExports:
    """The handlers; they belong behind `auth.http.asking.require`."""

    def __init__(self, conversations: Conversations, audit: Audit) -> None:
        self._conversations = conversations
        self._audit = audit

    @asks(ConversationsWanted)
    @gives(ConversationsExport)
    async def json(self, request: web.Request, wanted: ConversationsWanted) -> web.StreamResponse:
        """Download conversations with their turns as JSON, newest first."""

        async def written() -> AsyncIterator[str]:
            before = '{"conversations":['
            async for transcript in self._found(asker_of(request), wanted.sought):
                yield before + ConversationWithTurns.told(transcript).model_dump_json()
                before = ","
            yield "]}" if before == "," else f"{before}]}}"

        return await self._sent(request, written(), content_type="application/json", name="conversations.json")

    @asks(ConversationsWanted)
    @gives(media="text/csv")
    async def csv(self, request: web.Request, wanted: ConversationsWanted) -> web.StreamResponse:
        """Download conversations as CSV, a row for each turn, newest conversation first.

        A cell that a spreadsheet would take for a formula begins with an apostrophe.
        """

        async def written() -> AsyncIterator[str]:
            yield _csv([COLUMNS])
            async for conversation, turns, _ in self._found(asker_of(request), wanted.sought):
                yield _csv([_cells(conversation, turn) for turn in turns] or [_cells(conversation, None)])

        return await self._sent(request, written(), content_type="text/csv", name="conversations.csv")

    async def _found(self, reader: Asker, sought: Sought) -> AsyncIterator[Transcript]:
        before: Cursor | None = NEWEST
        while before:
            page = await self._conversations.page(reader, before=before, limit=PAGE, sought=sought)
            before = page.next_before
            for conversation in page.conversations:
                try:
                    yield await self._conversations.show(reader, conversation.id)
                except ConversationNotFound:
                    # Deleted since the page was read.
                    continue

    async def _sent(
        self, request: web.Request, written: AsyncIterator[str], *, content_type: str, name: str
    ) -> web.StreamResponse:
        await self._audit.note_by(asker_of(request), Event.EXPORTED, device_of(request))
        response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="{name}"'})
        response.content_type, response.charset = content_type, "utf-8"
        await response.prepare(request)
        try:
            async for part in written:
                await response.write(part.encode())
        except Exception:
            # Otherwise the answer to the error would be appended, and the whole end as if it were complete.
            if request.transport:
                request.transport.abort()
            raise
        await response.write_eof()
        return response


def _cells(conversation: Conversation, turn: Turn | None) -> list[object]:
    shared = [
        *(conversation.id, conversation.user_id, conversation.channel, conversation.direction),
        *(conversation.caller_number, conversation.started_at.isoformat()),
        conversation.ended_at.isoformat() if conversation.ended_at else None,
        *(conversation.end_reason, conversation.outcome, conversation.summary),
    ]
    fields = json.dumps(conversation.fields) if conversation.fields else None
    if turn is None:
        return [*shared, *[None] * (len(COLUMNS) - len(shared) - 1), fields]
    said = [turn.position, turn.speaker, turn.started_at.isoformat(), turn.interrupted, turn.answered_by, turn.text]
    audio = [turn.audio.start_ms, turn.audio.end_ms] if turn.audio else [None, None]
    return [*shared, *said, *audio, turn.unheard, fields]


def _csv(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([[_harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def _harmless(cell: object) -> object:
    # Text after white space counts, too: spreadsheets trim it.
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_BEGINS) else cell
