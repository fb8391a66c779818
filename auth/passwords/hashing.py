"""Hash and verify passwords with Argon2id (RFC 9106), off the event loop and never more than one at a time."""

import asyncio
import os
import secrets
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from auth.errors import CommonPassword, TooBusy
from auth.passwords.common import is_common

# One lane, because the other cores belong to the audio; 19 MiB and two passes are the floor for one lane.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1

# A hash takes about 20 ms, so the last of the queue is answered within a second.
MAX_WAITING = 32
RETRY_AFTER = timedelta(seconds=1)

# At least 10: longer than the 8 which ASVS 5.0 (6.2.1) demands, as most accounts have no second factor.
# At most 128: room for any passphrase (6.2.9 asks for 64), and a bound on what a stranger can make us hash.
MIN_CHARACTERS = 10
MAX_CHARACTERS = 128

# How much less than the event loop's the worker's wish for the core counts; for Linux each 10 are a tenth.
NICENESS = 10

ResultT = TypeVar("ResultT")


def argon2id() -> PasswordHasher:
    """Return the hasher with today's parameters."""
    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


class Passwords:
    """One worker thread and a bounded queue before it; `close` it when the process ends.

    argon2-cffi lets go of the GIL, so the event loop goes on while the worker hashes; and where both want one core, the
    loop, which has audio to send, is asked first.
    """

    def __init__(self, *, hasher: PasswordHasher | None = None, max_waiting: int = MAX_WAITING) -> None:
        self._hasher = hasher or argon2id()
        self._max_waiting = max_waiting
        self._waiting = 0
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords", initializer=_give_way)
        self._nobodys_hash = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """Return the encoded hash, parameters and salt included. Raises TooBusy."""
        return await self._run(lambda: self._hasher.hash(_prepared(password)))

    async def hash_new(self, password: str, *, own_words: Iterable[str]) -> str:
        """Hash a password that somebody has just chosen, whose e-mail address and name are `own_words`.

        Raises CommonPassword or TooBusy.
        """
        return await self._run(lambda: self._hash_new(_prepared(password), own_words))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password fits. Raises TooBusy.

        `None` stands for an unknown account: it costs one verification with today's parameters like any other, so
        that timing tells nothing, and is always wrong.
        """
        fits = await self._run(lambda: self._fits(password, password_hash or self._nobodys_hash))
        return fits and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    @property
    def waiting(self) -> int:
        """How many hashes run or wait, of `MAX_WAITING`."""
        return self._waiting

    def close(self) -> None:
        """Let the running hash finish and drop those that wait."""
        self._worker.shutdown(cancel_futures=True)

    def _hash_new(self, password: str, own_words: Iterable[str]) -> str:
        if is_common(password, own_words=own_words):
            raise CommonPassword
        return self._hasher.hash(password)

    def _fits(self, password: str, password_hash: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _prepared(password))
        except VerifyMismatchError:
            return False

    async def _run(self, job: Callable[[], ResultT]) -> ResultT:
        if self._waiting >= self._max_waiting:
            raise TooBusy(retry_after=RETRY_AFTER)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, job)
        finally:
            self._waiting -= 1


def _give_way() -> None:
    # Linux has this for each thread, POSIX for the whole process. https://man7.org/linux/man-pages/man2/setpriority.2.html
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)


def _prepared(password: str) -> str:
    # Keyboards differ in how they compose "é"; the same password must fit from each. RFC 8265, section 4.2.2.
    return unicodedata.normalize("NFC", password)
