"""What a store follows while it goes on, composed: what processes tell each other, and who watches through this one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from auth.accounts.queries import Store
from auth.notices.listening import Notices
from auth.notices.queries import NoticeFeed, NoticeQueries
from pipelines.conversations.records import Conversation
from pipelines.live import telling
from pipelines.live.api import LiveApi
from pipelines.live.interest import Interest
from pipelines.live.queries import LiveQueries
from pipelines.live.telling import Broadcast, Telling
from pipelines.live.watching import Watchers
from server.foundation import Foundation
from server.sides import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Heard once `notices.kept` is entered, when all who hear have said so."""

    base: Foundation
    notices: Notices
    broadcast: Broadcast
    watchers: Watchers

    def following(self, conversation: Conversation) -> Telling:
        """Who follows this conversation."""
        return Telling(conversation, self.broadcast)

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
    async with telling.opened(interest, sends) as broadcast:
        yield Live(base=base, notices=notices, broadcast=broadcast, watchers=Watchers(notices, sends))
