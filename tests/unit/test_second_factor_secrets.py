"""What second factors keep: sealed secrets, and recovery codes as people type them."""

import re
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from auth.factors.errors import SecondFactorRefused
from auth.factors.recovery_codes import RecoveryCodes
from auth.factors.totp import SecretBox
from auth.principals import Kind

ANN, BOB = UUID(int=1), UUID(int=2)
KEY = bytes(32)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


class Shelf:
    """Recovery codes in memory, of one account."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []

    async def replace(self, account_id: UUID, hashes: list[bytes]) -> None:
        """Keep these."""
        assert account_id == ANN
        self.hashes = hashes

    async def add_first(self, account_id: UUID, hashes: list[bytes]) -> bool:
        """Keep these unless there are some."""
        if self.hashes:
            return False
        await self.replace(account_id, hashes)
        return True

    async def take(self, account_id: UUID, code_sha256: bytes) -> bool:
        """Remove a code."""
        if account_id != ANN or code_sha256 not in self.hashes:
            return False
        self.hashes.remove(code_sha256)
        return True

    async def count(self, account_id: UUID) -> int:
        """Count them."""
        assert account_id == ANN
        return len(self.hashes)


def test_a_sealed_secret_opens() -> None:
    """For the account it was sealed for; the same secret is sealed differently each time."""
    box = SecretBox(KEY, Kind.STORE)
    first, second = box.seal(SECRET, ANN), box.seal(SECRET, ANN)
    assert first != second
    assert SECRET.encode() not in first
    assert box.open(first, ANN) == box.open(second, ANN) == SECRET


@pytest.mark.parametrize(
    ("box", "owner"),
    [
        (SecretBox(KEY, Kind.STORE), BOB),
        (SecretBox(KEY, Kind.USER), ANN),
        (SecretBox(b"x" * 32, Kind.STORE), ANN),
    ],
    ids=["another account", "another kind", "another key"],
)
def test_a_sealed_secret_is_worth_nothing_elsewhere(box: SecretBox, owner: UUID) -> None:
    """Whoever can write to the database cannot give an account a secret that they know."""
    sealed = SecretBox(KEY, Kind.STORE).seal(SECRET, ANN)
    with pytest.raises(InvalidTag):
        box.open(sealed, owner)


async def test_recovery_codes_can_be_written_down() -> None:
    """Four groups of letters and digits that look like nothing else, each code of its own; kept as hashes."""
    shelf = Shelf()
    codes = await RecoveryCodes(shelf).renew(ANN)
    assert len(set(codes)) == len(shelf.hashes) == 10
    for code in codes:
        assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}", code)


@pytest.mark.parametrize(
    "typed",
    [
        "abcdef-ghjkmn-pqrst0-123456",
        "ABCDEFGHJKMNPQRST0123456",
        "abcdef ghjkmn pqrsto i23456",
        "ABCDEF-GHJKMN-PQRSTO-L23456",
    ],
)
async def test_recovery_codes_are_read_as_people_write_them(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In either case, grouped or not, with O for 0 and I or L for 1; and no other account's."""
    characters = iter("ABCDEFGHJKMNPQRST0123456" * 10)
    monkeypatch.setattr("secrets.choice", lambda _alphabet: next(characters))
    codes = RecoveryCodes(Shelf())
    await codes.renew(ANN)
    with pytest.raises(SecondFactorRefused):
        await codes.verify(BOB, typed)
    await codes.verify(ANN, typed)
