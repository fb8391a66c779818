"""GET …/me/export: everything that is kept about whoever asks, as one JSON document (GDPR, articles 15 and 20).

It is put together here because every room has a part of it. The parts are read a page at a time and sent as they come,
so that neither memory nor a database connection is held by a long history or a slow reader.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from aiohttp import web

from auth.accounts.accounts import Accounts
from auth.accounts.queries import Store, User
from auth.accounts.schemas import StoreProfile, UserProfile
from auth.api_keys.api import ApiKeyShown
from auth.api_keys.queries import ApiKeyQueries
from auth.audit.api import AuditEvent
from auth.audit.log import Audit, Event
from auth.errors import AccountGone
from auth.factors.schemas import SecondFactorsShown, shown
from auth.factors.setup import SecondFactorSetup
from auth.http.asking import device_of, principal_of
from auth.http.operations import Answer, gives, refuses
from auth.http.pages import NEWEST, Cursor
from auth.principals import Principal, StoreId
from auth.sessions.api import SessionShown
from auth.sessions.sessions import Sessions
from pipelines.assistants.api import NEWEST_NUMBER, AssistantShown, VersionShown
from pipelines.assistants.editing_queries import EditingQueries
from pipelines.conversations.history import ConversationWithTurns
from pipelines.conversations.records import Conversations
from pipelines.events.queries import WebhookQueries
from pipelines.events.records import Webhook
from pipelines.grounding.knowledge import Entry
from pipelines.grounding.queries import KnowledgeQueries
from pipelines.tools.inbox_api import MessageShown
from pipelines.tools.messages import Reads as Messages
from pipelines.widgets.api import WidgetShown
from pipelines.widgets.queries import WidgetQueries

PAGE = 100

Section = Answer | None | AsyncIterator[Answer]


class AssistantExport(AssistantShown):
    """An assistant of the store, with all that was ever published of it, newest first."""

    versions: list[VersionShown]


class EntryExport(Answer):
    """One thing that a store's assistant knows."""

    id: UUID
    title: str
    body: str
    asked_as: str
    price_cents: int | None
    currency: str | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """What is kept of an entry."""
        return cls(
            id=entry.id,
            title=entry.title,
            body=entry.body,
            asked_as=entry.asked_as,
            price_cents=entry.price.cents if entry.price else None,
            currency=entry.price.currency if entry.price else None,
        )


class WebhookExport(Answer):
    """An endpoint that is told what happens; the secret of its signatures stays here."""

    id: UUID
    url: str
    events: list[str]
    created_at: datetime
    failing_since: datetime | None
    disabled_at: datetime | None

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """What is kept of an endpoint."""
        return cls(**{name: getattr(webhook, name) for name in cls.model_fields})


class UserExport(Answer):
    """Everything that is kept about a user; of passwords and tokens there are hashes only, which stay here."""

    profile: UserProfile
    sessions: list[SessionShown]
    second_factors: SecondFactorsShown
    audit: list[AuditEvent]
    conversations: list[ConversationWithTurns]


class StoreExport(Answer):
    """Everything that is kept about a store; of passwords and tokens there are hashes only, which stay here."""

    profile: StoreProfile
    sessions: list[SessionShown]
    second_factors: SecondFactorsShown
    audit: list[AuditEvent]
    assistants: list[AssistantExport]
    knowledge: list[EntryExport]
    conversations: list[ConversationWithTurns]
    messages: list[MessageShown]
    api_keys: list[ApiKeyShown]
    webhooks: list[WebhookExport]
    widgets: list[WidgetShown]


@dataclass(frozen=True, slots=True)
class Parts:
    """What both principals have, newest first."""

    sessions: Sessions
    factors: SecondFactorSetup
    audit: Audit
    conversations: Conversations

    async def sessions_of(self, principal: Principal) -> AsyncIterator[Answer]:
        """Where the principal is signed in."""
        for listed in await self.sessions.live_of(principal.id):
            yield SessionShown.of(listed, current=listed.id == principal.session_id)

    async def factors_of(self, principal: Principal) -> SecondFactorsShown:
        """Which second factors are set up."""
        return shown(await self.factors.overview(principal.id))

    async def audit_of(self, principal: Principal) -> AsyncIterator[Answer]:
        """What happened to its account."""
        before: Cursor | None = NEWEST
        while before:
            notes, before = await self.audit.page(principal.id, before=before, limit=PAGE)
            for note in notes:
                yield AuditEvent.of(note)

    async def conversations_of(self, principal: Principal) -> AsyncIterator[Answer]:
        """What was said."""
        before: Cursor | None = NEWEST
        while before:
            page = await self.conversations.page(principal, before=before, limit=PAGE)
            before = page.next_before
            for conversation in page.conversations:
                yield ConversationWithTurns.told(await self.conversations.show(principal, conversation.id))


