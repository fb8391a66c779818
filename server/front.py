"""Whether the process is alive."""

from typing import Literal

from aiohttp import web

from auth.http.operations import Answer, answered, gives, refuses
from pipelines.registry import CapacityReached, ShuttingDown
from server.readiness import Readiness


class Health(Answer):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class Ready(Answer):
    """This process may be sent calls."""

    status: Literal["ready"] = "ready"


@gives(Health)
async def health(_request: web.Request) -> web.Response:
    """Answer while the event loop turns."""
    return answered(Health())


class ReadyDoor:
    """Whether calls may be sent here, which is another question than whether the process is alive."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    @gives(Ready)
    @refuses(CapacityReached, ShuttingDown)
    async def ready(self, _request: web.Request) -> web.Response:
        """Answer 503 while this process should be sent no calls: it is full, stops, or has no database."""
        await self._readiness.check()
        return answered(Ready())
