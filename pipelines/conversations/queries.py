"""Conversations and turns in PostgreSQL. Each write may be repeated: the second one changes nothing."""

import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from auth.http.pages import Cursor
from auth.principals import Asker, Kind
from pipelines.after.fields import FieldWanted, Filled
from pipelines.after.job_queries import Job, defer
from pipelines.after.summaries import ERASED, Summary, told_to_caller
from pipelines.conversations.journal import DatabaseAway, WriteRefused
from pipelines.conversations.records import (
    AnsweredBy,
    Basis,
    Conversation,
    ConversationId,
    Direction,
    Ending,
    Grounds,
    Latency,
    Sought,
    Source,
    Span,
    Speaker,
    Turn,
    Usage,
)
from pipelines.conversations.tool_calls import ToolCall, ToolOutcome, storable
from pipelines.events.queries import publish
from pipelines.events.records import Event

_WANTED = TypeAdapter(tuple[FieldWanted, ...])
_OWNER = {Kind.USER: "user_id", Kind.STORE: "store_id"}

_READ = """id, store_id, assistant_id, assistant_version, user_id, channel, started_at, ended_at, end_reason, summary,
    outcome, direction, caller_number, fields, fields_missing,
    (SELECT slug FROM stores WHERE stores.id = store_id) AS store_slug,
    (SELECT name FROM stores WHERE stores.id = store_id) AS store_name"""

# Once the call is over, nothing in them changes any more.
_MESSAGES = """
    SELECT id AS message_id, taken_at, name, number, text, confirmed FROM messages
    WHERE conversation_id = $1 ORDER BY taken_at, id
"""


