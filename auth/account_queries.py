"""Users and stores in PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from auth.errors import EmailTaken, SlugTaken
from auth.principals import StoreId, UserId
from auth.slugs import slugs


@dataclass(frozen=True, slots=True)
class User:
    """A person with the app."""

    id: UserId
    email: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Store:
    """A shop; `slug` names it in addresses."""

    id: StoreId
    email: str
    name: str
    slug: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is checked against."""

    id: UUID
    password_hash: str


class UserQueries:
    """The table `users`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

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
        row = await self._pool.fetchrow("SELECT id, email, name, created_at FROM users WHERE id = $1", user_id)
        return User(**row) if row else None

    async def find_credentials(self, email: str) -> Credentials | None:
        """Find what a login with this e-mail address is checked against."""
        row = await self._pool.fetchrow("SELECT id, password_hash FROM users WHERE email = $1", email)
        return Credentials(**row) if row else None

    async def replace_password_hash(self, known: Credentials, password_hash: str) -> bool:
        """Replace the password's hash, unless it has changed since it was read; tell whether it was replaced."""
        replaced = await self._pool.fetchval(
            "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING true",
            known.id,
            known.password_hash,
            password_hash,
        )
        return replaced is not None


class StoreQueries:
    """The table `stores`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

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
        row = await self._pool.fetchrow("SELECT id, email, name, slug, created_at FROM stores WHERE id = $1", store_id)
        return Store(**row) if row else None

    async def find_credentials(self, email: str) -> Credentials | None:
        """Find what a login with this e-mail address is checked against."""
        row = await self._pool.fetchrow("SELECT id, password_hash FROM stores WHERE email = $1", email)
        return Credentials(**row) if row else None

    async def replace_password_hash(self, known: Credentials, password_hash: str) -> bool:
        """Replace the password's hash, unless it has changed since it was read; tell whether it was replaced."""
        replaced = await self._pool.fetchval(
            "UPDATE stores SET password_hash = $3 WHERE id = $1 AND password_hash = $2 RETURNING true",
            known.id,
            known.password_hash,
            password_hash,
        )
        return replaced is not None
