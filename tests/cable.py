"""The way to PostgreSQL, which a test can cut, mend or make slow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

CLOSE_S = 5.0


class Cable:
    """Carries bytes between the server under test and the embedded PostgreSQL's socket."""

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self._broken = asyncio.Event()
        self.connections = 0
        # How long each message takes in either direction.
        self.delay_s = 0.0

    def cut(self) -> None:
        """End every connection, and each new one at once."""
        self._broken.set()

    def mend(self) -> None:
        """Let new connections through."""
        self._broken.clear()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until an end closes it, or the cable is cut."""
        if self._broken.is_set():
            writer.close()
            return
        self.connections += 1
        far_reader, far_writer = await asyncio.open_unix_connection(self._socket_path)
        ways = [self._carry(reader, far_writer), self._carry(far_reader, writer), self._broken.wait()]
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for end in (writer, far_writer):
            end.transport.abort()
            with suppress(OSError):
                await end.wait_closed()
        self.connections -= 1

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await asyncio.sleep(self.delay_s)
            writer.write(data)


@asynccontextmanager
async def cable(database_url: str) -> AsyncIterator[tuple[str, Cable]]:
    """The URL of the same database over a cable, and the cable."""
    parts = urlsplit(database_url)
    line = Cable(f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432")
    listening = await asyncio.start_server(line.connect, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}", query="").geturl(), line
    finally:
        line.cut()
        listening.close()
        async with asyncio.timeout(CLOSE_S):
            while line.connections:  # noqa: ASYNC110 - its ends have no event
                await asyncio.sleep(0)
