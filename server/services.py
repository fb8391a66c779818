"""What lives as long as the process, opened in order and closed in the opposite one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog

from auth.accounts.queries import Store, StoreQueries, User, UserQueries
from auth.accounts.store_api import StoreApi
from auth.accounts.user_api import UserApi
from auth.api_keys.api import ApiKeyApi
from auth.api_keys.gate import ScopedGates
from auth.api_keys.queries import ApiKeyQueries
from auth.http.operations import Gate
from auth.mail.outgoing import Mail, Post
from auth.mail.smtp import SmtpPost, SmtpServer
from auth.passwords.hashing import MAX_WAITING, Passwords
from auth.principals import Kind
from auth.sessions.cookies import SessionCookies, require_own_page
from auth.sessions.ending_queries import EndingQueries
from auth.sessions.endings import Endings
from auth.tokens.keys import shared_secret
from auth.upkeep import Upkeep
from auth.upkeep_queries import UpkeepQueries
from pipelines import outgoing
from pipelines.assistants.api import EditingApi
from pipelines.assistants.directory import Directory
from pipelines.assistants.directory_queries import DirectoryQueries
from pipelines.assistants.editing_queries import EditingQueries
from pipelines.assistants.queries import AssistantQueries
from pipelines.conversations.exports import ConversationExports
from pipelines.conversations.history import History
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import Conversations
from pipelines.doors.api import VoiceDoors
from pipelines.doors.webrtc import WebRtcDoor
from pipelines.events.api import WebhookApi
from pipelines.events.queries import WebhookQueries
from pipelines.events.signing import Signer
from pipelines.grounding.queries import KnowledgeQueries
from pipelines.knowledge.api import KnowledgeApi
from pipelines.knowledge.queries import EntryQueries
from pipelines.live.acting_api import ActingApi
from pipelines.live.api import LiveApi
from pipelines.live.listening_api import ListeningApi
from pipelines.overview.api import OverviewApi
from pipelines.overview.queries import OverviewQueries
from pipelines.providers import Providers, SpeechToSpeech
from pipelines.registry import Registry
from pipelines.tools.inbox_api import InboxApi
from pipelines.tools.message_queries import MessageQueries
from pipelines.tools.trying_api import ToolsApi
from pipelines.views.api import ViewApi
from pipelines.views.queries import ViewQueries
from pipelines.widgets.api import WidgetApi
from pipelines.widgets.door import WidgetDoor
from pipelines.widgets.queries import WidgetQueries
from server import database, live, phone, recordings, sides, voice
from server.exports import Parts, StoreExports, StoreParts, UserExports
from server.foundation import Foundation
from server.live import Live
from server.metrics import Metrics, Saturation
from server.outbox import Outbox
from server.phone import Phone
from server.readiness import Readiness
from server.settings import Settings
from server.sides import Side
from server.voice import Voice

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserServices:
    """The handlers of the User API."""

    side: Side[User]
    api: UserApi
    doors: VoiceDoors
    webrtc: WebRtcDoor
    directory: Directory
    history: History
    export: UserExports


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreServices:
    """The handlers of the Store API. `own_page` is the gate before what reads or sets a cookie."""

    side: Side[Store]
    own_page: Gate
    api: StoreApi
    doors: VoiceDoors
    webrtc: WebRtcDoor
    widget: WidgetDoor
    widgets: WidgetApi
    editing: EditingApi
    own_tools: ToolsApi
    history: History
    conversation_export: ConversationExports
    overview: OverviewApi
    live: LiveApi
    views: ViewApi
    acting: ActingApi
    listening: ListeningApi
    send_away: Callable[[], None]
    inbox: InboxApi
    knowledge: KnowledgeApi
    webhooks: WebhookApi
    api_keys: ApiKeyApi
    scoped: ScopedGates
    export: StoreExports


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Both sides, and what the process itself needs."""

    user: UserServices
    store: StoreServices
    registry: Registry
    phone: Phone
    metrics: Metrics
    readiness: Readiness
    assistants: AssistantQueries
    knowledge: KnowledgeQueries
    outbox: Outbox | None
    others: Callable[[], Awaitable[bool]]


