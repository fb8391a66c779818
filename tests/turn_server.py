"""A stand-in for coturn over UDP: it lends relays to whoever has credentials made of the secret shared with us."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from aioice import stun

REALM, NONCE = "turn.test", b"nonce"
RELAY = ("192.0.2.7", 49_160)


class TurnServer(asyncio.DatagramProtocol):
    """`lent` is how many relays are out."""

    def __init__(self, secret: str) -> None:
        self.lent = 0
        self._secret = secret

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Answer as RFC 8656 has it, for as far as a client goes that wants to know whether it works."""
        request = stun.parse_message(data)
        self._transport.sendto(bytes(self._answer(request, addr)), addr)

    def _answer(self, request: stun.Message, addr: tuple[str, int]) -> stun.Message:
        method = request.message_method
        answer = stun.Message(method, stun.Class.RESPONSE, request.transaction_id)
        if method == stun.Method.BINDING:
            answer.attributes["XOR-MAPPED-ADDRESS"] = addr
            return answer
        username = str(request.attributes.get("USERNAME", ""))
        key = self._key(username)
        if not (username and request.check_message_integrity(key)):
            answer.message_class = stun.Class.ERROR
            answer.attributes |= {"ERROR-CODE": (401, "Unauthorized"), "REALM": REALM, "NONCE": NONCE}
            return answer
        if method == stun.Method.ALLOCATE:
            self.lent += 1
            answer.attributes |= {"XOR-RELAYED-ADDRESS": RELAY, "XOR-MAPPED-ADDRESS": addr, "LIFETIME": 600}
        elif request.attributes["LIFETIME"] == 0:
            self.lent -= 1
        answer.add_message_integrity(key)
        return answer

    def _key(self, username: str) -> bytes:
        # https://datatracker.ietf.org/doc/html/draft-uberti-behave-turn-rest-00#section-2.2
        password = base64.b64encode(hmac.digest(self._secret.encode(), username.encode(), hashlib.sha1)).decode()
        return hashlib.md5(f"{username}:{REALM}:{password}".encode(), usedforsecurity=False).digest()


@asynccontextmanager
async def turn_server(secret: str) -> AsyncIterator[tuple[TurnServer, int]]:
    """Serve for the block; the server, and its port."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: TurnServer(secret), local_addr=("127.0.0.1", 0))
    yield server, transport.get_extra_info("sockname")[1]
    transport.close()
