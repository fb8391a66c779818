"""/widget/…: how pages of other sites get into a conversation, and GET /widget.js, which does that for them.

Whoever is asked here is no secret's keeper: the key stands in the page. What is checked is that a browser asks for a
page of a site that the store has named, and how often. Programs can claim any Origin; for those the limits are there.
Answers are readable for exactly that site (CORS), and no cookie or token is ever looked at.
https://fetch.spec.whatwg.org/#http-cors-protocol
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal

from aiohttp import hdrs, web
from pydantic import Field

from auth.errors import TooManyAttempts
from auth.http.asking import device_of
from auth.http.headers import also_answer
from auth.http.operations import Answer, Body, answered, gives, refuses, takes
from auth.throttle.throttle import WIDGET_OFFER, WIDGET_START, Throttle, neighbourhood
from auth.tokens import opaque
from pipelines.assistants.records import Assistant, NoAssistant
from pipelines.conversations.records import Contact
from pipelines.doors.api import Assistants, OriginRefused
from pipelines.doors.calls import Calls
from pipelines.doors.ice_servers import IceServers
from pipelines.doors.starts import IceServer
from pipelines.doors.tickets import TTL, TicketRefused
from pipelines.doors.webrtc import MAX_SDP_CHARACTERS
from pipelines.handoffs import Handoffs
from pipelines.identity import Guest, Guests
from pipelines.places import LIMITS_OF_ALL, Places
from pipelines.registry import CapacityReached, ResumeRefused, ShuttingDown
from pipelines.transports.webrtc.offers import OfferUnreadable, OfferWithoutAudio, read
from pipelines.voice_sessions import VoiceSessions
from pipelines.widgets.queries import WidgetQueries, WidgetTicketQueries
from pipelines.widgets.records import KEY_PATTERN, Widget, WidgetNotFound

CHANNEL = "widget"
SCRIPT = Path(__file__).with_name("widget.js")
# How long a browser may remember that it was allowed to ask.
PREFLIGHT_S = 600

Token = Annotated[str, Field(min_length=1, max_length=64)]


class WidgetStart(Body):
    """A visitor who wants back into their conversation sets `resume`."""

    resume: bool = False


class WidgetStarted(Answer):
    """The ticket for one offer, within 30 seconds, and who helps the two sides to find each other."""

    token: str
    iceServers: list[IceServer]  # noqa: N815 - as RTCConfiguration has it


class WidgetOffer(Body):
    """The browser's offer, with its candidates; `resume` is the newest `resume-token` of what shall go on."""

    token: Token
    resume: Token | None = None
    sdp: Annotated[str, Field(min_length=1, max_length=MAX_SDP_CHARACTERS)]
    type: Literal["offer"]


