"""What a store follows while it goes on, composed: what processes tell each other, and who watches through this one."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from auth.accounts.queries import Store
from auth.notices.listening import Notices
from auth.notices.queries import NoticeFeed, NoticeQueries
from pipelines.conversations.queries import ConversationQueries
from pipelines.conversations.records import Conversation, Conversations
from pipelines.doors.ticket_queries import TicketQueries
from pipelines.doors.tickets import Tickets
from pipelines.live import telling
from pipelines.live.acting_api import ActingApi
from pipelines.live.api import LiveApi
from pipelines.live.attended import attending
from pipelines.live.commands import Switchboard
from pipelines.live.interest import Interest
from pipelines.live.listener import Listeners
from pipelines.live.listening_api import ListeningApi
from pipelines.live.queries import LiveQueries
from pipelines.live.telling import Broadcast, Telling
from pipelines.live.watching import Watchers
from pipelines.parts import Inside
from server.foundation import Foundation
from server.sides import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Heard once `notices.kept` is entered, when all who hear have said so."""

    base: Foundation
    notices: Notices
    sends: NoticeQueries
    broadcast: Broadcast
    watchers: Watchers
    switchboard: Switchboard
    listeners: Listeners

    def following(self, conversation: Conversation) -> Telling:
        """Who follows this conversation."""
        return Telling(conversation, self.broadcast)

    def attending(self, inside: Inside) -> AbstractAsyncContextManager[None]:
        """Let staff act on a conversation of this process."""
        return attending(
            inside,
            switchboard=self.switchboard,
            notices=self.notices,
            sends=self.sends,
            floor=partial(self._take_over, inside.conversation),
            now=self.base.now,
        )

    async def _take_over(self, conversation: Conversation, taken: bool) -> None:  # noqa: FBT001 - it is what happened
        await LiveQueries(self.base.pool).take_over(conversation.id, taken=taken)
        self.following(conversation).floor(taken_over=taken)

    def acting(self, side: Side[Store]) -> ActingApi:
        """The handlers for what staff does."""
        conversations = Conversations(ConversationQueries(self.base.pool))
        return ActingApi(
            LiveQueries(self.base.pool), conversations, self.switchboard, side.sign_in.audit, now=self.base.now
        )

    def listening(self, side: Side[Store]) -> ListeningApi:
        """The handlers for those who listen in."""
        return ListeningApi(
            self.acting(side),
            Tickets(TicketQueries(self.base.pool), now=self.base.now),
            self.listeners,
            notices=self.notices,
            sends=self.sends,
            switchboard=self.switchboard,
            verify=side.sign_in.verify,
            is_live=side.sign_in.sessions.is_live,
            origins=side.origins,
            always_secure=not self.base.settings.development,
            now=self.base.now,
        )

    def send_away(self) -> None:
        """End what would go on for as long as somebody watches or listens."""
        self.watchers.close()
        self.listeners.close()

    def api(self, side: Side[Store]) -> LiveApi:
        """The handlers."""
        return LiveApi(
            LiveQueries(self.base.pool), self.watchers, is_live=side.sign_in.sessions.is_live, now=self.base.now
        )


@asynccontextmanager
async def opened(base: Foundation) -> AsyncIterator[Live]:
    """Tell what happens for the block."""
    notices, sends, interest = Notices(NoticeFeed(base.database_url)), NoticeQueries(base.pool), Interest()
    interest.follow(notices)
    switchboard = Switchboard(notices, sends)
    async with telling.opened(interest, sends) as broadcast, switchboard.kept():
        yield Live(
            base=base,
            notices=notices,
            sends=sends,
            broadcast=broadcast,
            watchers=Watchers(notices, sends),
            switchboard=switchboard,
            listeners=Listeners(),
        )
