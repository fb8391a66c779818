"""Ask a STUN server, or a TURN server, which is one too, for our address: a binding request (RFC 8489)."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Self, cast
from urllib.parse import parse_qs

from aioice import stun

STUN_TIMEOUT_S = 3.0
# RFC 8489, section 7.1: over UDP a request may be lost, so it is repeated.
REPEAT_AFTER_S = 0.5
HEADER_BYTES = 20
PORT, TLS_PORT = 3478, 5349


class NoStunAnswer(Exception):
    """Nobody answers there, or not as STUN has it."""


@dataclass(frozen=True, slots=True)
class StunServer:
    """Where a `stun:`, `stuns:`, `turn:` or `turns:` URL leads (RFC 7064, RFC 7065)."""

    host: str
    port: int
    tls: bool
    tcp: bool

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL that the settings have found well-formed."""
        scheme, _, rest = url.partition(":")
        where, _, query = rest.partition("?")
        host, _, port = where.partition(":")
        tls = scheme.endswith("s")
        tcp = tls or parse_qs(query).get("transport") == ["tcp"]
        return cls(host, int(port) if port else (TLS_PORT if tls else PORT), tls, tcp)


async def ask(server: StunServer) -> str:
    """Return our address as the server sees it. Raises NoStunAnswer after STUN_TIMEOUT_S at the most."""
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    try:
        async with asyncio.timeout(STUN_TIMEOUT_S):
            answer = await (_over_tcp if server.tcp else _over_udp)(server, bytes(request))
        message = stun.parse_message(answer)
        if message.transaction_id != request.transaction_id:
            raise NoStunAnswer("it answers something else")
        host, _port = cast("tuple[str, int]", message.attributes["XOR-MAPPED-ADDRESS"])
    except TimeoutError:
        raise NoStunAnswer(f"no answer within {STUN_TIMEOUT_S:.0f} s") from None
    except (ValueError, KeyError, EOFError) as error:
        raise NoStunAnswer("it does not speak STUN") from error
    except OSError as error:
        raise NoStunAnswer(error.strerror or str(error)) from error
    return host


async def _over_tcp(server: StunServer, request: bytes) -> bytes:
    tls = ssl.create_default_context() if server.tls else None
    reader, writer = await asyncio.open_connection(server.host, server.port, ssl=tls)
    try:
        writer.write(request)
        header = await reader.readexactly(HEADER_BYTES)
        return header + await reader.readexactly(int.from_bytes(header[2:4], "big"))
    finally:
        writer.close()


async def _over_udp(server: StunServer, request: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Answer(answer), remote_addr=(server.host, server.port))
    try:
        while True:
            transport.sendto(request)
            done, _ = await asyncio.wait({answer}, timeout=REPEAT_AFTER_S)
            if done:
                return answer.result()
    finally:
        transport.close()


class _Answer(asyncio.DatagramProtocol):
    """Hands over the first datagram, or the first error."""

    def __init__(self, answer: asyncio.Future[bytes]) -> None:
        self._answer = answer

    def datagram_received(self, data: bytes, _addr: object) -> None:
        if not self._answer.done():
            self._answer.set_result(data)

    def error_received(self, error: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)
