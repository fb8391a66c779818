"""Real server processes over one database, whose models cost nothing; several may share a port."""

import asyncio
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession
from yarl import URL

from tests.commands import ROOT, environment
from tests.live_world import Reached

READY_WITHIN_S = 30.0
ENDED_WITHIN_S = 40.0
MANY = "100"


@dataclass(frozen=True, slots=True)
class Member:
    """One process, and the port that it listens on."""

    process: Process
    port: int

    @property
    def url(self) -> URL:
        """The User API's."""
        return URL.build(scheme="http", host="user.localhost", port=self.port)

    @asynccontextmanager
    async def reached(self) -> AsyncIterator[Reached]:
        """Ask it for the block."""
        url = URL.build(scheme="http", host="127.0.0.1", port=self.port)
        async with ClientSession(base_url=url) as client:
            yield Reached(client, url)

    async def stop(self) -> None:
        """As a deploy does: SIGTERM, and wait."""
        self.process.terminate()
        await self.gone()

    async def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        await self.gone()

    async def gone(self) -> None:
        """Wait for its end."""
        async with asyncio.timeout(ENDED_WITHIN_S):
            await self.process.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Fleet:
    """Starts them; made by `fleet`."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.members: list[Member] = []
        self._environment = environment(
            folder,
            DATABASE_URL=database_url,
            LOG_LEVEL="WARNING",
            VOICE_MAX_SESSIONS=MANY,
            VOICE_MAX_SESSIONS_PER_CALLER=MANY,
        )

    async def start(self, port: int, **settings: str) -> Member:
        """Start one, and wait until it is ready."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.load.voice.cheap"),
            cwd=ROOT,
            env={**self._environment, "PORT": str(port), **settings},
            stdin=PIPE,
            stdout=PIPE,
        )
        member = Member(process, port)
        self.members.append(member)
        assert process.stdout is not None
        async with asyncio.timeout(READY_WITHIN_S):
            assert await process.stdout.readline() == b"ready\n"
        return member


@asynccontextmanager
async def fleet(database_url: str, folder: Path) -> AsyncIterator[Fleet]:
    """Start processes in the block; afterwards none is left."""
    started = Fleet(database_url, folder)
    try:
        yield started
    finally:
        for member in started.members:
            if member.process.returncode is None:
                await member.kill()
