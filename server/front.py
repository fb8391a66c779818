"""Whether the process is alive, and what answers here."""

from aiohttp import web


class Front:
    """Answers on every host, to anybody; says nothing that a stranger should not know."""

    def __init__(self, api: str) -> None:
        self._api = api

    async def greet(self, _request: web.Request) -> web.Response:
        """For people who open the address in a browser."""
        return web.Response(
            text=f"This is Storeline's {self._api}. It has no pages yet; the README lists its routes.\n"
        )

    async def health(self, _request: web.Request) -> web.Response:
        """`{"status": "ok"}` while the event loop turns."""
        return web.json_response({"status": "ok"})
