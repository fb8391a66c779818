"""The audit log in PostgreSQL, which lets nobody change it."""

import json
from collections.abc import Sequence
from uuid import UUID

import asyncpg

from auth.audit.log import Note, Outcome
from auth.http.pages import Cursor
from auth.principals import Device, Kind


class AuditQueries:
    """The table `audit_log`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(self, note: Note) -> None:
        """Insert a note."""
        await self._pool.execute(
            """
            INSERT INTO audit_log
                (id, at, kind, principal_id, session_id, event, outcome, user_agent, address, about)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            note.id,
            note.at,
            note.kind,
            note.principal_id,
            note.session_id,
            note.event,
            note.outcome,
            note.device.user_agent,
            note.device.address,
            json.dumps(note.about),
        )

    async def page(self, kind: Kind, principal_id: UUID, *, before: Cursor, limit: int) -> Sequence[Note]:
        """The notes about one principal behind `before`, newest first."""
        rows = await self._pool.fetch(
            """
            SELECT id, at, kind, principal_id, session_id, event, outcome, user_agent, address, about
            FROM audit_log
            WHERE principal_id = $1 AND kind = $2 AND (at, id) < ($3, $4)
            ORDER BY at DESC, id DESC
            LIMIT $5
            """,
            principal_id,
            kind,
            before.at,
            before.id,
            limit,
        )
        return [_note(row) for row in rows]


def _note(row: asyncpg.Record) -> Note:
    return Note(
        id=row["id"],
        at=row["at"],
        kind=Kind(row["kind"]),
        principal_id=row["principal_id"],
        session_id=row["session_id"],
        event=row["event"],
        outcome=Outcome(row["outcome"]),
        device=Device(row["user_agent"], row["address"]),
        about=json.loads(row["about"]),
    )
