"""Codes of an authenticator app: TOTP (RFC 6238) as every app has it, SHA-1, six digits, thirty seconds.

A code is accepted from one step before now to one after, for clocks that differ, and each step once (RFC 6238, section
5.2). Six digits can be guessed, so an account takes TRIES of them in WINDOW; then they are not looked at until it is
over. Only whoever knows the password gets to try, and neither recovery codes nor passkeys are held up: the owner can
always come in, and change the password. That is 30 in a million a day.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import pyotp
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from auth.factors.errors import NoTotpEnrolment, SecondFactorRefused, TooManyCodes, TotpActive
from auth.principals import Kind

TRIES = 10
WINDOW = timedelta(days=1)

# How long a shown secret waits for its first code.
ENROLMENT = timedelta(minutes=15)

WINDOW_STEPS = 1
NONCE_BYTES = 12
ISSUER = "Storeline"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the app is given, by hand or as a QR code of the address. Shown once."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


class TotpStorage(Protocol):
    """The secrets of one kind of principal, sealed; and which steps and how many tries were used."""

    async def enrol(self, account_id: UUID, sealed_secret: bytes, *, now: datetime) -> bool:
        """Keep a secret that is not confirmed yet, over an older such one; False if one is confirmed."""

    async def begin_try(
        self, account_id: UUID, *, confirmed: bool, since: datetime, max_tries: int, now: datetime
    ) -> bytes | datetime | None:
        """Count a try and return the sealed secret.

        When there were `max_tries` after `since`, the time of the first. None if there is no such secret.
        """

    async def accept(self, account_id: UUID, step: int, *, sealed_secret: bytes, now: datetime) -> bool:
        """Note the step, confirm the secret, forget the tries; False if the step or a later one was noted before."""

    async def confirmed_at(self, account_id: UUID) -> datetime | None:
        """When the secret was confirmed; None if there is none."""

    async def remove(self, account_id: UUID) -> bool:
        """Forget a confirmed secret; False if there was none."""


class SecretBox:
    """Seals secrets with AES-256-GCM, each for one account: moved to another, or changed, it does not open.

    `key` has 32 bytes. NIST SP 800-38D: nonces of 96 random bits are good for 2^32 seals, so for every account.
    """

    def __init__(self, key: bytes, kind: Kind) -> None:
        self._cipher = AESGCM(key)
        self._kind = kind

    def seal(self, secret: str, account_id: UUID) -> bytes:
        """Return nonce and ciphertext."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), self._owner(account_id))

    def open(self, sealed: bytes, account_id: UUID) -> str:
        """Return the secret. Raises InvalidTag."""
        return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._owner(account_id)).decode()

    def _owner(self, account_id: UUID) -> bytes:
        return f"totp:{self._kind}:{account_id}".encode()


class Totp:
    """The authenticator apps of one kind of principal."""

    def __init__(self, storage: TotpStorage, box: SecretBox, *, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._box = box
        self._now = now

    async def enrol(self, account_id: UUID, *, label: str) -> Enrolment:
        """Make a secret, which counts once a code of it came; the app shows it as `label`'s. Raises TotpActive."""
        secret = pyotp.random_base32()  # 160 bits, as RFC 4226 recommends
        if not await self._storage.enrol(account_id, self._box.seal(secret, account_id), now=self._now()):
            raise TotpActive
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER))

    async def confirm(self, account_id: UUID, code: str) -> None:
        """Make the secret count. Raises NoTotpEnrolment, SecondFactorRefused or TooManyCodes."""
        if not await self._fits(account_id, code, confirmed=False):
            raise NoTotpEnrolment

    async def verify(self, account_id: UUID, code: str) -> None:
        """Accept a code, once. Raises SecondFactorRefused or TooManyCodes."""
        if not await self._fits(account_id, code, confirmed=True):
            raise SecondFactorRefused

    async def confirmed_at(self, account_id: UUID) -> datetime | None:
        """Tell since when the account has an app."""
        return await self._storage.confirmed_at(account_id)

    async def remove(self, account_id: UUID) -> bool:
        """Forget the app; return whether there was one."""
        return await self._storage.remove(account_id)

    async def _fits(self, account_id: UUID, code: str, *, confirmed: bool) -> bool:
        """Return False when there is no such secret."""
        now = self._now()
        # Counted before the code is looked at, so that many at once are no more than one after the other.
        tried = await self._storage.begin_try(
            account_id, confirmed=confirmed, since=now - WINDOW, max_tries=TRIES, now=now
        )
        if tried is None:
            return False
        if isinstance(tried, datetime):
            raise TooManyCodes(retry_after=tried + WINDOW - now)
        step = self._step_of(code, tried, account_id)
        if not await self._storage.accept(account_id, step, sealed_secret=tried, now=now):
            raise SecondFactorRefused
        return True

    def _step_of(self, code: str, sealed: bytes, account_id: UUID) -> int:
        try:
            totp = pyotp.TOTP(self._box.open(sealed, account_id))
            # It compares in constant time.
            return totp.verify_and_get_timecode(code, for_time=self._now(), valid_window=WINDOW_STEPS)
        except InvalidTag:
            # The key was changed or lost; recovery codes still work.
            _log.error("totp_secret_unreadable", account_id=str(account_id))
            raise SecondFactorRefused from None
        except pyotp.OTPVerificationError:
            raise SecondFactorRefused from None
