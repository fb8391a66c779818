"""Sessions and their refresh tokens: started at login, rotated at every refresh, revoked when a token comes back.

A refresh token is opaque. Only its SHA-256 is stored, with its generation: 0 for the first, one more at each
rotation. Its successor is computed from it with a secret key, so that a client whose answer was lost on the way can
ask again and be given the same successor, although nobody stored it. What a presented token means:

    the newest                   rotate: its successor becomes the newest
    the one before, for 10 s     the answer was lost, or two requests crossed: the same successor once more
    any other of this session    two parties hold the session's tokens: revoke it
    the 50,000th                 the session has been refreshed without end: revoke it
    none of this session         refused, and nothing else: a guess must not be able to end a session

This follows RFC 9700, section 4.14.2, and OWASP ASVS 5.0, 10.4.5 and 10.4.8.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import sha256
from uuid import UUID

import structlog

from auth.audit.log import Event, Outcome
from auth.errors import InvalidRefreshToken, RefreshTokenReused, SessionEnded, SessionNotFound, WrongCredentials
from auth.principals import Device, SessionId
from auth.sessions.queries import Ending, ListedSession, Presented, RevokedReason, Session, SessionQueries
from auth.sessions.turns import Turns
from auth.tokens import opaque
from auth.tokens.keys import b64url

# How long the token before the newest is answered: a retry over a bad network, not more.
REUSE_GRACE_S = 10

# A session ends when it was not used for so long, and for good after its lifetime.
IDLE = timedelta(days=14)
LIFETIME = timedelta(days=90)

# Every token that a session ever had is kept, so that each is recognised when it comes back; so a session has an end of
# tokens. A client that refreshes every 10 minutes for LIFETIME needs 13,000.
MAX_GENERATION = 50_000

# Nobody looks through more devices; who has more ends the others.
LISTED = 100

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client gets to keep its session: the one place where a refresh token is in plain text."""

    principal_id: UUID
    session_id: SessionId
    refresh_token: str = field(repr=False)


class Meaning(Enum):
    """What it means that a known token is presented."""

    CURRENT = auto()
    RETRIED = auto()
    REUSED = auto()
    LAST = auto()


def meaning(presented: Presented, *, now: datetime) -> Meaning:
    """Judge a token that the session knows; the table at the top of this file."""
    age = presented.newest_generation - presented.generation
    if age == 0:
        return Meaning.CURRENT if presented.generation < MAX_GENERATION else Meaning.LAST
    if age == 1 and now - presented.newest_at <= timedelta(seconds=REUSE_GRACE_S):
        return Meaning.RETRIED
    return Meaning.REUSED


def is_over(session: Session, *, now: datetime) -> bool:
    """Tell whether the session was revoked, left idle too long, or outlived its lifetime."""
    return session.revoked_at is not None or session.last_used_at + IDLE <= now or session.expires_at <= now