@asynccontextmanager
async def open_services(  # noqa: PLR0913 - each has its name
    settings: Settings,
    database_url: str,
    providers: Providers | SpeechToSpeech,
    *,
    metrics: Metrics | None = None,
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
        outbox = Outbox(url=f"{settings.store_origin}/outbox") if settings.development else None
        base = Foundation(
            settings=settings,
            database_url=database_url,
            pool=pool,
            passwords=passwords,
            mail=await stack.enter_async_context(Mail(_post(settings) or outbox)),
            metrics=metrics or Metrics(),
            now=now,
            generosity=generosity,
        )
        followed = await stack.enter_async_context(live.opened(base))
        talking = await stack.enter_async_context(voice.opened(base, providers, followed))
        user, store = _user(base, talking), _store(base, talking, followed)
        calls = await stack.enter_async_context(phone.opened(base, talking))
        registry = talking.registry
        _watch(base, registry)
        Endings(EndingQueries(pool), registry, followed.watchers, followed.listeners, now=now).follow(followed.notices)
        await stack.enter_async_context(followed.notices.kept())
        await stack.enter_async_context(Upkeep(UpkeepQueries(pool), now=now).kept())
        yield Services(
            user=user,
            store=store,
            registry=registry,
            phone=calls,
            metrics=base.metrics,
            readiness=Readiness(registry, lambda: pool.fetchval("SELECT 1")),
            assistants=talking.assistants,
            knowledge=KnowledgeQueries(pool),
            outbox=None if settings.mail_smtp_url else outbox,
            others=followed.sends.others,
        )


def _watch(base: Foundation, registry: Registry) -> None:
    """Show what fills up first when a process has too much to do."""
    pool, passwords = base.pool, base.passwords
    for name, saturation in {
        "sessions": Saturation(used=lambda: len(registry), of=base.settings.voice_max_sessions),
        "passwords": Saturation(used=lambda: passwords.waiting, of=MAX_WAITING),
        "database_connections": Saturation(used=lambda: pool.get_size() - pool.get_idle_size(), of=pool.get_max_size()),
    }.items():
        base.metrics.watch(name, saturation)


def _user(base: Foundation, talking: Voice) -> UserServices:
    side = sides.compose(base, Kind.USER, UserQueries(base.pool))
    sign_in = side.sign_in
    return UserServices(
        side=side,
        api=UserApi(
            side.accounts,
            side.changes,
            sign_in.sessions,
            sign_in.tokens,
            second_factors=side.second_factors.log_in,
            throttle=sign_in.throttle,
        ),
        doors=talking.doors(side),
        webrtc=talking.webrtc(side),
        directory=Directory(DirectoryQueries(base.pool), now=base.now),
        history=_history(base),
        export=UserExports(side.accounts, _parts(base, side)),
    )


def _store(base: Foundation, talking: Voice, followed: Live) -> StoreServices:
    pool, settings, now = base.pool, base.settings, base.now
    cookies = SessionCookies(always_secure=not settings.development)
    side = sides.compose(base, Kind.STORE, StoreQueries(pool), forget=cookies.clear)
    sign_in = side.sign_in
    api_keys = ApiKeyQueries(pool)
    check_url = partial(outgoing.check, loopback=settings.development)
    editing, knowledge, messages = EditingQueries(pool), KnowledgeQueries(pool), MessageQueries(pool)
    webhooks, widgets = WebhookQueries(pool), WidgetQueries(pool)
    exported = StoreParts(
        assistants=editing,
        knowledge=knowledge,
        messages=messages,
        api_keys=api_keys,
        webhooks=webhooks,
        widgets=widgets,
        at=settings.store_origin,
    )
    return StoreServices(
        side=side,
        own_page=require_own_page(side.origins),
        api=StoreApi(
            side.accounts,
            side.changes,
            sign_in.sessions,
            sign_in.tokens,
            second_factors=side.second_factors.log_in,
            cookies=cookies,
            throttle=sign_in.throttle,
        ),
        doors=talking.doors(side),
        webrtc=talking.webrtc(side),
        widget=talking.widget(side),
        widgets=WidgetApi(widgets, sign_in.audit, at=settings.store_origin, now=now),
        editing=EditingApi(editing, offered=lambda: talking.sessions.providers.offered, check_url=check_url, now=now),
        own_tools=ToolsApi(editing, talking.tools),
        history=_history(base),
        conversation_export=ConversationExports(Conversations(ConversationQueries(pool)), sign_in.audit),
        overview=OverviewApi(OverviewQueries(pool), now=now),
        live=followed.api(side),
        views=ViewApi(ViewQueries(pool)),
        acting=followed.acting(side),
        listening=followed.listening(side),
        send_away=followed.send_away,
        inbox=InboxApi(messages, now=now),
        knowledge=KnowledgeApi(EntryQueries(pool), knowledge=knowledge, assistants=talking.assistants, now=now),
        webhooks=WebhookApi(
            webhooks,
            Signer(shared_secret(base.keys / "webhooks.key")),
            sign_in.audit,
            check=check_url,
            now=now,
        ),
        api_keys=ApiKeyApi(api_keys, sign_in.audit, now=now),
        scoped=ScopedGates(api_keys, signed_in=sign_in.required, throttle=sign_in.throttle, now=now),
        export=StoreExports(side.accounts, _parts(base, side), exported),
    )


def _history(base: Foundation) -> History:
    conversations = Conversations(ConversationQueries(base.pool))
    return History(conversations, recordings.kept(base.settings), now=base.now)


def _parts(base: Foundation, side: Side[User] | Side[Store]) -> Parts:
    sign_in = side.sign_in
    conversations = Conversations(ConversationQueries(base.pool))
    return Parts(sign_in.sessions, side.second_factors.setup, sign_in.audit, conversations)


def _post(settings: Settings) -> Post | None:
    if settings.mail_smtp_url is None or settings.mail_from is None:
        if not settings.development:
            log.warning("mail_not_set_up", missing="MAIL_SMTP_URL", lost="forgotten passwords, e-mail verification")
        return None
    return SmtpPost(SmtpServer.parse(settings.mail_smtp_url.get_secret_value()), sender=settings.mail_from)