class WidgetAnswer(Answer):
    """Our answer."""

    sdp: str
    type: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetDoor:
    """The handlers, on the store's host. `own_origins` are those of the portal, where a store tries its widgets."""

    widgets: WidgetQueries
    tickets: WidgetTicketQueries
    throttle: Throttle
    guests: Guests
    assistants: Assistants
    places: Places
    sessions: VoiceSessions
    calls: Calls
    handoffs: Handoffs
    ice_servers: IceServers
    own_origins: Collection[str]
    now: Callable[[], datetime]

    @gives(media="text/javascript")
    async def script(self, _request: web.Request) -> web.StreamResponse:
        """Give the script that a page of any site may have; what it may do there is asked when it starts."""
        headers = {hdrs.CACHE_CONTROL: "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
        return web.Response(body=SCRIPT.read_bytes(), content_type="text/javascript", charset="utf-8", headers=headers)

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(WidgetNotFound, OriginRefused)
    async def preflight(self, request: web.Request) -> web.Response:
        """Let a browser ask whether its page may ask."""
        await self._page(request)
        return web.Response(
            status=HTTPStatus.NO_CONTENT,
            headers={
                hdrs.ACCESS_CONTROL_ALLOW_METHODS: hdrs.METH_POST,
                hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "content-type",
                hdrs.ACCESS_CONTROL_MAX_AGE: str(PREFLIGHT_S),
            },
        )

    @takes(WidgetStart, optional=True)
    @gives(WidgetStarted)
    @refuses(WidgetNotFound, OriginRefused, TooManyAttempts, NoAssistant)
    @refuses(CapacityReached, ShuttingDown, *LIMITS_OF_ALL)
    async def start(self, request: web.Request, wanted: WidgetStart) -> web.Response:
        """Let a visitor of a store's page talk to its assistant."""
        widget, origin = await self._page(request)
        address = device_of(request).address
        await self.throttle.take(WIDGET_START, address=address, account=str(widget.id))
        assistant = await self._assistant(widget)
        # One network is one caller, so that nobody takes all of a store's lines.
        guest = self.guests.known_by(CHANNEL, f"{widget.id} {neighbourhood(address)}")
        if not (wanted.resume and await self.handoffs.may_return(guest)):
            await self.places.check(guest.id, assistant)
        self.sessions.prepare(assistant)
        token, now = opaque.fresh(), self.now()
        await self.tickets.add(
            opaque.digest(token),
            widget_id=widget.id,
            origin=origin,
            guest_id=guest.id,
            now=now,
            expires_at=now + TTL,
        )
        return answered(WidgetStarted(token=token, iceServers=self.ice_servers.for_caller(guest.id)))

    @takes(WidgetOffer)
    @gives(WidgetAnswer)
    @refuses(WidgetNotFound, OriginRefused, TooManyAttempts, TicketRefused, NoAssistant)
    @refuses(OfferUnreadable, OfferWithoutAudio, ResumeRefused, CapacityReached, ShuttingDown, *LIMITS_OF_ALL)
    async def offer(self, request: web.Request, wanted: WidgetOffer) -> web.Response:
        """Begin the conversation over WebRTC, audio in Opus, RTVI on a data channel; or go on with a lost one."""
        widget, origin = await self._page(request)
        await self.throttle.take(WIDGET_OFFER, address=device_of(request).address)
        guest_id = await self.tickets.take(
            opaque.digest(wanted.token), widget_id=widget.id, origin=origin, now=self.now()
        )
        if guest_id is None:
            raise TicketRefused
        offer, guest, earlier, place = read(wanted.sdp), Guest(guest_id, may_resume=True), None, None
        if wanted.resume is None:
            assistant = await self._assistant(widget)
        else:
            earlier, place = await self.handoffs.of_token(wanted.resume, guest, self.places)
            assistant = earlier.assistant
        _, sdp = await self.calls.begin(
            guest,
            assistant,
            offer,
            contact=Contact(channel=CHANNEL),
            door=f"{CHANNEL} {widget.id}",
            ticket=wanted.token,
            place=place,
            earlier=earlier,
        )
        return answered(WidgetAnswer(sdp=sdp))

    async def _page(self, request: web.Request) -> tuple[Widget, str]:
        """The widget and the site that asks, which may read the answer. Raises WidgetNotFound or OriginRefused."""
        key, origins = request.match_info["key"], request.headers.getall(hdrs.ORIGIN, [])
        # PostgreSQL refuses some text altogether.
        widget = await self.widgets.of_key(key) if re.fullmatch(KEY_PATTERN, key) else None
        if widget is None:
            raise WidgetNotFound(key)
        # "null", the origin of sandboxed and local pages, is in no list.
        if len(origins) != 1 or origins[0] not in {*widget.origins, *self.own_origins}:
            raise OriginRefused(", ".join(origins))
        also_answer(request, [(hdrs.ACCESS_CONTROL_ALLOW_ORIGIN, origins[0]), (hdrs.VARY, hdrs.ORIGIN)])
        return widget, origins[0]

    async def _assistant(self, widget: Widget) -> Assistant:
        assistant = await self.assistants.of_store(widget.store_id, widget.assistant)
        if assistant is None or not assistant.open_to_callers:
            raise NoAssistant
        return assistant
