"""Whether the process is alive."""

from typing import Literal

from aiohttp import web

from auth.http.operations import Answer, answered, gives


class Health(Answer):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Front:
    """Answers on every host, to anybody; says nothing that a stranger should not know."""

    @gives(Health)
    async def health(self, _request: web.Request) -> web.Response:
        """Answer while the event loop turns."""
        return answered(Health())
