"""Recovery codes: ten, shown once, each good once in place of a second factor.

Each has 120 random bits, so a plain hash keeps it (OWASP ASVS 5.0, 6.5.2, asks for 112), and there is nothing to guess.
"""

import secrets
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from auth.factors.errors import SecondFactorRefused

COUNT = 10

# Crockford's base 32: no letter looks like a digit. https://www.crockford.com/base32.html
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS = 4
GROUP_CHARACTERS = 6

# What people read into it, and what they put between.
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class RecoveryCodeStorage(Protocol):
    """The hashes of the codes of one kind of principal."""

    async def replace(self, account_id: UUID, hashes: list[bytes]) -> None:
        """Forget the account's codes and keep these."""

    async def add_first(self, account_id: UUID, hashes: list[bytes]) -> bool:
        """Keep these codes unless the account has some; tell whether they were kept."""

    async def take(self, account_id: UUID, code_sha256: bytes) -> bool:
        """Remove a code; of two that try, one is told True."""

    async def count(self, account_id: UUID) -> int:
        """How many codes the account has left."""


class RecoveryCodes:
    """The recovery codes of one kind of principal."""

    def __init__(self, storage: RecoveryCodeStorage) -> None:
        self._storage = storage

    async def renew(self, account_id: UUID) -> list[str]:
        """Make ten new codes; older ones are worth nothing from now on."""
        codes = [_fresh() for _ in range(COUNT)]
        await self._storage.replace(account_id, [_sha256(code) for code in codes])
        return codes

    async def first(self, account_id: UUID) -> list[str] | None:
        """Make ten codes for an account that has none; None if it has some."""
        codes = [_fresh() for _ in range(COUNT)]
        return codes if await self._storage.add_first(account_id, [_sha256(code) for code in codes]) else None

    async def verify(self, account_id: UUID, code: str) -> None:
        """Use a code up, however it is grouped and in either case. Raises SecondFactorRefused."""
        if not await self._storage.take(account_id, _sha256(code)):
            raise SecondFactorRefused

    async def remove(self, account_id: UUID) -> None:
        """Forget all codes."""
        await self._storage.replace(account_id, [])

    async def left(self, account_id: UUID) -> int:
        """Tell how many codes are left."""
        return await self._storage.count(account_id)


def _fresh() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARACTERS)) for _ in range(GROUPS))


def _sha256(code: str) -> bytes:
    return sha256(code.upper().translate(_READ_AS).encode(errors="surrogatepass")).digest()
