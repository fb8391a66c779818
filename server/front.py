"""Whether the process is alive, and what answers here."""

from typing import Literal

from aiohttp import web

from auth.http.operations import Answer, answered, gives


class Health(Answer):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Front:
    """Answers on every host, to anybody; says nothing that a stranger should not know."""

    def __init__(self, api: str) -> None:
        self._api = api

    @gives(media="text/plain")
    async def greet(self, _request: web.Request) -> web.Response:
        """For people who open the address in a browser."""
        return web.Response(
            text=f"This is Storeline's {self._api}. It has no pages yet; the README lists its routes.\n"
        )

    @gives(Health)
    async def health(self, _request: web.Request) -> web.Response:
        """Answer while the event loop turns."""
        return answered(Health())
