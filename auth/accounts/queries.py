"""Users and stores in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from auth.accounts.slugs import slugs
from auth.errors import EmailTaken, SlugTaken
from auth.principals import Kind, SessionId, StoreId, UserId
from auth.sessions.queries import Ending
from auth.tables import ACCOUNTS


@dataclass(frozen=True, slots=True)
class User:
    """A person with the app."""

    id: UserId
    email: str
    email_verified: bool
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Store:
    """A shop; `slug` names it in addresses."""

    id: StoreId
    email: str
    email_verified: bool
    name: str
    slug: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is checked against."""

    id: UUID
    password_hash: str


class _AccountQueries:
    """What the tables of both principals have in common."""

    def __init__(self, pool: asyncpg.Pool, kind: Kind) -> None:
        self._pool = pool
        self._kind = kind
        self._table = ACCOUNTS[kind]

    async def find_credentials(self, email: str) -> Credentials | None:
        """Find what a login with this e-mail address is checked against."""
        row = await self._pool.fetchrow(f"SELECT id, password_hash FROM {self._table} WHERE email = $1", email)  # noqa: S608
        return Credentials(**row) if row else None

    async def credentials_of(self, account_id: UUID) -> Credentials | None:
        """Find what somebody who is signed in is checked against."""
        row = await self._pool.fetchrow(f"SELECT id, password_hash FROM {self._table} WHERE id = $1", account_id)  # noqa: S608
        return Credentials(**row) if row else None

    async def replace_password_hash(self, known: Credentials, password_hash: str) -> bool:
        """Replace the password's hash, unless it has changed since it was read; tell whether it was replaced."""
        replaced = await self._pool.fetchval(
            f"UPDATE {self._table} SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING true",  # noqa: S608
            known.id,
            known.password_hash,
            password_hash,
        )
        return replaced is not None

    async def change_password(self, known: Credentials, password_hash: str, ending: Ending) -> list[SessionId] | None:
        """Do the same for another password, and end sessions in the same transaction; None if it was not replaced.

        Mailed links end, too, that were to change the password or the address.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            changed = await connection.fetchval(
                f"""
                WITH changed AS (
                    UPDATE {self._table} SET password_hash = $3 WHERE id = $1 AND password_hash = $2
                    RETURNING id, email
                ), ended AS (
                    DELETE FROM mail_tokens USING changed
                    WHERE account_id = changed.id AND kind = $4
                        AND (purpose = 'reset_password' OR mail_tokens.email <> changed.email)
                )
                SELECT true FROM changed
                """,  # noqa: S608
                known.id,
                known.password_hash,
                password_hash,
                self._kind,
            )
            # After the account is locked, so that no session of the old password begins unseen: see SessionQueries.add.
            return await ending.of(connection, known.id) if changed else None

    async def rename(self, account_id: UUID, name: str) -> None:
        """Change the name. A store's slug stays: it is in links that others have."""
        await self._pool.execute(f"UPDATE {self._table} SET name = $2 WHERE id = $1", account_id, name)  # noqa: S608

    async def delete(self, account_id: UUID) -> None:
        """Delete the account with everything that hangs on it."""
        await self._pool.execute(f"DELETE FROM {self._table} WHERE id = $1", account_id)  # noqa: S608


class UserQueries(_AccountQueries):
    """The table `users`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool, Kind.USER)

    async def add(self, *, email: str, name: str, password_hash: str) -> UserId:
        """Add an account. Raises EmailTaken."""
        try:
            added = await self._pool.fetchval(
                "INSERT INTO users (email, name, password_hash) VALUES ($1, $2, $3) RETURNING id",
                email,
                name,
                password_hash,
            )
        except asyncpg.UniqueViolationError as error:
            raise EmailTaken from error
        return UserId(added)

    async def find(self, user_id: UUID) -> User | None:
        """Find an account by its id."""
        row = await self._pool.fetchrow(
            "SELECT id, email, email_verified, name, created_at FROM users WHERE id = $1", user_id
        )
        return User(**row) if row else None


class StoreQueries(_AccountQueries):
    """The table `stores`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        super().__init__(pool, Kind.STORE)

    async def add(self, *, email: str, name: str, password_hash: str) -> StoreId:
        """Add an account under the first slug of its name that is free. Raises EmailTaken."""
        for slug in slugs(name):
            try:
                return await self._add(email, name, slug, password_hash)
            except SlugTaken:
                continue
        raise AssertionError("slugs() does not end")

    async def _add(self, email: str, name: str, slug: str, password_hash: str) -> StoreId:
        try:
            added = await self._pool.fetchval(
                "INSERT INTO stores (email, name, slug, password_hash) VALUES ($1, $2, $3, $4) RETURNING id",
                email,
                name,
                slug,
                password_hash,
            )
        except asyncpg.UniqueViolationError as error:
            raise (SlugTaken if error.constraint_name == "stores_slug_key" else EmailTaken) from error
        return StoreId(added)

    async def find(self, store_id: UUID) -> Store | None:
        """Find an account by its id."""
        row = await self._pool.fetchrow(
            "SELECT id, email, email_verified, name, slug, created_at FROM stores WHERE id = $1", store_id
        )
        return Store(**row) if row else None
