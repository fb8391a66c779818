"""Conversations, composed: what all doors share, and the doors of one side."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from auth.accounts.changes import AccountT
from auth.throttle.throttle import VOICE_START
from auth.tokens.keys import shared_secret
from pipelines import outgoing
from pipelines.answering import StoreAnswering
from pipelines.assistants.queries import AssistantQueries
from pipelines.conversations.backlog import Backlog
from pipelines.conversations.earlier_queries import EarlierQueries
from pipelines.conversations.journal import FLUSH_TIMEOUT_S, Journal
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.recording import CallRecording, OggFile
from pipelines.conversations.recordings import file_of
from pipelines.conversations.records import Conversation, ConversationId, Ending
from pipelines.doors.api import VoiceDoors
from pipelines.doors.calls import Calls
from pipelines.doors.ice_servers import IceServers, Turn
from pipelines.doors.ticket_queries import TicketQueries
from pipelines.doors.tickets import Tickets
from pipelines.doors.webrtc import WebRtcDoor
from pipelines.events.signing import Signer
from pipelines.grounding.queries import KnowledgeQueries
from pipelines.handoffs import Handoffs
from pipelines.identity import Guests
from pipelines.limits import EndReason, Limits
from pipelines.live.telling import ToldWrites
from pipelines.measuring import Measuring
from pipelines.parts import Recorder, Recorders
from pipelines.place_queries import PlaceQueries
from pipelines.place_records import Abandoned
from pipelines.places import Allowed, Places
from pipelines.processors.recorder import ConversationRecorder
from pipelines.providers import Providers, SpeechToSpeech
from pipelines.registry import Registry
from pipelines.tools.message_queries import MessageQueries
from pipelines.tools.webhooks import Webhooks
from pipelines.transports.webrtc.ice import Network
from pipelines.voice_sessions import VoiceSessions
from pipelines.widgets.door import WidgetDoor
from pipelines.widgets.queries import WidgetQueries, WidgetTicketQueries
from server.database import Pool
from server.foundation import Foundation
from server.live import Live
from server.settings import Settings
from server.sides import Side

if TYPE_CHECKING:
    from server.daily import Daily


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What the doors of both sides share."""

    base: Foundation
    registry: Registry
    places: Places
    sessions: VoiceSessions
    calls: Calls
    tickets: Tickets
    assistants: AssistantQueries
    tools: Webhooks
    daily: "Daily | None"
    handoffs: Handoffs

    def doors(self, side: Side[AccountT]) -> VoiceDoors:
        """The way in, and the websocket, of one side."""
        settings = self.base.settings
        return VoiceDoors(
            side.kind,
            require=side.sign_in.required,
            limited=side.sign_in.throttle.limited(VOICE_START),
            verify=side.sign_in.verify,
            is_live=side.sign_in.sessions.is_live,
            origins=side.origins,
            always_secure=not settings.development,
            ice_servers=self._ice_servers(),
            assistants=self.assistants,
            tickets=self.tickets,
            registry=self.registry,
            places=self.places,
            sessions=self.sessions,
            rooms=self.daily.door if self.daily else None,
            handoffs=self.handoffs,
        )

    def widget(self, side: Side[AccountT]) -> WidgetDoor:
        """The door of stores' own pages."""
        pool = self.base.pool
        return WidgetDoor(
            widgets=WidgetQueries(pool),
            tickets=WidgetTicketQueries(pool),
            throttle=side.sign_in.throttle,
            guests=Guests(shared_secret(self.base.keys / "guests.key")),
            assistants=self.assistants,
            places=self.places,
            sessions=self.sessions,
            calls=self.calls,
            handoffs=self.handoffs,
            ice_servers=self._ice_servers(),
            own_origins=side.origins,
            now=self.base.now,
        )

    def _ice_servers(self) -> IceServers:
        settings = self.base.settings
        return IceServers(urls=settings.ice_servers, turn=turn_of(settings), now=self.base.now)

    def webrtc(self, side: Side[AccountT]) -> WebRtcDoor:
        """The WebRTC door of one side."""
        return WebRtcDoor(
            side.kind,
            verify=side.sign_in.verify,
            is_live=side.sign_in.sessions.is_live,
            origins=side.origins,
            assistants=self.assistants,
            tickets=self.tickets,
            calls=self.calls,
            places=self.places,
            handoffs=self.handoffs,
        )


