"""One websocket on aiohttp, for as long as it lasts; a conversation may outlive it."""

import asyncio
import fcntl
import socket
import struct
import termios

from aiohttp import WebSocketError, WSCloseCode, WSMessage, WSMsgType, web

from pipelines.limits import CLOSE_CODES, EndReason, Limits

HEARTBEAT_S = 20
CLOSE_TIMEOUT_S = 1


async def upgrade(request: web.Request, limits: Limits) -> "Socket":
    """Accept the upgrade, for a session whose place is taken."""
    response = web.WebSocketResponse(
        heartbeat=HEARTBEAT_S,
        timeout=CLOSE_TIMEOUT_S,
        # aiohttp refuses messages of this size, not only larger ones.
        max_msg_size=limits.max_payload_bytes + 1,
        compress=False,
    )
    await response.prepare(request)
    if request.transport is None:
        raise ConnectionResetError
    return Socket(response, request.transport, limits)


class Socket:
    """Takes and gives bytes, and knows how it ended. `response` is aiohttp's answer to the request."""

    def __init__(self, response: web.WebSocketResponse, transport: asyncio.Transport, limits: Limits) -> None:
        self.response = response
        self._transport = transport
        self._gone = asyncio.Event()
        # Linux would let the buffer grow to megabytes: minutes of audio for a client that has stopped reading.
        self._kernel_socket = transport.get_extra_info("socket")
        self._kernel_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.kernel_send_buffer_bytes)

    async def receive(self) -> bytes | EndReason:
        """Return the next binary message, or why there is none: CONNECTION_LOST unless the client did something."""
        message = await self.response.receive()
        if message.type is WSMsgType.BINARY:
            data: bytes = message.data
            return data
        return EndReason.NOT_BINARY if message.type is WSMsgType.TEXT else self._why_none(message)

    async def receive_text(self) -> str | EndReason:
        """Return the next text message, for protocols that know no other, or why there is none."""
        message = await self.response.receive()
        if message.type is WSMsgType.TEXT:
            text: str = message.data
            return text
        return EndReason.NOT_UNDERSTOOD if message.type is WSMsgType.BINARY else self._why_none(message)

    @staticmethod
    def _why_none(message: WSMessage) -> EndReason:
        error = message.data
        if isinstance(error, WebSocketError):
            return EndReason.TOO_LARGE if error.code == WSCloseCode.MESSAGE_TOO_BIG else EndReason.NOT_UNDERSTOOD
        return EndReason.CALLER_LEFT if message.type is WSMsgType.CLOSE else EndReason.CONNECTION_LOST

    @property
    def unsent_bytes(self) -> int:
        """What the kernel did not take: its own buffer is full of what the client does not read."""
        return self._transport.get_write_buffer_size()

    @property
    def unacknowledged_bytes(self) -> int | None:
        """What we sent and the other end's TCP has not confirmed; None once it is too late to ask.

        Where the kernel does not tell, it is what is unsent.
        """
        if self._transport.is_closing():
            return None
        try:
            # SIOCOUTQ by its older name. https://man7.org/linux/man-pages/man7/tcp.7.html
            queued = fcntl.ioctl(self._kernel_socket.fileno(), termios.TIOCOUTQ, bytes(4))
        except OSError:
            return self.unsent_bytes
        return self.unsent_bytes + int(struct.unpack("i", queued)[0])

    async def send(self, data: bytes) -> bool:
        """Send without ever waiting for the client; False when it is gone."""
        try:
            await self.response.send_bytes(data)
        except ConnectionError:
            return False
        return True

    async def send_text(self, text: str) -> bool:
        """Send without ever waiting for the client; False when it is gone."""
        try:
            await self.response.send_str(text)
        except ConnectionError:
            return False
        return True

    async def close(self, reason: EndReason) -> None:
        """Send the close code and wait for the client's, at most CLOSE_TIMEOUT_S."""
        try:
            await self.response.close(code=CLOSE_CODES[reason], message=reason.encode(), drain=False)
            if self.unsent_bytes:
                # It does not read: closing politely would wait for it to take what is still unsent.
                self._transport.abort()
        finally:
            self._gone.set()

    def abort(self) -> None:
        """Give it up without a word: nobody is there, or they came back another way."""
        self._transport.abort()
        self._gone.set()

    async def gone(self) -> None:
        """Wait until it was closed or given up."""
        await self._gone.wait()
