"""What one can ask of one's conversations: words that were said in them, and facts about them."""

import re
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from auth.http.operations import Query
from auth.http.pages import PageWanted
from pipelines.conversations.records import Sought

# No control characters: PostgreSQL cannot store NUL, and nobody searches for the others.
WORDS_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f]+$"


def _day(value: object) -> object:
    # pydantic takes numbers for seconds since 1970.
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("Write a day as 2026-03-02.")
    return value


Day = Annotated[date, BeforeValidator(_day)]


class ConversationsWanted(Query):
    """Which conversations. `q` is searched in what both sides said: words, "quoted phrases", -without.

    `from` and `to` are days in UTC, both included.
    """

    q: Annotated[str, Field(min_length=1, max_length=200, pattern=WORDS_PATTERN)] | None = None
    channel: Annotated[str, Field(pattern="^[a-z]{1,20}$")] | None = None
    outcome: Annotated[str, Field(pattern="^[a-z][a-z_]{0,49}$")] | None = None
    since: Annotated[Day | None, Field(alias="from")] = None
    until: Annotated[Day | None, Field(alias="to")] = None

    @property
    def sought(self) -> Sought:
        """As the service takes it."""
        return Sought(words=self.q, channel=self.channel, outcome=self.outcome, since=self.since, until=self.until)


class ConversationSearch(PageWanted, ConversationsWanted):
    """Which conversations, and which part of the list."""