class ConversationQueries:
    """Writes raise DatabaseAway when a repetition may help, and WriteRefused when none will."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def start(self, conversation: Conversation) -> None:
        """Insert a conversation that has begun."""
        async with _domain_errors(), self._pool.acquire() as connection, connection.transaction():
            status = await connection.execute(
                """
                INSERT INTO conversations (
                    id, store_id, assistant_id, assistant_version, user_id, channel, started_at, direction,
                    caller_number
                )
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT (id) DO NOTHING
                """,
                conversation.id,
                conversation.store_id,
                conversation.assistant_id,
                conversation.assistant_version,
                conversation.user_id,
                conversation.channel,
                conversation.started_at,
                conversation.direction,
                conversation.caller_number,
            )
            if status == "INSERT 0 1":
                about = {"channel": conversation.channel, "direction": conversation.direction}
                await publish(connection, Event.CALL_STARTED, conversation.id, about, at=conversation.started_at)

    async def add(self, turn: Turn) -> None:
        """Insert a finished turn."""
        latency = turn.latency or Latency()
        async with _domain_errors():
            await self._pool.execute(
                """
                INSERT INTO turns (
                    conversation_id, position, speaker, text, started_at, ended_at, interrupted, answered_by,
                    endpoint_ms, transcript_ms, first_token_ms, first_audio_ms, on_wire_ms, basis, sources,
                    audio_start_ms, audio_end_ms, usage, unheard, whispered
                )
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
                ON CONFLICT (conversation_id, position) DO NOTHING
                """,
                turn.conversation_id,
                turn.position,
                turn.speaker,
                turn.text,
                turn.started_at,
                turn.ended_at,
                turn.interrupted,
                turn.answered_by,
                latency.endpoint_ms,
                latency.transcript_ms,
                latency.first_token_ms,
                latency.first_audio_ms,
                latency.on_wire_ms,
                turn.grounds.basis if turn.grounds else None,
                _as_json(turn.grounds.sources if turn.grounds else ()),
                turn.audio.start_ms if turn.audio else None,
                turn.audio.end_ms if turn.audio else None,
                json.dumps(asdict(turn.usage)) if turn.usage else None,
                turn.unheard,
                turn.whispered,
            )

    async def add_tool_call(self, call: ToolCall) -> None:
        """Insert what was done with a tool."""
        async with _domain_errors():
            await self._pool.execute(
                """
                INSERT INTO tool_calls (id, conversation_id, name, arguments, answer, outcome, started_at, duration_ms)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (id) DO NOTHING
                """,
                call.id,
                call.conversation_id,
                call.name,
                json.dumps(storable(call.arguments)),
                storable(call.answer),
                call.outcome,
                call.started_at,
                call.duration_ms,
            )

    async def end(self, ending: Ending) -> None:
        """Note the end, once, and have what follows from it done."""
        async with _domain_errors(), self._pool.acquire() as connection, connection.transaction():
            status = await connection.execute(
                "UPDATE conversations SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL",
                ending.conversation_id,
                ending.ended_at,
                ending.end_reason,
            )
            if status == "UPDATE 1":
                await defer(connection, Job.SUMMARISE, conversation_id=str(ending.conversation_id))

    async def fields_wanted(self, conversation_id: ConversationId) -> Sequence[FieldWanted]:
        """What the store wants to know of it, as it was when the conversation began; of a draft, as it is now."""
        wanted: str | None = await self._pool.fetchval(
            """
            SELECT coalesce(versions.content, assistants.draft) -> 'fields'
            FROM conversations
            JOIN assistants ON assistants.id = conversations.assistant_id
            LEFT JOIN assistant_versions AS versions
                ON versions.assistant_id = assistants.id AND versions.number = conversations.assistant_version
            WHERE conversations.id = $1
            """,
            conversation_id,
        )
        return _WANTED.validate_json(wanted) if wanted else ()

    async def keep_summary(
        self, conversation_id: ConversationId, summary: Summary, fields: Filled | None = None
    ) -> None:
        """Write down what came of a conversation, once, and tell its store: of the messages, and that it is over."""
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                """
                UPDATE conversations SET summary = $2, outcome = $3, fields = $4, fields_missing = $5
                WHERE id = $1 AND outcome IS NULL
                RETURNING channel, direction, started_at, ended_at, end_reason, summary, outcome, fields_missing
                """,
                conversation_id,
                summary.text,
                summary.outcome,
                json.dumps(fields.values) if fields else None,
                fields.missing if fields else None,
            )
            if row and row["ended_at"]:
                for message in await connection.fetch(_MESSAGES, conversation_id):
                    await publish(
                        connection, Event.MESSAGE_TAKEN, conversation_id, dict(message), at=message["taken_at"]
                    )
                about = {**row, "fields": fields.values if fields else None}
                await publish(connection, Event.CALL_ENDED, conversation_id, about, at=row["ended_at"])

    async def existing(self, ids: Collection[UUID]) -> set[UUID]:
        """Those of the conversations that are still there."""
        return {row["id"] for row in await self._pool.fetch("SELECT id FROM conversations WHERE id = ANY($1)", ids)}

    async def delete(self, conversation_id: ConversationId) -> None:
        """Delete a conversation with its turns."""
        await self._pool.execute("DELETE FROM conversations WHERE id = $1", conversation_id)

    async def erase(self, conversation_id: ConversationId) -> None:
        """Delete what was said and who said it; that there was a call stays."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM turns WHERE conversation_id = $1", conversation_id)
            await connection.execute("DELETE FROM tool_calls WHERE conversation_id = $1", conversation_id)
            # What was told of it quotes it.
            await connection.execute("DELETE FROM webhook_deliveries WHERE conversation_id = $1", conversation_id)
            await connection.execute(
                """
                UPDATE conversations
                SET user_id = NULL, summary = $2, outcome = $3, fields = NULL, fields_missing = NULL
                WHERE id = $1
                """,
                conversation_id,
                ERASED.text,
                ERASED.outcome,
            )

    async def page(self, reader: Asker, *, before: Cursor, limit: int, sought: Sought) -> Sequence[Conversation]:
        """The reader's conversations behind `before`, newest first."""
        given = {condition: value for condition, value in _conditions(sought, reader.kind) if value is not None}
        also = "".join(f" AND {condition.format(n)}" for n, condition in enumerate(given, start=5))
        rows = await self._pool.fetch(
            f"""
            SELECT {_READ}
            FROM conversations
            WHERE {_OWNER[reader.kind]} = $1 AND (started_at, id) < ($2, $3){also}
            ORDER BY started_at DESC, id DESC
            LIMIT $4
            """,  # noqa: S608 - the column is one of the two names above, the conditions are those below
            reader.id,
            before.at,
            before.id,
            limit,
            *given.values(),
        )
        return [_conversation(row, reader) for row in rows]

    async def find(self, reader: Asker, conversation_id: ConversationId) -> Conversation | None:
        """One conversation of the reader's, or None."""
        row = await self._pool.fetchrow(
            f"""
            SELECT {_READ}
            FROM conversations
            WHERE id = $1 AND {_OWNER[reader.kind]} = $2
            """,  # noqa: S608 - the column is one of the two names above
            conversation_id,
            reader.id,
        )
        return _conversation(row, reader) if row else None

    async def turns(self, conversation_id: ConversationId) -> Sequence[Turn]:
        """All turns in order."""
        rows = await self._pool.fetch(
            """
            SELECT conversation_id, position, speaker, text, started_at, ended_at, interrupted, answered_by,
                   endpoint_ms, transcript_ms, first_token_ms, first_audio_ms, on_wire_ms, basis, sources,
                   audio_start_ms, audio_end_ms, usage, unheard, whispered
            FROM turns
            WHERE conversation_id = $1
            ORDER BY position
            """,
            conversation_id,
        )
        return [_turn(row) for row in rows]

    async def tool_calls(self, conversation_id: ConversationId) -> Sequence[ToolCall]:
        """All calls of tools in order."""
        rows = await self._pool.fetch(
            """
            SELECT id, conversation_id, name, arguments, answer, outcome, started_at, duration_ms
            FROM tool_calls
            WHERE conversation_id = $1
            ORDER BY started_at, id
            """,
            conversation_id,
        )
        return [
            ToolCall(**{**row, "arguments": json.loads(row["arguments"]), "outcome": ToolOutcome(row["outcome"])})
            for row in rows
        ]


