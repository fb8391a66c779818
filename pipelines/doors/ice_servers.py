"""STUN and TURN servers for both sides of a WebRTC call."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pipelines.doors.starts import IceServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """TURN servers that share `secret` with us, as coturn does with `use-auth-secret`."""

    urls: Sequence[str]
    secret: str
    ttl: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class IceServers:
    """What a caller is told; `urls` are servers that ask for no password."""

    urls: Sequence[str]
    turn: Turn | None
    now: Callable[[], datetime]

    def for_caller(self, principal_id: UUID) -> list[IceServer]:
        """The servers, with TURN credentials that only live for a while."""
        servers = [IceServer(urls=[url]) for url in self.urls]
        if self.turn is not None:
            servers.append(_with_credentials(self.turn, principal_id, self.now()))
        return servers


def _with_credentials(turn: Turn, principal_id: UUID, now: datetime) -> IceServer:
    # The user's name lets TURN servers limit what one user takes.
    # https://datatracker.ietf.org/doc/html/draft-uberti-behave-turn-rest-00#section-2.2
    username = f"{int((now + turn.ttl).timestamp())}:{principal_id}"
    digest = hmac.digest(turn.secret.encode(), username.encode(), hashlib.sha1)
    return IceServer(urls=list(turn.urls), username=username, credential=base64.b64encode(digest).decode())
