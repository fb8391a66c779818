"""Who may act, a user of the app or a store, and from where."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
StoreId = NewType("StoreId", UUID)
SessionId = NewType("SessionId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)


class Kind(StrEnum):
    """The two principals. Nothing of one opens anything of the other."""

    USER = "user"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom a request is answered, however that was proved."""

    kind: Kind
    id: UUID


@dataclass(frozen=True, slots=True)
class Principal(Asker):
    """What a verified access token proves, until `expires_at` (aware, UTC)."""

    session_id: SessionId
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeyHolder(Asker):
    """What one of a store's API keys proves: a program of theirs asks, and nobody is signed in."""

    key_id: ApiKeyId


@dataclass(frozen=True, slots=True)
class Device:
    """Where a request comes from, as far as it tells."""

    user_agent: str
    address: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request comes from, and which of our host names (lower case, no port) it was sent to."""

    host: str
    device: Device


# The process itself, not a request.
NO_DEVICE = Device(user_agent="", address="")
