"""POST and PATCH …/voice/offer, on both hosts: a browser's way into a conversation over WebRTC.

The first offer brings the ticket of `start`, and perhaps `&resume=`, and is answered with the call's id, `pc_id`.
Later offers and candidates bring both: the id is 256 random bits that stand in no URL, so whoever reads a log of
requests opens nothing. The sign-in was live when the call began, and with it ends the call.
"""

from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from auth.errors import SessionEnded
from auth.http.operations import Answer, Body, Integer, answered, gives, proves, refuses, takes
from auth.principals import Kind, UserId
from pipelines.assistants.records import NoAssistant
from pipelines.conversations.records import Contact
from pipelines.doors.api import Assistants, OriginRefused, admitted, found
from pipelines.doors.calls import Calls, IsLive, NoSuchCall, TooManySignals
from pipelines.doors.tickets import TicketRefused, Tickets
from pipelines.handoffs import Handoffs
from pipelines.identity import Identity, Verify
from pipelines.places import LIMITS_OF_ALL, Places
from pipelines.registry import CapacityReached, ResumeRefused, ShuttingDown
from pipelines.transports.webrtc.ice import MAX_CANDIDATE_CHARACTERS
from pipelines.transports.webrtc.offers import OfferUnreadable, OfferWithoutAudio, read

CHANNEL = "webrtc"
# Chrome's offer of audio, two videos and a data channel has 9,000 characters.
MAX_SDP_CHARACTERS = 32_000
MAX_CANDIDATES_AT_ONCE = 50

CallId = Annotated[str, Field(min_length=1, max_length=64)]
Mid = Annotated[str, Field(max_length=64)]


class SdpOffer(Body):
    """The client's offer: the first without `pc_id`, later ones with it.

    `restart_pc` says that the client has begun anew with another peer connection.
    """

    sdp: Annotated[str, Field(min_length=1, max_length=MAX_SDP_CHARACTERS)]
    type: Literal["offer"]
    pc_id: CallId | None = None
    restart_pc: bool = False


class SdpAnswer(Answer):
    """Our answer, and the id of the call."""

    sdp: str
    type: Literal["answer"] = "answer"
    pc_id: str


class Candidate(Body):
    """One of the client's addresses, in the words of a browser's RTCIceCandidate; empty at their end."""

    candidate: Annotated[str, Field(max_length=MAX_CANDIDATE_CHARACTERS)]
    sdp_mid: Mid | None = None
    sdp_mline_index: Annotated[Integer, Field(ge=0, le=64)] | None = None


class Candidates(Body):
    """What the client has found out about its addresses since its offer."""

    pc_id: CallId
    candidates: Annotated[list[Candidate], Field(max_length=MAX_CANDIDATES_AT_ONCE)]


class WebRtcDoor:
    """The handlers of one host; `verify`, `is_live` and `origins` as at the websocket's."""

    def __init__(  # noqa: PLR0913 - each has its name
        self,
        kind: Kind,
        *,
        verify: Verify,
        is_live: IsLive,
        origins: Collection[str],
        assistants: Assistants,
        tickets: Tickets,
        calls: Calls,
        places: Places,
        handoffs: Handoffs,
    ) -> None:
        self._kind = kind
        self._verify = verify
        self._is_live = is_live
        self._origins = frozenset(origins)
        self._assistants = assistants
        self._tickets = tickets
        self._calls = calls
        self._places = places
        self._handoffs = handoffs

    @proves("ticket")
    @takes(SdpOffer)
    @gives(SdpAnswer)
    @refuses(OriginRefused, TicketRefused, SessionEnded, CapacityReached, ShuttingDown, NoAssistant, *LIMITS_OF_ALL)
    @refuses(OfferUnreadable, OfferWithoutAudio, NoSuchCall, TooManySignals, ResumeRefused)
    async def offer(self, request: web.Request, wanted: SdpOffer) -> web.Response:
        """Call with `?token=` from `start`, or change a call.

        With `&resume=` from the newest message `resume-token` besides, a new call goes on with the conversation that
        lost its network or its process, in whichever process that was.
        """
        ticket = self._ticket(request)
        if wanted.pc_id is None:
            return await self._begin(ticket, wanted.sdp, request.query.get("resume"))
        call = self._calls.find(wanted.pc_id, door=self._kind, ticket=ticket)
        sdp = await call.renegotiate(wanted.sdp, restart=wanted.restart_pc)
        return answered(SdpAnswer(sdp=sdp, pc_id=call.id))

    @proves("ticket")
    @takes(Candidates)
    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(OriginRefused, NoSuchCall, TooManySignals)
    async def trickle(self, request: web.Request, found: Candidates) -> web.Response:
        """Take more addresses of the client's, on the same URL."""
        call = self._calls.find(found.pc_id, door=self._kind, ticket=self._ticket(request))
        await call.try_candidates([each.candidate for each in found.candidates if each.candidate])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _begin(self, ticket: str, sdp: str, resume_token: str | None) -> web.Response:
        admission = await self._tickets.redeem(ticket, kind=self._kind)
        offer, principal = read(sdp), admission.principal
        identity, earlier, place = Identity(principal, verify=self._verify), None, None
        if resume_token is None:
            assistant = admitted(await found(self._assistants, admission), self._kind)
        else:
            earlier, place = await self._handoffs.of_token(resume_token, identity, self._places)
            assistant = earlier.assistant
        call_id, answer = await self._calls.begin(
            identity,
            assistant,
            offer,
            contact=Contact(channel=CHANNEL, user_id=UserId(principal.id) if principal.kind is Kind.USER else None),
            door=self._kind,
            ticket=ticket,
            is_live=self._is_live,
            place=place,
            earlier=earlier,
        )
        return answered(SdpAnswer(sdp=answer, pc_id=call_id))

    def _ticket(self, request: web.Request) -> str:
        origin = request.headers.get("Origin")
        if origin is not None and origin not in self._origins:
            raise OriginRefused(origin)
        return request.query.get("token", "")
