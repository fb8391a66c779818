"""The same two routes as a team would write them on FastAPI and SQLAlchemy: what `make bench-auth` compares with.

The same rules on the same database: a signed access token whose session must still stand; a refresh token that is
stored as a hash, locked, rotated, and recognised when it comes back. The same Argon2id parameters.
"""

import asyncio
import hmac
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID, uuid4

import jwt
import uvicorn
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from auth.passwords.hashing import LANES, MEMORY_KIB, PASSES

KEY = Ed25519PrivateKey.generate()
REFRESH_KEY = secrets.token_bytes(32)
GRACE = timedelta(seconds=10)
TTL = timedelta(minutes=10)


class Base(DeclarativeBase):
    """The tables."""


class User(Base):
    """A person."""

    __tablename__ = "their_users"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC).replace(tzinfo=None))


class Session(Base):
    """A sign-in."""

    __tablename__ = "their_sessions"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("their_users.id"), index=True)
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Token(Base):
    """A refresh token's hash."""

    __tablename__ = "their_tokens"
    hash: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("their_sessions.id"), index=True)
    generation: Mapped[int]
    created_at: Mapped[datetime]


class SignUp(BaseModel):
    """A new account."""

    email: str
    password: str
    name: str


class Refresh(BaseModel):
    """What a client keeps of its session."""

    session_id: UUID
    refresh_token: str


class Tokens(BaseModel):
    """What a client gets."""

    access_token: str
    refresh_token: str
    session_id: UUID


class Me(BaseModel):
    """A user, as it sees itself."""

    id: UUID
    email: str
    name: str
    created_at: datetime


app = FastAPI()
hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
engine = create_async_engine(sys.argv[1].replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)


async def database() -> AsyncIterator[AsyncSession]:
    """One transaction for each request."""
    async with sessions() as session, session.begin():
        yield session


Db = Annotated[AsyncSession, Depends(database)]


async def current_user(db: Db, authorization: Annotated[str, Header()]) -> User:
    """Who is asking."""
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "), KEY.public_key(), algorithms=["EdDSA"], audience="api", issuer="us"
        )
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    session = await db.get(Session, UUID(claims["sid"]))
    if session is None or session.revoked_at or session.expires_at <= _now():
        raise HTTPException(401)
    user = await db.get(User, UUID(claims["sub"]))
    if user is None:
        raise HTTPException(401)
    return user


@app.post("/user/auth/signup", status_code=201)
async def sign_up(form: SignUp, db: Db) -> Tokens:
    """Open an account and sign in."""
    user = User(email=form.email, name=form.name, password_hash=hasher.hash(form.password))
    db.add(user)
    await db.flush()
    session = Session(user_id=user.id, last_used_at=_now(), expires_at=_now() + timedelta(days=90))
    db.add(session)
    await db.flush()
    token = secrets.token_urlsafe(32)
    db.add(Token(hash=_hash(token), session_id=session.id, generation=0, created_at=_now()))
    return Tokens(access_token=_access_token(user.id, session.id), refresh_token=token, session_id=session.id)


@app.post("/user/auth/refresh")
async def refresh(form: Refresh, db: Db) -> Tokens:
    """Exchange a refresh token for its successor."""
    session = await db.scalar(select(Session).where(Session.id == form.session_id).with_for_update())
    presented = await db.scalar(
        select(Token).where(Token.hash == _hash(form.refresh_token), Token.session_id == form.session_id)
    )
    if session is None or presented is None or session.revoked_at or session.expires_at <= _now():
        raise HTTPException(401)
    newest = await db.scalar(
        select(Token).where(Token.session_id == session.id).order_by(Token.generation.desc()).limit(1)
    )
    if newest is None:
        raise HTTPException(401)
    successor = hmac.new(REFRESH_KEY, form.refresh_token.encode(), sha256).hexdigest()
    age = newest.generation - presented.generation
    if age == 0:
        db.add(Token(hash=_hash(successor), session_id=session.id, generation=newest.generation + 1, created_at=_now()))
        session.last_used_at = _now()
    elif age > 1 or _now() - newest.created_at > GRACE:
        session.revoked_at = _now()
    return Tokens(
        access_token=_access_token(session.user_id, session.id), refresh_token=successor, session_id=session.id
    )


@app.get("/user/me")
async def me(user: Annotated[User, Depends(current_user)]) -> Me:
    """Show the user."""
    return Me(id=user.id, email=user.email, name=user.name, created_at=user.created_at)


def _access_token(user_id: UUID, session_id: UUID) -> str:
    now = datetime.now(UTC)
    claims: dict[str, Any] = {"iss": "us", "aud": "api", "sub": str(user_id), "sid": str(session_id)}
    return jwt.encode({**claims, "iat": now, "exp": now + TTL, "jti": secrets.token_urlsafe(16)}, KEY, "EdDSA")


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


async def serve() -> None:
    """Serve until stopped."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    await uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(serve())
