"""API keys as they are kept, and what they may be for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auth.principals import ApiKeyId, StoreId


class Scope(StrEnum):
    """What a key may be for: an area, to read or to change. `server/routes.py` says which route takes which.

    Changing does not include reading. Accounts, sessions, second factors and keys themselves have no scope.
    """

    CONVERSATIONS_READ = "conversations:read"
    CONVERSATIONS_WRITE = "conversations:write"
    MESSAGES_READ = "messages:read"
    MESSAGES_WRITE = "messages:write"
    KNOWLEDGE_READ = "knowledge:read"
    KNOWLEDGE_WRITE = "knowledge:write"
    ASSISTANTS_READ = "assistants:read"
    ASSISTANTS_WRITE = "assistants:write"
    WEBHOOKS_WRITE = "webhooks:write"
    PHONE_READ = "phone:read"
    PHONE_WRITE = "phone:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as its store sees it: `ends_with` is all that is left of it. Times are aware, UTC.

    `last_used_at` is right to a minute.
    """

    id: ApiKeyId
    store_id: StoreId
    name: str
    ends_with: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
