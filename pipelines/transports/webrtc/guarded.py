"""The UDP socket of a call, and which of what comes there is passed on.

Anybody may send to an open port. aioice passes on what comes from anywhere and keeps it until somebody reads; an empty
datagram ends aiortc's DTLS, and with it the call; and STUN that is cut off is a traceback in the log.
"""

import struct
from typing import Any

from aioice import stun
from aioice.ice import StunProtocol

# What a first byte says. https://www.rfc-editor.org/rfc/rfc7983#section-7
STUN = range(4)
DTLS = range(20, 64)
RTP = range(128, 192)

# Much more than comes while the caller connects, and than one message of a data channel takes.
MAX_WAITING_PACKETS = 512
# A caller's interfaces and relays, and what NATs make of them.
MAX_ADDRESSES = 64


class CallersAlone(StunProtocol):
    """Passes on STUN that can be read, and the media of addresses that have proved to be the caller's."""

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """Take a packet, or drop it."""
        packet = data.encode() if isinstance(data, str) else data
        kind = packet[0] if packet else -1
        if kind in STUN:
            if _readable(packet) and (self._knows(addr) or self._has_room()):
                super().datagram_received(packet, addr)
        elif (kind in DTLS or kind in RTP) and self._knows(addr) and self._is_read():
            super().datagram_received(packet, addr)

    def _knows(self, addr: tuple[Any, ...]) -> bool:
        # aioice learns an address by a check that is signed with the password in our answer (RFC 8445, section 7.3).
        return any((each.host, each.port) == addr[:2] for each in self.receiver.remote_candidates)

    def _has_room(self) -> bool:
        # Checks that come before the offer's answer is in force wait, and each may bring a new address.
        waiting = self.receiver._early_checks  # noqa: SLF001 - aioice's has no bound
        return len(self.receiver.remote_candidates) + len(waiting) < MAX_ADDRESSES

    def _is_read(self) -> bool:
        return self.receiver._queue.qsize() < MAX_WAITING_PACKETS  # noqa: SLF001 - the same


def _readable(packet: bytes) -> bool:
    try:
        stun.parse_message(packet)
    except (ValueError, struct.error):
        return False
    return True