class UserExports:
    """The handler for users; it belongs behind `auth.http.asking.require`."""

    def __init__(self, users: Accounts[User], parts: Parts) -> None:
        self._users = users
        self._parts = parts

    @gives(UserExport)
    @refuses(AccountGone)
    async def export(self, request: web.Request) -> web.StreamResponse:
        """Download everything that is kept about oneself."""
        principal = principal_of(request)
        profile = UserProfile.of(await self._users.get(principal.id))
        await self._parts.audit.note(
            Event.EXPORTED, device_of(request), principal_id=principal.id, session_id=principal.session_id
        )
        return await _sent(
            request,
            {
                "profile": profile,
                "sessions": self._parts.sessions_of(principal),
                "second_factors": await self._parts.factors_of(principal),
                "audit": self._parts.audit_of(principal),
                "conversations": self._parts.conversations_of(principal),
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreParts:
    """What stores have besides. `at` is the origin of their host."""

    assistants: EditingQueries
    knowledge: KnowledgeQueries
    messages: Messages
    api_keys: ApiKeyQueries
    webhooks: WebhookQueries
    widgets: WidgetQueries
    at: str

    async def assistants_of(self, store_id: StoreId) -> AsyncIterator[Answer]:
        """Who answers, with all versions."""
        for edited in await self.assistants.all_of(store_id):
            versions: list[VersionShown] = []
            found = await self.assistants.versions(store_id, edited.id, before=NEWEST_NUMBER, limit=PAGE)
            while found:
                versions += map(VersionShown.of, found)
                found = await self.assistants.versions(store_id, edited.id, before=found[-1].number, limit=PAGE)
            yield AssistantExport(**dict(AssistantShown.of(edited)), versions=versions)

    async def knowledge_of(self, store_id: StoreId) -> AsyncIterator[Answer]:
        """What they know."""
        entries = await self.knowledge.page(store_id, after="", limit=PAGE)
        while entries:
            for entry in entries:
                yield EntryExport.of(entry)
            entries = await self.knowledge.page(store_id, after=entries[-1].title, limit=PAGE)

    async def messages_of(self, store_id: StoreId) -> AsyncIterator[Answer]:
        """What callers have left."""
        before = NEWEST
        while messages := await self.messages.page(store_id, None, before=before, limit=PAGE):
            for message in messages:
                yield MessageShown.of(message)
            before = Cursor(messages[-1].taken_at, messages[-1].id)

    async def api_keys_of(self, store_id: StoreId) -> AsyncIterator[Answer]:
        """Keys of their programs."""
        for key in await self.api_keys.of_store(store_id):
            yield ApiKeyShown.of(key)

    async def webhooks_of(self, store_id: StoreId) -> AsyncIterator[Answer]:
        """Endpoints of theirs."""
        for webhook in await self.webhooks.of_store(store_id):
            yield WebhookExport.of(webhook)

    async def widgets_of(self, store_id: StoreId) -> AsyncIterator[Answer]:
        """Buttons on their pages."""
        for widget in await self.widgets.of_store(store_id):
            yield WidgetShown.of(widget, at=self.at)


class StoreExports:
    """The handler for stores; it belongs behind `auth.http.asking.require`."""

    def __init__(self, stores: Accounts[Store], parts: Parts, own: StoreParts) -> None:
        self._stores = stores
        self._parts = parts
        self._own = own

    @gives(StoreExport)
    @refuses(AccountGone)
    async def export(self, request: web.Request) -> web.StreamResponse:
        """Download everything that is kept about the store, its assistants and its callers."""
        principal, own = principal_of(request), self._own
        store_id = StoreId(principal.id)
        profile = StoreProfile.of(await self._stores.get(principal.id))
        await self._parts.audit.note(
            Event.EXPORTED, device_of(request), principal_id=principal.id, session_id=principal.session_id
        )
        return await _sent(
            request,
            {
                "profile": profile,
                "sessions": self._parts.sessions_of(principal),
                "second_factors": await self._parts.factors_of(principal),
                "audit": self._parts.audit_of(principal),
                "assistants": own.assistants_of(store_id),
                "knowledge": own.knowledge_of(store_id),
                "conversations": self._parts.conversations_of(principal),
                "messages": own.messages_of(store_id),
                "api_keys": own.api_keys_of(store_id),
                "webhooks": own.webhooks_of(store_id),
                "widgets": own.widgets_of(store_id),
            },
        )


async def _sent(request: web.Request, sections: Mapping[str, Section]) -> web.StreamResponse:
    """Send one JSON object. What goes wrong on the way breaks the connection off, so that half of it looks broken."""
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Disposition": 'attachment; filename="storeline.json"'}
    )
    await response.prepare(request)
    try:
        await _write(response, sections)
    except Exception:
        # Otherwise the answer to the error would be appended, and the whole end as if it were complete.
        if request.transport:
            request.transport.abort()
        raise
    await response.write_eof()
    return response


async def _write(response: web.StreamResponse, sections: Mapping[str, Section]) -> None:
    for number, (name, section) in enumerate(sections.items()):
        await response.write(f'{"," if number else "{"}"{name}":'.encode())
        if isinstance(section, Answer):
            await response.write(section.model_dump_json().encode())
        elif section is None:
            await response.write(b"null")
        else:
            before = b"["
            async for item in section:
                await response.write(before + item.model_dump_json().encode())
                before = b","
            await response.write(b"[]" if before == b"[" else b"]")
    await response.write(b"}")
