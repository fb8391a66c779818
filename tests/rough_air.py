"""A network that loses packets, delays them and lets them overtake each other, the same ones in each run."""

import asyncio
import random
from typing import Any

import pytest

from pipelines.transports.webrtc.guarded import CallersAlone


class RoughAir:
    """What UDP sockets of both ends go through once it is `spread`; `lost` and `sent` count their packets."""

    def __init__(self, *, lose: float, jitter_s: float, seed: int = 1) -> None:
        self.jitter_s = jitter_s
        self.sent = 0
        self.lost = 0
        self._lose = lose
        self._random = random.Random(seed)  # noqa: S311 - no secret

    def spread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let all sockets that are opened from now on send through it."""
        made = CallersAlone.connection_made

        def connection_made(protocol: CallersAlone, transport: asyncio.BaseTransport) -> None:
            made(protocol, transport)
            protocol.transport = _Through(self, protocol.transport)  # type: ignore[assignment] # what aioice uses of one

        monkeypatch.setattr(CallersAlone, "connection_made", connection_made)

    def send(self, transport: asyncio.DatagramTransport, data: bytes, addr: tuple[str, int]) -> None:
        """Send it late, or never."""
        self.sent += 1
        if self._random.random() < self._lose:
            self.lost += 1
            return
        delay_s = self._random.uniform(0, self.jitter_s)
        asyncio.get_running_loop().call_later(delay_s, _arrive, transport, data, addr)


def _arrive(transport: asyncio.DatagramTransport, data: bytes, addr: tuple[str, int]) -> None:
    if not transport.is_closing():
        transport.sendto(data, addr)


class _Through:
    """A datagram transport whose packets take the rough way."""

    def __init__(self, air: RoughAir, transport: asyncio.DatagramTransport) -> None:
        self._air = air
        self._transport = transport

    def sendto(self, data: bytes, addr: tuple[str, int]) -> None:
        self._air.send(self._transport, data, addr)

    def close(self) -> None:
        # What is on its way arrives all the same.
        asyncio.get_running_loop().call_later(self._air.jitter_s, self._transport.close)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport has
        return getattr(self._transport, name)