def _conditions(sought: Sought, reader: Kind) -> list[tuple[str, object]]:
    # Who may not read a whisper may not find it either.
    readable = "" if reader is Kind.STORE else "AND NOT whispered"
    # The words first: the index on turns finds them before anything is sorted.
    return [
        (
            f"""
            id IN (
                SELECT conversation_id FROM turns
                WHERE to_tsvector('english', text) @@ websearch_to_tsquery('english', ${{}}) {readable}
            )
            """,  # noqa: S608 - one of the two above
            sought.words,
        ),
        ("channel = ${}", sought.channel),
        ("outcome = ${}", sought.outcome),
        ("started_at >= ${}::date::timestamp AT TIME ZONE 'UTC'", sought.since),
        ("started_at < (${}::date + 1)::timestamp AT TIME ZONE 'UTC'", sought.until),
    ]


def _conversation(row: asyncpg.Record, reader: Asker) -> Conversation:
    fields, missing, summary = row["fields"], row["fields_missing"], row["summary"]
    if reader.kind is Kind.USER:
        # What a store makes of a call is nothing that it tells its caller.
        fields, missing, summary = None, None, told_to_caller(summary) if summary else None
    told = {"fields": json.loads(fields) if fields else None, "fields_missing": missing, "summary": summary}
    return Conversation(**{**row, **told, "direction": Direction(row["direction"])})


def _turn(row: asyncpg.Record) -> Turn:
    latency = Latency(
        endpoint_ms=row["endpoint_ms"],
        transcript_ms=row["transcript_ms"],
        first_token_ms=row["first_token_ms"],
        first_audio_ms=row["first_audio_ms"],
        on_wire_ms=row["on_wire_ms"],
    )
    return Turn(
        conversation_id=row["conversation_id"],
        position=row["position"],
        speaker=Speaker(row["speaker"]),
        text=row["text"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        interrupted=row["interrupted"],
        answered_by=AnsweredBy(row["answered_by"]) if row["answered_by"] else None,
        latency=latency if latency != Latency() else None,
        grounds=Grounds(Basis(row["basis"]), _from_json(row["sources"])) if row["basis"] else None,
        audio=None if row["audio_start_ms"] is None else Span(row["audio_start_ms"], row["audio_end_ms"]),
        usage=Usage(**json.loads(row["usage"])) if row["usage"] else None,
        unheard=row["unheard"],
        whispered=row["whispered"],
    )


def _as_json(sources: Sequence[Source]) -> str:
    return json.dumps([{"entry_id": str(source.entry_id), "title": source.title} for source in sources])


def _from_json(sources: str) -> tuple[Source, ...]:
    return tuple(Source(UUID(source["entry_id"]), source["title"]) for source in json.loads(sources))


@asynccontextmanager
async def _domain_errors() -> AsyncIterator[None]:
    try:
        yield
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        raise WriteRefused(type(error).__name__) from error
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseAway(type(error).__name__) from error
