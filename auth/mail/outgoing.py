"""Send mail beside the requests that ask for it: what they answer, and when, tells nothing about the mail.

Whoever orders a letter hands over how to write it, which may look into the database. It is written and delivered by a
task of its own, tried again while the mail server or the database is away, and given up after GIVE_UP_S. What still
waits when the process stops gets FLUSH_S and is then lost, and counted in the log; whoever misses a mail asks again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

import structlog

from auth.errors import MailBusy, MailUnavailable

MAX_WAITING = 200
RETRY_AFTER = timedelta(seconds=5)

# Connections to the mail server at once.
MAX_DELIVERING = 2

FIRST_RETRY_S = 1.0
MAX_RETRY_S = 60.0
# Less than the shortest life of a link that is mailed.
GIVE_UP_S = 15 * 60.0
FLUSH_S = 5.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain text mail. The text can hold a secret link."""

    to: str
    subject: str
    text: str = field(repr=False)


class LetterRefused(Exception):
    """The mail server will never take this letter."""


class LetterDelayed(Exception):
    """The letter could not be handed over now."""


class Post(Protocol):
    """What takes letters away."""

    async def deliver(self, letter: Letter) -> None:
        """Hand over a letter, within a bounded time. Raises LetterRefused or LetterDelayed."""


# None when it turns out that there is nobody to write to.
Writing = Callable[[], Awaitable[Letter | None]]


class Mail:
    """Letters on their way; use it as a context. Without a post there is no mail."""

    def __init__(
        self, post: Post | None, *, max_waiting: int = MAX_WAITING, first_retry_s: float = FIRST_RETRY_S
    ) -> None:
        self._post = post
        self._max_waiting = max_waiting
        self._first_retry_s = first_retry_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._delivering = asyncio.Semaphore(MAX_DELIVERING)

    def check(self) -> None:
        """Raise MailUnavailable or MailBusy when no letter can be ordered now."""
        if self._post is None:
            raise MailUnavailable
        if len(self._tasks) >= self._max_waiting:
            raise MailBusy(retry_after=RETRY_AFTER)

    def order(self, writing: Writing) -> None:
        """Have a letter written and sent. Returns at once. Raises like `check`."""
        self.check()
        task = asyncio.create_task(self._send(writing), name="letter")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def offer(self, writing: Writing) -> None:
        """Have a letter sent if that is possible: for news that nobody waits for."""
        try:
            self.order(writing)
        except MailUnavailable:
            return
        except MailBusy:
            _log.warning("mail_left_out")

    async def settled(self) -> None:
        """Wait until every letter ordered so far is sent or given up."""
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._tasks:
            return
        _, left = await asyncio.wait(set(self._tasks), timeout=FLUSH_S)
        for task in left:
            task.cancel()
        if left:
            _log.error("mail_lost", letters=len(left))
            await asyncio.wait(left)

    async def _send(self, writing: Writing) -> None:
        give_up_at = asyncio.get_running_loop().time() + GIVE_UP_S
        retry_s = self._first_retry_s
        letter: Letter | None = None
        while True:
            try:
                letter = letter or await writing()
                if letter is not None:
                    await self._deliver(letter)
            except LetterRefused as error:
                _log.warning("mail_refused", reason=str(error))
                return
            except Exception as error:  # noqa: BLE001 - a database or a server that is away; nobody else holds the letter
                if asyncio.get_running_loop().time() + retry_s > give_up_at:
                    _log.error("mail_lost", letters=1, reason=_reason(error))
                    return
                _log.warning("mail_delayed", reason=_reason(error), retry_s=retry_s)
            else:
                return
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, MAX_RETRY_S)

    async def _deliver(self, letter: Letter) -> None:
        if self._post is None:
            raise MailUnavailable
        async with self._delivering:
            await self._post.deliver(letter)
        _log.info("mail_sent", to=masked(letter.to), subject=letter.subject)


def masked(address: str) -> str:
    """Return an address as logs may show it: "a…@example.com"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _reason(error: Exception) -> str:
    # The words of others could quote the letter.
    return str(error) if isinstance(error, LetterDelayed) else type(error).__name__
