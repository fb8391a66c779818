"""Conversations that are over, and that the database has yet to take: it was away when they ended."""

import asyncio

import structlog

# What a process keeps at once: a thousand callers who hung up during one absence, some KB each.
MAX_JOURNALS = 1000

log = structlog.get_logger()


class Backlog:
    """Owns the writers of such conversations until they are done, or the process ends."""

    def __init__(self, *, max_journals: int = MAX_JOURNALS) -> None:
        self._max_journals = max_journals
        self._writers: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._writers)

    def take(self, writer: asyncio.Task[None]) -> bool:
        """Let it go on; False when there is no room, and then it is not kept."""
        if len(self._writers) >= self._max_journals:
            return False
        self._writers.add(writer)
        writer.add_done_callback(self._writers.discard)
        return True

    async def close(self, *, within_s: float) -> None:
        """Wait for all, and give up those that are not done; each counts what it has lost."""
        writers = set(self._writers)
        if not writers:
            return
        log.info("conversations_overdue", count=len(writers))
        _, late = await asyncio.wait(writers, timeout=within_s)
        for writer in late:
            writer.cancel()
        await asyncio.gather(*late, return_exceptions=True)
