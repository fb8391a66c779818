"""GET and DELETE …/sessions and DELETE …/sessions/{id}, on both hosts: where one is signed in, and ending that.

Ending this very session is logging out; ending the others is not, since whoever asks stays: hence a DELETE of its own.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Self
from uuid import UUID

from aiohttp import web

from auth.errors import SessionNotFound
from auth.http.asking import device_of, principal_of
from auth.http.operations import Answer, answered, gives, path_id, refuses
from auth.principals import SessionId
from auth.sessions.queries import ListedSession
from auth.sessions.sessions import Sessions


class SessionShown(Answer):
    """Where one is signed in; `current` is the session that asks."""

    id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_used_at: datetime
    current: bool

    @classmethod
    def of(cls, listed: ListedSession, *, current: bool) -> Self:
        """What is shown of a session."""
        return cls(
            id=listed.id,
            user_agent=listed.device.user_agent,
            address=listed.device.address,
            created_at=listed.created_at,
            last_used_at=listed.last_used_at,
            current=current,
        )


class SessionsShown(Answer):
    """The hundred that were used last."""

    sessions: list[SessionShown]


class SessionApi:
    """The handlers; they belong behind `auth.http.asking.require`."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @gives(SessionsShown)
    async def show(self, request: web.Request) -> web.Response:
        """List the live sessions of one's own account, the one used last first."""
        principal = principal_of(request)
        return answered(
            SessionsShown(
                sessions=[
                    SessionShown.of(listed, current=listed.id == principal.session_id)
                    for listed in await self._sessions.live_of(principal.id)
                ]
            )
        )

    @gives(status=HTTPStatus.NO_CONTENT)
    @refuses(SessionNotFound)
    async def end(self, request: web.Request) -> web.Response:
        """End one of one's own sessions, and what hangs on it."""
        await self._sessions.revoke_own(principal_of(request).id, _id(request), device_of(request))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    @gives(status=HTTPStatus.NO_CONTENT)
    async def end_others(self, request: web.Request) -> web.Response:
        """End every session of one's own account but this one."""
        principal = principal_of(request)
        await self._sessions.revoke_others(principal.id, device_of(request), keep=principal.session_id)
        return web.Response(status=HTTPStatus.NO_CONTENT)


def _id(request: web.Request) -> SessionId:
    return SessionId(path_id(request, SessionNotFound))
