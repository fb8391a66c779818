"""Calls in PostgreSQL."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg

from auth.http.pages import Cursor
from auth.principals import StoreId
from pipelines.conversations.records import Direction
from telephony.calls import Bill, Call, CallId, CallState, OutboundUse, Provider

MAX_UNSETTLED = 200

_COLUMNS = """
    id, provider, provider_call_id, store_id, assistant, direction, number, caller_number, state, started_at, live_at,
    ended_at, end_reason, streams, held_until, greeting, voicemail, answered_by, transferred_to, briefing,
    transfer_of, conversation_id, recording, duration_s, cost, currency
"""
_ADD = """
    INSERT INTO phone_calls (
        id, provider, provider_call_id, store_id, assistant, direction, number, caller_number, started_at, greeting,
        voicemail, briefing, transfer_of
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_USED = """
    SELECT
        count(*) FILTER (WHERE started_at > $2::timestamptz - interval '1 minute') AS last_minute,
        count(*) FILTER (WHERE state <> 'ended') AS under_way,
        coalesce(sum(coalesce(
            duration_s, extract(epoch FROM ended_at - coalesce(live_at, ended_at))
        )) FILTER (WHERE state = 'ended'), 0)::float8 AS seconds_today
    FROM phone_calls
    WHERE store_id = $1 AND direction = 'outbound' AND transfer_of IS NULL
        AND started_at > $2 - interval '1 day'
"""


class CallQueries:
    """The table phone_calls. Each step is one statement."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def ring(self, call: Call) -> Call:
        """Insert a call that comes in or rings a person; a second time it returns the first."""
        await self._pool.execute(f"{_ADD} ON CONFLICT (provider, provider_call_id) DO NOTHING", *_values(call))
        row = await self._pool.fetchrow(
            f"SELECT {_COLUMNS} FROM phone_calls WHERE provider = $1 AND provider_call_id = $2",  # noqa: S608 - constant
            call.provider,
            call.provider_call_id,
        )
        return _call(row) if row else call

    @asynccontextmanager
    async def dialling(self, call: Call, *, now: datetime) -> AsyncIterator[OutboundUse]:
        """Insert a call that we make after the block, which sees what the store has called; not if it raises.

        Two of one store stand in line, so that both see the truth.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('dialling ' || $1, 0))", str(call.store_id)
            )
            (row,) = await connection.fetch(_USED, call.store_id, now)
            yield OutboundUse(**row)
            await connection.execute(_ADD, *_values(call))

    async def used(self, store_id: StoreId, *, now: datetime) -> OutboundUse:
        """What a store has called of late."""
        (row,) = await self._pool.fetch(_USED, store_id, now)
        return OutboundUse(**row)

    async def find(self, provider: Provider, provider_call_id: str) -> Call | None:
        """One by the carrier's id."""
        return await self._one("provider = $1 AND provider_call_id = $2", provider, provider_call_id)

    async def get(self, call_id: CallId) -> Call | None:
        """One by ours."""
        return await self._one("id = $1", call_id)

    async def of_store(self, store_id: StoreId, call_id: UUID) -> Call | None:
        """One of a store's."""
        return await self._one("store_id = $1 AND id = $2", store_id, call_id)

    async def page(self, store_id: StoreId, *, before: Cursor, limit: int) -> Sequence[Call]:
        """A store's, newest first."""
        return await self._many(
            "store_id = $1 AND (started_at, id) < ($2, $3) ORDER BY started_at DESC, id DESC LIMIT $4",
            store_id,
            before.at,
            before.id,
            limit,
        )

    async def unsettled(self, provider: Provider, *, since: datetime, before: datetime, priced: bool) -> Sequence[Call]:
        """Those that began in between and have not ended or, with `priced`, have no price; the oldest first."""
        return await self._many(
            """
            provider = $1 AND cost IS NULL AND started_at BETWEEN $2 AND $3 AND ($5 OR state <> 'ended')
            ORDER BY started_at LIMIT $4
            """,
            provider,
            since,
            before,
            MAX_UNSETTLED,
            priced,
        )

    async def name(self, call_id: CallId, provider_call_id: str) -> None:
        """Note the carrier's id, once."""
        await self._pool.execute(
            "UPDATE phone_calls SET provider_call_id = $2 WHERE id = $1 AND provider_call_id IS NULL",
            call_id,
            provider_call_id,
        )

    async def go_live(self, call_id: CallId, *, stream: int, now: datetime, held_until: datetime) -> Call | None:
        """Open the stream that follows `stream` others."""
        row = await self._pool.fetchrow(
            f"""
            UPDATE phone_calls
            SET state = 'live', live_at = coalesce(live_at, $3), streams = streams + 1, held_until = $4,
                transferred_to = NULL
            WHERE id = $1 AND streams = $2 AND state <> 'ended'
            RETURNING {_COLUMNS}
            """,  # noqa: S608 - constant
            call_id,
            stream,
            now,
            held_until,
        )
        return _call(row) if row else None

    async def converse(self, call_id: CallId, conversation_id: UUID) -> None:
        """Note which conversation was held last."""
        await self._pool.execute("UPDATE phone_calls SET conversation_id = $2 WHERE id = $1", call_id, conversation_id)

    async def accept(self, call_id: CallId, *, now: datetime) -> bool:
        """Make a call live that rings a person."""
        status = await self._pool.execute(
            """
            UPDATE phone_calls SET state = 'live', live_at = $2
            WHERE id = $1 AND state = 'ringing' AND transfer_of IS NOT NULL
            """,
            call_id,
            now,
        )
        return bool(status == "UPDATE 1")

    async def rung_for(self, call: Call) -> Sequence[Call]:
        """Those of the same store that began later; there is no index but that one."""
        return await self._many(
            "store_id = $1 AND started_at >= $2 AND transfer_of = $3 AND state <> 'ended'",
            call.store_id,
            call.started_at,
            call.id,
        )

    async def hand_over(self, call_id: CallId, *, to: str) -> bool:
        """Note a transfer of a live call."""
        status = await self._pool.execute(
            "UPDATE phone_calls SET transferred_to = $2 WHERE id = $1 AND state = 'live'", call_id, to
        )
        return bool(status == "UPDATE 1")

    async def keep(self, call_id: CallId) -> None:
        """Note that a transfer has not begun."""
        await self._pool.execute("UPDATE phone_calls SET transferred_to = NULL WHERE id = $1", call_id)

    async def hear(self, call_id: CallId, answered_by: str) -> None:
        """Note who answered."""
        await self._pool.execute("UPDATE phone_calls SET answered_by = $2 WHERE id = $1", call_id, answered_by)

    async def record(self, call_id: CallId, recording: str) -> None:
        """Note which voicemail was left."""
        await self._pool.execute("UPDATE phone_calls SET recording = $2 WHERE id = $1", call_id, recording)

    async def end(self, call_id: CallId, reason: str, *, now: datetime) -> bool:
        """End it, once."""
        status = await self._pool.execute(
            """
            UPDATE phone_calls SET state = 'ended', ended_at = $3, end_reason = $2, held_until = NULL
            WHERE id = $1 AND state <> 'ended'
            """,
            call_id,
            reason,
            now,
        )
        return bool(status == "UPDATE 1")

    async def bill(self, call_id: CallId, bill: Bill) -> None:
        """Note what is known; what was known stays."""
        await self._pool.execute(
            """
            UPDATE phone_calls
            SET duration_s = coalesce($2, duration_s), cost = coalesce($3, cost), currency = coalesce($4, currency)
            WHERE id = $1
            """,
            call_id,
            bill.duration_s,
            bill.cost,
            bill.currency,
        )

    async def hold(self, call_ids: Collection[CallId], *, until: datetime) -> None:
        """Hold these for longer."""
        await self._pool.execute(
            "UPDATE phone_calls SET held_until = $2 WHERE id = ANY($1) AND state = 'live'", list(call_ids), until
        )

    async def _one(self, condition: str, *values: object) -> Call | None:
        row = await self._pool.fetchrow(f"SELECT {_COLUMNS} FROM phone_calls WHERE {condition}", *values)  # noqa: S608 - conditions are those above
        return _call(row) if row else None

    async def _many(self, condition: str, *values: object) -> Sequence[Call]:
        rows = await self._pool.fetch(f"SELECT {_COLUMNS} FROM phone_calls WHERE {condition}", *values)  # noqa: S608 - as above
        return [_call(row) for row in rows]


def _values(call: Call) -> tuple[object, ...]:
    return (
        *(call.id, call.provider, call.provider_call_id, call.store_id, call.assistant, call.direction, call.number),
        *(call.caller_number, call.started_at, call.greeting, call.voicemail, call.briefing, call.transfer_of),
    )


def _call(row: asyncpg.Record) -> Call:
    known = {"provider": Provider(row["provider"]), "direction": Direction(row["direction"])}
    return Call(**{**row, **known, "state": CallState(row["state"])})