@asynccontextmanager
async def opened(base: Foundation, providers: Providers | SpeechToSpeech, live: Live) -> AsyncIterator[Voice]:
    """Be ready for conversations; those that outlast the block are ended."""
    settings = base.settings
    registry = Registry(capacity=settings.voice_max_sessions, resume_within_s=settings.voice_resume_seconds)
    claims = PlaceQueries(base.pool)
    places = Places(
        registry, claims, _allowed(settings), now=base.now, refused=base.metrics.refused, over=_ended(base.pool)
    )
    signer = Signer(shared_secret(base.keys / "webhooks.key"))
    async with AsyncExitStack() as stack:
        posts = await stack.enter_async_context(outgoing.opened(loopback=settings.development))
        tools = Webhooks(posts, signer, now=base.now)
        backlog = Backlog()
        stack.push_async_callback(backlog.close, within_s=FLUSH_TIMEOUT_S)
        sessions = _sessions(base, providers, live, tools, backlog)
        await stack.enter_async_context(places.kept())
        calls = Calls(places=places, sessions=sessions, network=_network(settings))
        stack.push_async_callback(calls.close)
        daily = None
        if "daily" in settings.telephony_provider:
            # Their package is native code, and not installed everywhere.
            from server import daily as composed

            daily = await stack.enter_async_context(composed.opened(base, places, sessions))
        yield Voice(
            base=base,
            registry=registry,
            places=places,
            sessions=sessions,
            calls=calls,
            tickets=Tickets(TicketQueries(base.pool), now=base.now),
            assistants=AssistantQueries(base.pool),
            tools=tools,
            daily=daily,
            handoffs=Handoffs(claims, EarlierQueries(base.pool), live.switchboard, now=base.now),
        )


def _ended(pool: Pool) -> Callable[[Abandoned], Awaitable[None]]:
    """What is on record of conversations that lost their process and to which nobody came back."""
    conversations = ConversationQueries(pool)

    async def end(abandoned: Abandoned) -> None:
        conversation_id = ConversationId(abandoned.id)
        await conversations.end(Ending(conversation_id, abandoned.held_last_at, EndReason.CONNECTION_LOST))

    return end


def _sessions(
    base: Foundation, providers: Providers | SpeechToSpeech, live: Live, tools: Webhooks, backlog: Backlog
) -> VoiceSessions:
    settings, now = base.settings, base.now
    limits = _limits(settings)
    knowledge, inbox = KnowledgeQueries(base.pool), MessageQueries(base.pool)
    journaled = ConversationQueries(base.pool)

    def recorder(conversation: Conversation) -> Recorder:
        following = live.following(conversation)
        journal = Journal(ToldWrites(journaled, following), backlog=backlog)
        written = ConversationRecorder(
            conversation, journal, now=now, follower=following, answered=base.metrics.answered
        )
        measured = Measuring(conversation, base.metrics)
        if settings.recordings == "off":
            return Recorders(measured, written)
        rate, file = limits.sample_rate_hz, file_of(settings.recordings_folder, conversation.id)
        return Recorders(
            CallRecording(partial(OggFile, file, sample_rate_hz=rate), sample_rate_hz=rate), measured, written
        )

    return VoiceSessions(
        providers=providers,
        answering=lambda assistant, call: StoreAnswering(
            assistant, knowledge, now=now, inbox=inbox, call=call, webhooks=tools
        ),
        recorder=recorder,
        consent=settings.recordings_consent if settings.recordings == "on" else None,
        limits=limits,
        now=now,
        attend=live.attending,
        traced=settings.otel_exporter_otlp_endpoint is not None,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        max_session_s=settings.voice_ws_max_seconds,
        max_payload_bytes=settings.voice_ws_max_payload_kb * 1024,
        sample_rate_hz=settings.voice_audio_sample_rate_hz,
        resample_other_rates=settings.voice_audio_other_rates == "resample",
    )


def _network(settings: Settings) -> Network:
    return Network(
        ports=settings.webrtc_port_range,
        public_address=settings.webrtc_public_address,
        stun_urls=settings.ice_servers,
        private_peers=settings.development,
    )


def _allowed(settings: Settings) -> Allowed:
    minutes = settings.voice_store_minutes_per_day
    return Allowed(
        per_caller=settings.voice_max_sessions_per_caller,
        per_store=settings.voice_max_sessions_per_store,
        store_day=None if minutes is None else timedelta(minutes=minutes),
    )


def turn_of(settings: Settings) -> Turn | None:
    """The relays that callers are told of; None without any."""
    if settings.turn_secret is None or not settings.turn_urls:
        return None
    return Turn(
        urls=settings.turn_urls,
        secret=settings.turn_secret.get_secret_value(),
        ttl=timedelta(seconds=settings.turn_ttl_seconds),
    )
