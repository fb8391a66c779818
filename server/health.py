"""Whether the process is alive, and what it runs."""

from aiohttp import web


class Health:
    """Answers on every host; says nothing that a stranger should not know."""

    async def show(self, _request: web.Request) -> web.Response:
        """`{"status": "ok"}` while the event loop turns."""
        return web.json_response({"status": "ok"})
