"""What lives as long as the process, opened in order and closed in the opposite one."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from auth.accounts.accounts import Accounts
from auth.accounts.changes import AccountChanges, AccountT, ChangeQueries
from auth.accounts.own_api import AccountApi
from auth.accounts.queries import Store, StoreQueries, User, UserQueries
from auth.accounts.store_api import StoreApi
from auth.accounts.user_api import UserApi
from auth.api_keys.api import ApiKeyApi
from auth.api_keys.gate import ScopedGates
from auth.api_keys.queries import ApiKeyQueries
from auth.audit.api import AuditApi
from auth.audit.log import Audit
from auth.audit.queries import AuditQueries
from auth.http.asking import require, verified
from auth.http.operations import Gate
from auth.mail.letters import Letters
from auth.mail.link_queries import MailTokenQueries
from auth.mail.links import MailTokens
from auth.mail.outgoing import Mail, Post
from auth.mail.smtp import SmtpPost, SmtpServer
from auth.passwords.hashing import Passwords
from auth.principals import Kind
from auth.sessions.api import SessionApi
from auth.sessions.cookies import SessionCookies, require_own_page
from auth.sessions.ending_queries import EndingFeed
from auth.sessions.endings import Endings
from auth.sessions.queries import SessionQueries
from auth.sessions.sessions import Sessions
from auth.throttle.queries import ThrottleQueries
from auth.throttle.throttle import Throttle
from auth.tokens.access import AccessTokens
from auth.tokens.key_api import KeyApi
from auth.tokens.keys import SigningKeys, shared_secret
from auth.upkeep import Upkeep
from auth.upkeep_queries import UpkeepQueries
from pipelines import outgoing
from pipelines.answering import StoreAnswering
from pipelines.assistants.api import EditingApi
from pipelines.assistants.directory import Directory
from pipelines.assistants.directory_queries import DirectoryQueries
from pipelines.assistants.editing_queries import EditingQueries
from pipelines.assistants.queries import AssistantQueries
from pipelines.conversations.exports import ConversationExports
from pipelines.conversations.history import History
from pipelines.conversations.journal import Journal
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.recording import CallRecording, OggFile
from pipelines.conversations.recordings import Recordings, file_of
from pipelines.conversations.records import Conversation, Conversations
from pipelines.doors.api import VoiceDoors
from pipelines.doors.calls import Calls
from pipelines.doors.ice_servers import IceServers, Turn
from pipelines.doors.ticket_queries import TicketQueries
from pipelines.doors.tickets import Tickets
from pipelines.doors.webrtc import WebRtcDoor
from pipelines.events.api import WebhookApi
from pipelines.events.queries import WebhookQueries
from pipelines.events.signing import Signer
from pipelines.grounding.queries import KnowledgeQueries
from pipelines.knowledge.api import KnowledgeApi
from pipelines.knowledge.queries import EntryQueries
from pipelines.limits import Limits
from pipelines.live.api import LiveApi
from pipelines.live.queries import LiveQueries
from pipelines.overview.api import OverviewApi
from pipelines.overview.queries import OverviewQueries
from pipelines.place_queries import PlaceQueries
from pipelines.places import Allowed, Places
from pipelines.processors.recorder import ConversationRecorder
from pipelines.providers import Providers, SpeechToSpeech
from pipelines.registry import Registry
from pipelines.session import Recorder, Recorders, VoiceSessions
from pipelines.tools.inbox_api import InboxApi
from pipelines.tools.message_queries import MessageQueries
from pipelines.transports.webrtc.ice import Network
from server import database, second_factors
from server.exports import Parts, StoreExports, UserExports
from server.outbox import Outbox
from server.second_factors import SecondFactorDoors
from server.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The sessions, tokens, audit log and limits of one kind of principal, and the gate that asks for a token."""

    sessions: Sessions
    keys: SigningKeys
    tokens: AccessTokens
    required: Gate
    audit: Audit
    throttle: Throttle


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The handlers of both APIs, and what the process itself needs."""

    registry: Registry
    users: Accounts[User]
    stores: Accounts[Store]
    assistants: AssistantQueries
    knowledge: KnowledgeQueries
    user_sign_in: SignIn
    store_sign_in: SignIn
    own_page: Gate
    store_cookies: SessionCookies
    user_api: UserApi
    store_api: StoreApi
    user_account: AccountApi[User]
    store_account: AccountApi[Store]
    user_sessions: SessionApi
    store_sessions: SessionApi
    user_keys: KeyApi
    store_keys: KeyApi
    user_second_factors: SecondFactorDoors
    store_second_factors: SecondFactorDoors
    user_audit: AuditApi
    store_audit: AuditApi
    user_doors: VoiceDoors
    store_doors: VoiceDoors
    user_webrtc: WebRtcDoor
    store_webrtc: WebRtcDoor
    editing: EditingApi
    directory: Directory
    history: History
    conversation_export: ConversationExports
    overview: OverviewApi
    live: LiveApi
    inbox: InboxApi
    store_knowledge: KnowledgeApi
    webhooks: WebhookApi
    api_keys: ApiKeyApi
    scoped: ScopedGates
    user_export: UserExports
    store_export: StoreExports
    outbox: Outbox | None


@asynccontextmanager
async def open_services(
    settings: Settings,
    database_url: str,
    providers: Providers | SpeechToSpeech,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    generosity: int = 1,
) -> AsyncIterator[Services]:
    """Connect and compose; `generosity` multiplies what `auth.throttle.throttle` allows at once.

    Raises DatabaseUnreachable or BadKeyFile.
    """
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(database.open_pool(database_url))
        passwords = Passwords()
        stack.callback(passwords.close)
        audit_queries = AuditQueries(pool)
        throttled = ThrottleQueries(pool)
        registry = Registry(capacity=settings.voice_max_sessions, resume_within_s=settings.voice_resume_seconds)

        def sign_in(kind: Kind) -> SignIn:
            keys = settings.data_dir / "keys"
            sessions = Sessions(
                SessionQueries(pool, kind),
                refresh_key=shared_secret(keys / "refresh.key"),
                now=now,
            )
            signing_keys = SigningKeys(keys / kind, now=now)
            tokens = AccessTokens(kind, signing_keys, now=now)
            throttle = Throttle(
                throttled, kind, key=shared_secret(keys / "throttle.key"), now=now, generosity=generosity
            )
            return SignIn(
                sessions=sessions,
                keys=signing_keys,
                tokens=tokens,
                required=require(tokens, sessions),
                audit=Audit(kind, audit_queries, now=now),
                throttle=throttle,
            )

        user_sign_in, store_sign_in = sign_in(Kind.USER), sign_in(Kind.STORE)
        users = Accounts(UserQueries(pool), passwords, user_sign_in.audit)
        stores = Accounts(StoreQueries(pool), passwords, store_sign_in.audit)
        cookies = SessionCookies(always_secure=not settings.development)
        outbox = Outbox(url=f"{settings.store_origin}/outbox") if settings.development else None
        mail = await stack.enter_async_context(Mail(_post(settings) or outbox))

        def changes(
            queries: ChangeQueries[AccountT], kind: Kind, signed_in: SignIn, origin: str
        ) -> AccountChanges[AccountT]:
            return AccountChanges(
                queries=queries,
                passwords=passwords,
                sessions=signed_in.sessions,
                tokens=MailTokens(MailTokenQueries(pool, kind), now=now),
                mail=mail,
                letters=Letters(origin),
                audit=signed_in.audit,
                forget=TicketQueries(pool).forget,
            )

        user_changes = changes(UserQueries(pool), Kind.USER, user_sign_in, settings.user_origin)
        store_changes = changes(StoreQueries(pool), Kind.STORE, store_sign_in, settings.store_origin)
        assistants, knowledge = AssistantQueries(pool), KnowledgeQueries(pool)
        conversations, messages = ConversationQueries(pool), MessageQueries(pool)
        editing = EditingQueries(pool)

        def recorder(conversation: Conversation) -> Recorder:
            written = ConversationRecorder(conversation, Journal(conversations), now=now)
            if settings.recordings == "off":
                return written
            rate, file = limits.sample_rate_hz, file_of(settings.recordings_folder, conversation.id)
            return Recorders(CallRecording(partial(OggFile, file, sample_rate_hz=rate), sample_rate_hz=rate), written)

        limits = _limits(settings)
        voice = VoiceSessions(
            providers=providers,
            answering=lambda assistant, call: StoreAnswering(assistant, knowledge, now=now, inbox=messages, call=call),
            recorder=recorder,
            consent=settings.recordings_consent if settings.recordings == "on" else None,
            limits=limits,
            now=now,
        )

        places = Places(registry, PlaceQueries(pool), _allowed(settings), now=now)
        await stack.enter_async_context(places.kept())
        calls = Calls(places=places, sessions=voice, network=_network(settings))
        stack.push_async_callback(calls.close)
        tickets = Tickets(TicketQueries(pool), now=now)

        def doors(kind: Kind, signed_in: SignIn, hosts: tuple[str, ...]) -> VoiceDoors:
            return VoiceDoors(
                kind,
                require=signed_in.required,
                verify=partial(verified, tokens=signed_in.tokens, sessions=signed_in.sessions),
                is_live=signed_in.sessions.is_live,
                origins=_origins(settings, hosts),
                always_secure=not settings.development,
                ice_servers=IceServers(urls=settings.ice_servers, turn=_turn(settings), now=now),
                assistants=assistants,
                tickets=tickets,
                registry=registry,
                places=places,
                sessions=voice,
            )

        def webrtc(kind: Kind, signed_in: SignIn, hosts: tuple[str, ...]) -> WebRtcDoor:
            return WebRtcDoor(
                kind,
                verify=partial(verified, tokens=signed_in.tokens, sessions=signed_in.sessions),
                is_live=signed_in.sessions.is_live,
                origins=_origins(settings, hosts),
                assistants=assistants,
                tickets=tickets,
                calls=calls,
            )

        endings = Endings(
            EndingFeed(database_url), live=registry.auth_sessions, close=registry.close_auth_session, now=now
        )
        await stack.enter_async_context(endings.heard())
        await stack.enter_async_context(Upkeep(UpkeepQueries(pool), now=now).kept())
        second_factor_key = shared_secret(settings.data_dir / "keys" / "second-factor.key")
        user_second_factors = second_factors.compose(
            Kind.USER,
            pool,
            users,
            user_sign_in.audit,
            user_sign_in.throttle,
            mail=mail,
            letters=Letters(settings.user_origin),
            key=second_factor_key,
            origins=_origins_by_host(settings, settings.all_user_hosts),
            now=now,
        )
        store_second_factors = second_factors.compose(
            Kind.STORE,
            pool,
            stores,
            store_sign_in.audit,
            store_sign_in.throttle,
            mail=mail,
            letters=Letters(settings.store_origin),
            key=second_factor_key,
            origins=_origins_by_host(settings, settings.all_store_hosts),
            now=now,
        )

        def parts(signed_in: SignIn, factors: SecondFactorDoors) -> Parts:
            return Parts(signed_in.sessions, factors.setup, signed_in.audit, Conversations(conversations))

        yield Services(
            registry=registry,
            users=users,
            stores=stores,
            assistants=assistants,
            knowledge=knowledge,
            user_sign_in=user_sign_in,
            store_sign_in=store_sign_in,
            store_cookies=cookies,
            own_page=require_own_page(_origins(settings, settings.all_store_hosts)),
            user_api=UserApi(
                users,
                user_changes,
                user_sign_in.sessions,
                user_sign_in.tokens,
                second_factors=user_second_factors.log_in,
                throttle=user_sign_in.throttle,
            ),
            store_api=StoreApi(
                stores,
                store_changes,
                store_sign_in.sessions,
                store_sign_in.tokens,
                second_factors=store_second_factors.log_in,
                cookies=cookies,
                throttle=store_sign_in.throttle,
            ),
            user_account=AccountApi(user_changes, user_sign_in.throttle),
            store_account=AccountApi(store_changes, store_sign_in.throttle, forget=cookies.clear),
            user_sessions=SessionApi(user_sign_in.sessions),
            store_sessions=SessionApi(store_sign_in.sessions),
            user_keys=KeyApi(user_sign_in.keys),
            store_keys=KeyApi(store_sign_in.keys),
            user_second_factors=user_second_factors,
            store_second_factors=store_second_factors,
            user_audit=AuditApi(user_sign_in.audit),
            store_audit=AuditApi(store_sign_in.audit),
            user_doors=doors(Kind.USER, user_sign_in, settings.all_user_hosts),
            store_doors=doors(Kind.STORE, store_sign_in, settings.all_store_hosts),
            user_webrtc=webrtc(Kind.USER, user_sign_in, settings.all_user_hosts),
            store_webrtc=webrtc(Kind.STORE, store_sign_in, settings.all_store_hosts),
            editing=EditingApi(editing, now=now),
            directory=Directory(DirectoryQueries(pool), now=now),
            history=History(Conversations(conversations), Recordings(settings.recordings_folder), now=now),
            conversation_export=ConversationExports(Conversations(conversations), store_sign_in.audit),
            overview=OverviewApi(OverviewQueries(pool), now=now),
            live=LiveApi(LiveQueries(pool), now=now),
            inbox=InboxApi(messages, now=now),
            user_export=UserExports(users, parts(user_sign_in, user_second_factors)),
            store_export=StoreExports(
                stores,
                parts(store_sign_in, store_second_factors),
                assistants=editing,
                knowledge=knowledge,
                messages=messages,
            ),
            store_knowledge=KnowledgeApi(EntryQueries(pool), knowledge=knowledge, assistants=assistants, now=now),
            webhooks=WebhookApi(
                WebhookQueries(pool),
                Signer(shared_secret(settings.data_dir / "keys" / "webhooks.key")),
                store_sign_in.audit,
                check=partial(outgoing.check, loopback=settings.development),
                now=now,
            ),
            api_keys=ApiKeyApi(ApiKeyQueries(pool), store_sign_in.audit, now=now),
            scoped=ScopedGates(
                ApiKeyQueries(pool), signed_in=store_sign_in.required, throttle=store_sign_in.throttle, now=now
            ),
            outbox=None if settings.mail_smtp_url else outbox,
        )


def _post(settings: Settings) -> Post | None:
    if settings.mail_smtp_url is None or settings.mail_from is None:
        if not settings.development:
            log.warning("mail_not_set_up", missing="MAIL_SMTP_URL", lost="forgotten passwords, e-mail verification")
        return None
    return SmtpPost(SmtpServer.parse(settings.mail_smtp_url.get_secret_value()), sender=settings.mail_from)


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


def _turn(settings: Settings) -> Turn | None:
    if settings.turn_secret is None or not settings.turn_urls:
        return None
    return Turn(
        urls=settings.turn_urls,
        secret=settings.turn_secret.get_secret_value(),
        ttl=timedelta(seconds=settings.turn_ttl_seconds),
    )


def _origins_by_host(settings: Settings, hosts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {host: tuple(_origins(settings, (host,))) for host in hosts}


def _origins(settings: Settings, hosts: tuple[str, ...]) -> list[str]:
    """Each API serves its own pages: over https, or in development straight from this port."""
    direct = [f"http://{host}:{settings.port}" for host in hosts] if settings.development else []
    return [f"https://{host}" for host in hosts] + direct