class Sessions:
    """The sessions of one kind of principal. What hangs on one that ended is closed by `auth.sessions.endings`.

    `refreshed` is told what each known refresh token meant.
    """

    def __init__(
        self,
        queries: SessionQueries,
        *,
        refresh_key: bytes,
        now: Callable[[], datetime],
        refreshed: Callable[[Meaning], None] = lambda _meaning: None,
    ) -> None:
        self._queries = queries
        self._refresh_key = refresh_key
        self._now = now
        self._refreshed = refreshed
        self._turns = Turns()

    async def start(self, principal_id: UUID, device: Device, *, password_hash: str | None = None) -> Grant:
        """Start a session for a principal that has just proved who it is.

        Whoever proved it with a password gives the hash that this was checked against: it may have waited, and the
        password have changed meanwhile, with every session that there was. Raises WrongCredentials then.
        """
        now = self._now()
        token = opaque.fresh()
        session_id = await self._queries.add(
            principal_id,
            device,
            password_hash=password_hash,
            token_hash=opaque.digest(token),
            now=now,
            expires_at=now + LIFETIME,
        )
        if session_id is None:
            raise WrongCredentials
        return Grant(principal_id, session_id, token)

    async def refresh(self, session_id: SessionId, token: str, device: Device) -> Grant:
        """Exchange a refresh token for its successor. However often at once, one token gives one successor.

        Raises InvalidRefreshToken, SessionEnded, SessionBusy, or RefreshTokenReused after revoking the session.
        """
        # Before it waits for its turn: a retry that came in time must not turn into a reuse meanwhile.
        now = self._now()
        successor = self._successor(session_id, token)
        async with self._turns.turn(session_id), self._queries.hold(session_id, opaque.digest(token)) as held:
            if held is None:
                raise InvalidRefreshToken
            if is_over(held.session, now=now):
                raise SessionEnded(session_id)
            verdict = meaning(held.presented, now=now)
            if verdict is Meaning.CURRENT:
                await held.rotate(opaque.digest(successor), now=now)
            elif verdict is Meaning.RETRIED:
                await held.note(Event.REFRESH_RETRIED, Outcome.OK, device, now=now)
            elif verdict is Meaning.LAST:
                await held.revoke(RevokedReason.WORN_OUT, device, now=now)
            else:
                await held.note(Event.REFRESH_REUSED, Outcome.REFUSED, device, now=now)
                await held.revoke(RevokedReason.REUSED, device, now=now)
        self._refreshed(verdict)
        # Only here, where the revocation is committed: raised inside, it would be rolled back.
        if verdict is Meaning.LAST:
            self._revoked(session_id, RevokedReason.WORN_OUT)
            raise SessionEnded(session_id)
        if verdict is Meaning.REUSED:
            self._revoked(session_id, RevokedReason.REUSED)
            raise RefreshTokenReused(session_id)
        return Grant(held.session.principal_id, session_id, successor)

    async def is_live(self, session_id: SessionId) -> bool:
        """Tell whether the session is neither revoked, nor left idle too long, nor past its lifetime."""
        now = self._now()
        return await self._queries.is_live(session_id, now=now, idle_since=now - IDLE)

    async def live_of(self, principal_id: UUID) -> list[ListedSession]:
        """List where a principal is signed in, the session used last first; at most LISTED."""
        now = self._now()
        return await self._queries.live_of(principal_id, now=now, idle_since=now - IDLE, limit=LISTED)

    async def revoke(self, session_id: SessionId, device: Device) -> None:
        """End one session, as its owner asks. Ending it twice does nothing."""
        if await self._queries.revoke(session_id, RevokedReason.LOGOUT, device, now=self._now()):
            self._revoked(session_id, RevokedReason.LOGOUT)

    async def revoke_by_token(
        self, session_id: SessionId, token: str, device: Device, *, everywhere: bool = False
    ) -> None:
        """End the session that has this refresh token, old or new. Raises InvalidRefreshToken or SessionBusy.

        Every session of its principal ends with it where that is asked with a token that could refresh as well.
        """
        now = self._now()
        async with self._turns.turn(session_id), self._queries.hold(session_id, opaque.digest(token)) as held:
            if held is None:
                raise InvalidRefreshToken
            current = not is_over(held.session, now=now) and meaning(held.presented, now=now) is not Meaning.REUSED
        if everywhere and current:
            await self.revoke_all(held.session.principal_id, device)
        else:
            await self.revoke(session_id, device)

    async def revoke_own(self, principal_id: UUID, session_id: SessionId, device: Device) -> None:
        """End one session of this principal, as it asks from this or another one. Raises SessionNotFound."""
        now = self._now()
        if not await self._queries.revoke_own(principal_id, session_id, device, now=now, idle_since=now - IDLE):
            raise SessionNotFound
        self._revoked(session_id, RevokedReason.ENDED_BY_OWNER)

    async def revoke_others(self, principal_id: UUID, device: Device, *, keep: SessionId) -> None:
        """End every session of one principal but one."""
        await self._end(principal_id, self.ending(RevokedReason.LOGOUT_OTHERS, device, keep=keep))

    async def revoke_all(
        self, principal_id: UUID, device: Device, *, reason: RevokedReason = RevokedReason.LOGOUT_EVERYWHERE
    ) -> None:
        """End every session of one principal."""
        await self._end(principal_id, self.ending(reason, device))

    def ending(self, reason: RevokedReason, device: Device, *, keep: SessionId | None = None) -> Ending:
        """Say how sessions end with another change, in its transaction; give `ended` those that did, after that."""
        return Ending(self._queries.kind, reason, device, self._now(), keep)

    def ended(self, session_ids: Iterable[SessionId], reason: RevokedReason) -> None:
        """Log it."""
        for session_id in session_ids:
            self._revoked(session_id, reason)

    async def _end(self, principal_id: UUID, ending: Ending) -> None:
        self.ended(await self._queries.revoke_others(principal_id, ending), ending.reason)

    def _revoked(self, session_id: SessionId, reason: RevokedReason) -> None:
        _log.info("session_revoked", kind=self._queries.kind, session_id=str(session_id), reason=reason)

    def _successor(self, session_id: SessionId, token: str) -> str:
        return b64url(hmac.digest(self._refresh_key, session_id.bytes + token.encode(errors="surrogatepass"), sha256))
