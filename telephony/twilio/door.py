"""GET /phone/twilio/media: Twilio's websocket with the audio of one call."""

from collections.abc import Callable
from contextlib import nullcontext

import structlog
from aiohttp import web

from pipelines.assistants.records import Assistant
from pipelines.limits import EndReason, Limits
from pipelines.places import LIMITS_OF_ALL
from pipelines.registry import CapacityReached, ShuttingDown
from pipelines.tools.transfers import Transfers
from pipelines.transports.socket import Socket, upgrade
from pipelines.transports.wire import Unreadable
from telephony.calls import Call
from telephony.lines import Leg, Lines, NobodyAnswers
from telephony.twilio.media import MediaStream, started
from telephony.twilio.messages import Start
from telephony.twilio.signatures import Signatures
from telephony.twilio.tokens import StreamTokens

log = structlog.get_logger()


class MediaDoor:
    """Lets in what Twilio has signed and our own TwiML has asked for; everybody else learns nothing."""

    def __init__(
        self,
        lines: Lines,
        *,
        signatures: Signatures,
        tokens: StreamTokens,
        transfers: Callable[[Call, Assistant], Transfers],
        limits: Limits,
    ) -> None:
        self._lines = lines
        self._signatures = signatures
        self._tokens = tokens
        self._transfers = transfers
        self._limits = limits

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Open the stream, and talk until it ends."""
        if not self._signatures.good_upgrade(request.path_qs, request.headers):
            log.warning("media_not_signed")
            return web.Response(status=403)
        if not web.WebSocketResponse().can_prepare(request).ok:
            return web.Response(status=426)
        socket = await upgrade(request, self._limits)
        try:
            start = await started(socket)
        except Unreadable:
            await socket.close(EndReason.NOT_UNDERSTOOD)
            return socket.response
        call = await self._admitted(start)
        if call is None:
            log.warning("media_refused")
            await socket.close(EndReason.REVOKED)
            return socket.response
        await self._talk(call, socket, start)
        return socket.response

    async def _admitted(self, start: Start) -> Call | None:
        admitted = self._tokens.read(start.parameters.get("token", ""), start.call_sid)
        if admitted is None:
            return None
        call_id, streams = admitted
        # Burnt here: of two sockets with one token, one gets the call.
        return await self._lines.go_live(call_id, stream=streams)

    async def _talk(self, call: Call, socket: Socket, start: Start) -> None:
        try:
            await self._lines.converse(
                call,
                lambda live, assistant: nullcontext(
                    Leg(
                        connection=MediaStream(socket, start, live, self._limits),
                        transfers=self._transfers(call, assistant),
                        movable=True,
                    )
                ),
            )
        except (CapacityReached, ShuttingDown, *LIMITS_OF_ALL, NobodyAnswers) as error:
            # What follows in our TwiML asks what the caller is told now.
            log.warning("call_turned_away", reason=type(error).__name__)
        finally:
            await socket.close(EndReason.CALLER_LEFT)
