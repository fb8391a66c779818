"""coturn, as docs/webrtc-nat.md runs it, on loopback."""

import asyncio
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pipelines.doors.ice_servers import Turn
from pipelines.transports.webrtc.stun import NoStunAnswer, StunServer, ask
from tests.fleet import free_port

HOST = "127.0.0.1"
READY_WITHIN_S = 10.0
ENDED_WITHIN_S = 5.0


async def _answers(port: int) -> bool:
    try:
        return await ask(StunServer.parse(f"stun:{HOST}:{port}")) == HOST
    except NoStunAnswer:
        return False


@asynccontextmanager
async def coturn(folder: Path, turn: Turn) -> AsyncIterator[str]:
    """Run it for the block, with our secret, for one relay at a time; yield its URL."""
    program = shutil.which("turnserver")
    assert program, "`make browsers` installs coturn; on Debian: apt-get install coturn"
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(program, "-n", "--use-auth-secret", f"--static-auth-secret={turn.secret}", "--realm=turn.test"),
        *("--denied-peer-ip=0.0.0.0-255.255.255.255", f"--allowed-peer-ip={HOST}", "--allow-loopback-peers"),
        *("--no-multicast-peers", "--no-cli", "--no-tls", "--no-dtls", "--total-quota=1"),
        *(f"--listening-ip={HOST}", f"--relay-ip={HOST}", f"--listening-port={port}"),
        *(f"--userdb={folder / 'turn.db'}", f"--pidfile={folder / 'turn.pid'}", "--log-file=stdout"),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while not await _answers(port):  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.02)
        yield f"turn:{HOST}:{port}?transport=udp"
    finally:
        process.terminate()
        try:
            async with asyncio.timeout(ENDED_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
