"""Whether the process is alive."""

from typing import Literal

from aiohttp import web

from auth.http.operations import Answer, answered, gives


class Health(Answer):
    """The process is alive."""

    status: Literal["ok"] = "ok"


@gives(Health)
async def health(_request: web.Request) -> web.Response:
    """Answer while the event loop turns."""
    return answered(Health())
