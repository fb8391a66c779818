"""Sessions and the hashes of their refresh tokens in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg

from auth.audit.log import Event, Outcome
from auth.errors import SessionBusy
from auth.principals import Device, Kind, SessionId
from auth.tables import ACCOUNTS

LOCK_WITHIN_S = 3.0
RETRY_AFTER = timedelta(seconds=1)

# What ends sessions notes it in the same statement; `{which}` begins to count its own parameters at $8.
_END = """
    WITH ended AS (
        UPDATE sessions SET revoked_at = $1, revoked_reason = $2
        WHERE {which} AND kind = $3 AND revoked_at IS NULL
        RETURNING id, coalesce(user_id, store_id) AS principal_id
    ), noted AS (
        INSERT INTO audit_log (at, kind, principal_id, session_id, event, outcome, user_agent, address, about)
        SELECT $1, $3, principal_id, id, $4, $5, $6, $7, jsonb_build_object('reason', $2::text) FROM ended
    )
    SELECT id FROM ended
"""
_END_ONE = _END.format(which="id = $8")
_END_OWN = _END.format(which="id = $8 AND (user_id = $9 OR store_id = $9) AND expires_at > $1 AND last_used_at > $10")
_END_OTHERS = _END.format(which="(user_id = $8 OR store_id = $8) AND id IS DISTINCT FROM $9")

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]


class RevokedReason(StrEnum):
    """Why a session was ended before its time."""

    LOGOUT = "logout"
    LOGOUT_OTHERS = "logout_others"
    LOGOUT_EVERYWHERE = "logout_everywhere"
    ENDED_BY_OWNER = "ended_by_owner"
    REUSED = "refresh_token_reused"
    WORN_OUT = "too_many_refreshes"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - no password
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the same
    ACCOUNT_DELETED = "account_deleted"


@dataclass(frozen=True, slots=True)
class Ending:
    """How every session of a principal ends as a part of another change, but for `keep`."""

    kind: Kind
    reason: RevokedReason
    device: Device
    at: datetime
    keep: SessionId | None = None

    async def of(self, connection: "asyncpg.Pool | Connection", principal_id: UUID) -> list[SessionId]:
        """End them, and return those that were not revoked before."""
        ending = _ending(self.reason, self.kind, self.device, self.at)
        return [SessionId(row["id"]) for row in await connection.fetch(_END_OTHERS, *ending, principal_id, self.keep)]


@dataclass(frozen=True, slots=True)
class Session:
    """A session as stored; times are aware, UTC."""

    id: SessionId
    kind: Kind
    principal_id: UUID
    last_used_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A live session, as its owner sees it."""

    id: SessionId
    device: Device
    created_at: datetime
    last_used_at: datetime


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh token of this session: its generation, and the newest one with the time it was made."""

    generation: int
    newest_generation: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class HeldSession:
    """A session that nobody else can change until the transaction ends, and the token it was asked for with."""

    session: Session
    presented: Presented
    _connection: "Connection"

    async def rotate(self, token_hash: bytes, *, now: datetime) -> None:
        """Add the token that follows the newest, and note the use."""
        await self._connection.execute(
            """
            WITH successor AS (
                INSERT INTO refresh_tokens (hash, session_id, generation, created_at) VALUES ($2, $1, $3, $4)
            )
            UPDATE sessions SET last_used_at = $4 WHERE id = $1
            """,
            self.session.id,
            token_hash,
            self.presented.newest_generation + 1,
            now,
        )

    async def revoke(self, reason: RevokedReason, device: Device, *, now: datetime) -> None:
        """End the session."""
        await self._connection.execute(_END_ONE, *_ending(reason, self.session.kind, device, now), self.session.id)

    async def note(self, event: Event, outcome: Outcome, device: Device, *, now: datetime) -> None:
        """Note what happened to the session, once for each rotation: whoever repeats himself fills no table."""
        await self._connection.execute(
            """
            INSERT INTO audit_log (at, kind, principal_id, session_id, event, outcome, user_agent, address)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8
            WHERE NOT EXISTS (
                SELECT 1 FROM audit_log WHERE principal_id = $3 AND session_id = $4 AND event = $5 AND at >= $9
            )
            """,
            now,
            self.session.kind,
            self.session.principal_id,
            self.session.id,
            event,
            outcome,
            device.user_agent,
            device.address,
            self.presented.newest_at,
        )


class SessionQueries:
    """The tables `sessions` and `refresh_tokens`, as far as they belong to one kind of principal."""

    def __init__(self, pool: asyncpg.Pool, kind: Kind) -> None:
        self.kind = kind
        self._pool = pool

    async def add(  # noqa: PLR0913 - what a session begins with
        self,
        principal_id: UUID,
        device: Device,
        *,
        password_hash: str | None,
        token_hash: bytes,
        now: datetime,
        expires_at: datetime,
    ) -> SessionId | None:
        """Add a session and its first refresh token, generation 0, and note the login; None if the password changed.

        The account's row is shared for it: who changes the password waits, and then ends this session with the others;
        or is waited for, and nothing is added.
        """
        added = await self._pool.fetchval(
            f"""
            WITH account AS (
                SELECT FROM {ACCOUNTS[self.kind]}
                WHERE id = coalesce($1::uuid, $2::uuid) AND ($10::text IS NULL OR password_hash = $10)
                FOR SHARE
            ), session AS (
                INSERT INTO sessions (user_id, store_id, user_agent, address, created_at, last_used_at, expires_at)
                SELECT $1, $2, $3, $4, $5, $5, $6 FROM account
                RETURNING id, kind
            ), noted AS (
                INSERT INTO audit_log (at, kind, principal_id, session_id, event, outcome, user_agent, address)
                SELECT $5, kind, coalesce($1, $2), id, $8, $9, $3, $4 FROM session
            )
            INSERT INTO refresh_tokens (hash, session_id, generation, created_at)
            SELECT $7, id, 0, $5 FROM session
            RETURNING session_id
            """,  # noqa: S608 - the name of a table of ours
            principal_id if self.kind is Kind.USER else None,
            principal_id if self.kind is Kind.STORE else None,
            device.user_agent,
            device.address,
            now,
            expires_at,
            token_hash,
            Event.LOGGED_IN,
            Outcome.OK,
            password_hash,
        )
        return SessionId(added) if added else None

    @asynccontextmanager
    async def hold(self, session_id: SessionId, token_hash: bytes) -> AsyncIterator[HeldSession | None]:
        """Lock the session that has this token until the block ends: then commit, or roll back when it raised.

        Raises SessionBusy when another process does not let go of it.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            try:
                session = await connection.fetchrow(
                    """
                    SELECT id, kind, coalesce(user_id, store_id) AS principal_id, last_used_at, expires_at, revoked_at
                    FROM sessions WHERE id = $1 AND kind = $2
                    FOR UPDATE
                    """,
                    session_id,
                    self.kind,
                    timeout=LOCK_WITHIN_S,
                )
            except TimeoutError:
                raise SessionBusy(RETRY_AFTER) from None
            # A statement of its own: it sees what whoever held the lock before has committed, the one above may not.
            # https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED
            presented = session and await connection.fetchrow(
                """
                SELECT presented.generation, newest.generation AS newest_generation, newest.created_at AS newest_at
                FROM refresh_tokens AS presented
                CROSS JOIN LATERAL (
                    SELECT generation, created_at FROM refresh_tokens
                    WHERE session_id = presented.session_id
                    ORDER BY generation DESC LIMIT 1
                ) AS newest
                WHERE presented.hash = $1 AND presented.session_id = $2
                """,
                token_hash,
                session_id,
            )
            if session and presented:
                yield HeldSession(Session(**session), Presented(**presented), connection)
            else:
                yield None

    async def is_live(self, session_id: SessionId, *, now: datetime, idle_since: datetime) -> bool:
        """Tell whether the session is neither revoked, nor unused since `idle_since`, nor past its lifetime."""
        live = await self._pool.fetchval(
            """
            SELECT 1 FROM sessions
            WHERE id = $1 AND kind = $2 AND revoked_at IS NULL AND expires_at > $3 AND last_used_at > $4
            """,
            session_id,
            self.kind,
            now,
            idle_since,
        )
        return live is not None

    async def live_of(
        self, principal_id: UUID, *, now: datetime, idle_since: datetime, limit: int
    ) -> list[ListedSession]:
        """List the live sessions of one principal, the one used last first."""
        rows = await self._pool.fetch(
            """
            SELECT id, user_agent, address, created_at, last_used_at FROM sessions
            WHERE (user_id = $1 OR store_id = $1) AND kind = $2
                AND revoked_at IS NULL AND expires_at > $3 AND last_used_at > $4
            ORDER BY last_used_at DESC, id
            LIMIT $5
            """,
            principal_id,
            self.kind,
            now,
            idle_since,
            limit,
        )
        return [
            ListedSession(row["id"], Device(row["user_agent"], row["address"]), row["created_at"], row["last_used_at"])
            for row in rows
        ]

    async def revoke(self, session_id: SessionId, reason: RevokedReason, device: Device, *, now: datetime) -> bool:
        """End a session; return whether it was not revoked before."""
        revoked = await self._pool.fetchval(_END_ONE, *_ending(reason, self.kind, device, now), session_id)
        return revoked is not None

    async def revoke_own(
        self, principal_id: UUID, session_id: SessionId, device: Device, *, now: datetime, idle_since: datetime
    ) -> bool:
        """End a live session of this principal; return whether there was one."""
        ending = _ending(RevokedReason.ENDED_BY_OWNER, self.kind, device, now)
        revoked = await self._pool.fetchval(_END_OWN, *ending, session_id, principal_id, idle_since)
        return revoked is not None

    async def revoke_others(self, principal_id: UUID, ending: Ending) -> list[SessionId]:
        """End every session of one principal but one; return those that were not revoked before."""
        return await ending.of(self._pool, principal_id)


def _ending(reason: RevokedReason, kind: Kind, device: Device, now: datetime) -> tuple[object, ...]:
    """The parameters $1 to $7 of _END."""
    event = Event.LOGGED_OUT if reason is RevokedReason.LOGOUT else Event.SESSION_REVOKED
    return now, reason, kind, event, Outcome.OK, device.user_agent, device.address
