"""Mailed tokens in PostgreSQL, and what they change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import asyncpg

from auth.errors import EmailTaken
from auth.principals import Kind, SessionId
from auth.sessions.queries import Ending
from auth.tables import ACCOUNTS


class Purpose(StrEnum):
    """What a mailed link is for."""

    RESET_PASSWORD = "reset_password"  # noqa: S105 - no password
    VERIFY_EMAIL = "verify_email"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whoever brings the token reads the mail of `email`, and may act for the account."""

    account_id: UUID
    email: str


@dataclass(frozen=True, slots=True)
class Held:
    """A token that was just used up, and its account, which nobody else can change until the block ends."""

    proof: Proof
    _table: str
    _kind: Kind
    _connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

    async def set_password_hash(self, password_hash: str, ending: Ending) -> list[SessionId]:
        """Replace the password and end sessions; return those.

        Every other mailed token dies, and the address that the mail reached is verified.
        """
        await self._connection.execute(
            f"""
            UPDATE {self._table} SET password_hash = $2, email_verified = email_verified OR email = $3
            WHERE id = $1
            """,  # noqa: S608 - one of the two names above
            self.proof.account_id,
            password_hash,
            self.proof.email,
        )
        await self._connection.execute(
            "DELETE FROM mail_tokens WHERE account_id = $1 AND kind = $2", self.proof.account_id, self._kind
        )
        return await ending.of(self._connection, self.proof.account_id)

    async def set_email(self) -> str:
        """Give the account the proven address, as a verified one, and return the one before.

        Whatever was mailed to another address dies. Raises EmailTaken.
        """
        before = await self._connection.fetchval(
            f"SELECT email FROM {self._table} WHERE id = $1",  # noqa: S608 - the same
            self.proof.account_id,
        )
        try:
            await self._connection.execute(
                f"UPDATE {self._table} SET email = $2, email_verified = true WHERE id = $1",  # noqa: S608 - the same
                self.proof.account_id,
                self.proof.email,
            )
        except asyncpg.UniqueViolationError as error:
            raise EmailTaken from error
        await self._connection.execute(
            """
            DELETE FROM mail_tokens
            WHERE account_id = $1 AND kind = $2 AND (email <> $3 OR purpose = $4)
            """,
            self.proof.account_id,
            self._kind,
            self.proof.email,
            Purpose.VERIFY_EMAIL,
        )
        return str(before)


class MailTokenQueries:
    """The table `mail_tokens`, as far as it belongs to one kind of principal."""

    def __init__(self, pool: asyncpg.Pool, kind: Kind) -> None:
        self._pool = pool
        self._kind = kind
        self._table = ACCOUNTS[kind]

    async def add(
        self, token_sha256: bytes, purpose: Purpose, proof: Proof, *, now: datetime, expires_at: datetime
    ) -> bool:
        """Insert a token, and delete those that were over at `now`; False if the account is gone."""
        # By itself and waiting for nobody, so that it cannot stand in the way of whoever holds an account.
        await self._pool.execute(
            """
            DELETE FROM mail_tokens WHERE sha256 IN (
                SELECT sha256 FROM mail_tokens WHERE expires_at <= $1 FOR UPDATE SKIP LOCKED
            )
            """,
            now,
        )
        try:
            await self._pool.execute(
                """
                INSERT INTO mail_tokens (sha256, user_id, store_id, purpose, email, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                token_sha256,
                proof.account_id if self._kind is Kind.USER else None,
                proof.account_id if self._kind is Kind.STORE else None,
                purpose,
                proof.email,
                expires_at,
            )
        except asyncpg.ForeignKeyViolationError:
            return False
        return True

    async def find(self, token_sha256: bytes, purpose: Purpose, *, now: datetime) -> Proof | None:
        """Find what a good token proves."""
        row = await self._pool.fetchrow(
            """
            SELECT account_id, email FROM mail_tokens
            WHERE sha256 = $1 AND kind = $2 AND purpose = $3 AND expires_at > $4
            """,
            token_sha256,
            self._kind,
            purpose,
            now,
        )
        return Proof(**row) if row else None

    @asynccontextmanager
    async def take(self, token_sha256: bytes, purpose: Purpose, *, now: datetime) -> AsyncIterator[Held | None]:
        """Delete a good token and lock its account until the block ends."""
        async with self._pool.acquire() as connection, connection.transaction():
            # The account first: two tokens of one account would otherwise each wait for the other's row.
            await connection.execute(
                f"""
                SELECT FROM {self._table}
                WHERE id = (SELECT account_id FROM mail_tokens WHERE sha256 = $1 AND kind = $2)
                FOR UPDATE
                """,  # noqa: S608 - one of the two names above
                token_sha256,
                self._kind,
            )
            row = await connection.fetchrow(
                """
                DELETE FROM mail_tokens WHERE sha256 = $1 AND kind = $2 AND purpose = $3 AND expires_at > $4
                RETURNING account_id, email
                """,
                token_sha256,
                self._kind,
                purpose,
                now,
            )
            yield Held(Proof(**row), self._table, self._kind, connection) if row else None
