"""Passwords: hashed off the loop, one at a time, behind a bounded queue."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from argon2 import extract_parameters

from auth.errors import CommonPassword, TooBusy
from auth.passwords.hashing import LANES, MAX_WAITING, MEMORY_KIB, NICENESS, PASSES, Passwords, argon2id
from tests.auth_world import CountingHasher


class SlowHasher(CountingHasher):
    """Hashes when it is let; knows in which threads it worked."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.let.set()
        self.threads: set[str] = set()

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        """Wait, then hash."""
        self.threads.add(threading.current_thread().name)
        self.let.wait(timeout=5)
        return super().hash(password, salt=salt)


class AgreeableHasher(CountingHasher):
    """Finds that every password fits."""

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002, ARG002 - argon2's names
        """Agree."""
        return True


@contextmanager
def _open(hasher: CountingHasher, *, max_waiting: int = MAX_WAITING) -> Iterator[Passwords]:
    passwords = Passwords(hasher=hasher, max_waiting=max_waiting)
    try:
        yield passwords
    finally:
        passwords.close()


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    """Passwords with a cheap hasher."""
    with _open(CountingHasher()) as opened:
        yield opened


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
async def test_hashing_gives_way_to_the_event_loop() -> None:
    """The worker thread alone asks less for the core."""
    asked: list[int] = []

    class Asking(CountingHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            asked.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
            return super().hash(password, salt=salt)

    with _open(Asking()) as passwords:
        await passwords.hash("correct horse")
    ours = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert asked == [ours, min(ours + NICENESS, 19)]


async def test_a_password_fits_its_hash(passwords: Passwords) -> None:
    """And no other does."""
    password_hash = await passwords.hash("correct horse")
    assert await passwords.verify("correct horse", password_hash)
    assert not await passwords.verify("correct horsf", password_hash)


async def test_the_parameters_are_the_floor_of_owasp() -> None:
    """Argon2id with 19 MiB, two passes and one lane."""
    parameters = extract_parameters(argon2id().hash("correct horse"))
    assert parameters.type.name == "ID"
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (MEMORY_KIB, PASSES, LANES)


async def test_an_unknown_account_costs_one_verification() -> None:
    """As much as a known one, and it never fits."""
    hasher = CountingHasher()
    with _open(hasher) as passwords:
        known = await passwords.hash("correct horse")
        hasher.hashed = 0
        assert not await passwords.verify("wrong horse", known)
        assert (hasher.hashed, hasher.verified) == (0, 1)
        assert not await passwords.verify("wrong horse", None)
        assert (hasher.hashed, hasher.verified) == (0, 2)


async def test_an_unknown_account_has_no_password() -> None:
    """Not even one that happens to fit what stands in for its hash."""
    with _open(AgreeableHasher()) as passwords:
        assert not await passwords.verify("correct horse", None)


@pytest.mark.parametrize(
    ("typed", "stored"), [("cafe\u0301 au lait", "caf\u00e9 au lait"), ("\u212bngstr\u00f6m!", "Ångström!")]
)
async def test_keyboards_may_differ(passwords: Passwords, typed: str, stored: str) -> None:
    """The same characters composed in another way are the same password."""
    assert await passwords.verify(typed, await passwords.hash(stored))


async def test_a_new_password_is_no_common_one(passwords: Passwords) -> None:
    """Nor made of its owner's words; what is kept fits however it is typed."""
    for refused in ("sunshine2024!", "ann.lee1990"):
        with pytest.raises(CommonPassword):
            await passwords.hash_new(refused, own_words=["ann.lee@marlow.example"])
    assert await passwords.verify("caf\u00e9 au lait", await passwords.hash_new("cafe\u0301 au lait", own_words=[]))


async def test_other_parameters_are_noticed(passwords: Passwords) -> None:
    """A hash made with less memory than today's is outdated."""
    assert passwords.is_outdated(CountingHasher(memory_cost=16).hash("correct horse"))
    assert not passwords.is_outdated(await passwords.hash("correct horse"))


async def test_hashing_happens_beside_the_loop() -> None:
    """One worker thread; the loop goes on meanwhile."""
    hasher = SlowHasher()
    with _open(hasher) as passwords:
        hasher.threads.clear()
        hasher.let.clear()
        hashing = [asyncio.create_task(passwords.hash("correct horse")) for _ in range(2)]
        await asyncio.sleep(0.01)
        assert not any(each.done() for each in hashing)
        hasher.let.set()
        await asyncio.gather(*hashing)
    assert hasher.threads == {"passwords_0"}


async def test_the_queue_is_bounded() -> None:
    """Whoever comes when it is full is told to come back, at once; then it empties, and all is well."""
    hasher = SlowHasher()
    with _open(hasher, max_waiting=2) as passwords:
        for _ in range(2):
            hasher.let.clear()
            hashing = [asyncio.create_task(passwords.hash("correct horse")) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(TooBusy) as busy:
                await passwords.hash("correct horse")
            assert busy.value.retry_after.total_seconds() == 1
            hasher.let.set()
            await asyncio.gather(*hashing)
            assert await passwords.hash("correct horse")


async def test_whoever_gives_up_leaves_the_queue() -> None:
    """A cancelled wait makes room."""
    hasher = SlowHasher()
    with _open(hasher, max_waiting=2) as passwords:
        hasher.let.clear()
        first = asyncio.create_task(passwords.hash("correct horse"))
        second = asyncio.create_task(passwords.hash("correct horse"))
        await asyncio.sleep(0.01)
        second.cancel()
        await asyncio.wait([second])
        third = asyncio.create_task(passwords.hash("correct horse"))
        await asyncio.sleep(0)
        hasher.let.set()
        assert await first
        assert await third
