"""WebRTC over bad networks, and among strangers who send packets to a call's port: what is lost, and what is not."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from aioice import Candidate, Connection, stun
from hypothesis import given
from hypothesis import strategies as st

from pipelines.limits import BYTES_PER_SAMPLE, EndReason
from pipelines.transports.webrtc.guarded import MAX_ADDRESSES, MAX_WAITING_PACKETS, CallersAlone
from pipelines.transports.webrtc.ice import gather_within
from tests.doubles import CHUNK_S, Doubles, loudness
from tests.rough_air import RoughAir
from tests.voice_world import DEADLINE_S, LOOPBACK, RATE_HZ, doors
from tests.webrtc_world import Browser, call

SAID_S = 4.0
NOISE = [
    b"",
    b"\0",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x80" + secrets.token_bytes(170),  # RTP
    b"\x81\xc9" + secrets.token_bytes(30),  # RTCP
    b"\x15\xfe\xfd" + bytes(8) + b"\0\x02\x02\x28",  # DTLS: a fatal alert
    b"\x16\xfe\xfd" + secrets.token_bytes(60),
    bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST)),
    # STUN with an attribute that is shorter than what it stands for.
    b"\0\x01\0\x06\x21\x12\xa4\x42" + bytes(12) + b"\x80\x29\0\x02ab",
]


@asynccontextmanager
async def stranger() -> AsyncIterator[asyncio.DatagramTransport]:
    """A socket of nobody's."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    yield transport
    transport.close()


def door_of(browser: Browser) -> tuple[str, int]:
    """Where the server takes the packets of this call."""
    (pair,) = browser.ice._nominated.values()  # noqa: SLF001 - there is no public way to it
    return pair.remote_addr


async def test_strangers_packets_change_nothing(pool: asyncpg.Pool) -> None:
    """Media, STUN, alerts and nonsense from elsewhere: the call goes on, and no log is filled with it."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    async with doors(pool) as world, call(world) as browser, stranger() as somebody:
        await browser.ready()
        await browser.hear("bot-stopped-speaking")
        for _ in range(100):
            for packet in NOISE:
                somebody.sendto(packet, door_of(browser))
            await asyncio.sleep(0)
        await browser.say()
        await browser.hear("bot-stopped-speaking")

        assert "You said hello there." in browser.said()
    assert complaints == []


async def test_media_at_anothers_port_is_heard_by_nobody(pool: asyncpg.Pool) -> None:
    """One caller's packets go to the other's port: neither is heard, and the other's call goes on."""
    heard = 0

    def note(_audio: bytes) -> str:
        nonlocal heard
        heard += 1
        return "hello there"

    async with doors(pool, providers=Doubles(heard=note)) as world, call(world) as lost, call(world) as other:
        for browser in (lost, other):
            await browser.ready()
            await browser.hear("bot-stopped-speaking")
        (pair,) = lost.ice._nominated.values()  # noqa: SLF001 - there is no public way to it
        _, own_port = door_of(lost)
        _, pair.remote_candidate.port = door_of(other)
        await lost.say()
        await world.until(lambda: not lost.microphone.words)
        pair.remote_candidate.port = own_port
        await other.say()
        await other.hear("bot-stopped-speaking")
        assert heard == 1


async def test_what_a_bad_network_loses(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One packet in twenty lost and all of them up to 200 ms late: a call begins, is understood, and is answered."""
    heard: list[bytes] = []

    def note(audio: bytes) -> str:
        heard.append(audio)
        return "hello there"

    air = RoughAir(lose=0.05, jitter_s=0.2)
    air.spread(monkeypatch)
    async with doors(pool, providers=Doubles(heard=note)) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-stopped-speaking")
        browser.microphone.live = True
        await browser.speak(seconds=SAID_S)
        await browser.speak(seconds=1.0, level=0)
        await browser.hear("bot-stopped-speaking")
        assert "You said hello there." in browser.said()
        await browser.tell("disconnect-bot")
        # Our goodbye may be overtaken by the end of the connection.
        await world.empty()
        assert world.notebook.ended == [EndReason.CALLER_LEFT]
    samples = round(CHUNK_S * RATE_HZ) * BYTES_PER_SAMPLE
    chunks = [said[at : at + samples] for said in heard for at in range(0, len(said), samples)]
    understood_s = sum(loudness(chunk) > 1_000 for chunk in chunks) * CHUNK_S
    assert air.lost > 0.03 * air.sent
    # What is lost is silence; what comes late is waited for.
    assert understood_s > 0.9 * SAID_S


@asynccontextmanager
async def socket_of_a_call() -> AsyncIterator[tuple[CallersAlone, Connection]]:
    """Our socket of a call whose caller has yet to connect, and the ICE connection behind it."""
    connection = Connection(ice_controlling=False)
    gather_within(connection, LOOPBACK)
    await connection.gather_candidates()
    try:
        protocol = connection._protocols[-1]  # noqa: SLF001 - there is no public way to it
        assert isinstance(protocol, CallersAlone)
        yield protocol, connection
    finally:
        await connection.close()


def check(connection: Connection) -> bytes:
    """What a caller's browser sends to find a way: signed with the password that our answer holds."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{connection.local_username}:{connection.remote_username}"
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 1
    message.add_message_integrity(connection.local_password.encode())
    return bytes(message)


async def test_a_caller_has_only_so_many_addresses() -> None:
    """Whoever signs checks from a thousand makes us knock at a few of them, before the call begins and in it."""
    async with socket_of_a_call() as (protocol, connection):
        connection.remote_username, connection.remote_password = "them", "their password is long"
        for port in range(20_000, 21_000):
            protocol.datagram_received(check(connection), ("127.0.0.1", port))
        connecting = asyncio.create_task(connection.connect())
        async with asyncio.timeout(DEADLINE_S):
            while not connection.remote_candidates:  # noqa: ASYNC110 - aioice has no event for it
                await asyncio.sleep(0)
        for port in range(21_000, 22_000):
            protocol.datagram_received(check(connection), ("127.0.0.1", port))
        assert len(connection.remote_candidates) == MAX_ADDRESSES
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)


async def test_media_that_nobody_reads_does_not_pile_up() -> None:
    """A caller who sends before their call is there waits with a few packets of it."""
    async with socket_of_a_call() as (protocol, connection):
        await connection.add_remote_candidate(Candidate.from_sdp("1 1 udp 1 127.0.0.1 5000 typ host"))
        for _ in range(2 * MAX_WAITING_PACKETS):
            protocol.datagram_received(b"\x80" + bytes(170), ("127.0.0.1", 5000))
        assert connection._queue.qsize() == MAX_WAITING_PACKETS  # noqa: SLF001 - what must not grow


def stun_shaped(rest: bytes) -> bytes:
    """A binding request with these bytes as its cookie, transaction and attributes."""
    return b"\0\x01" + max(0, len(rest) - 16).to_bytes(2, "big") + rest


@given(st.binary(max_size=200) | st.binary(min_size=16, max_size=200).map(stun_shaped))
async def test_no_packet_breaks_a_socket(packet: bytes) -> None:
    """Whatever it holds."""
    async with socket_of_a_call() as (protocol, _):
        protocol.datagram_received(packet, ("127.0.0.1", 5000))
