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
    """This process may be sent what was asked about."""

    status: Literal["ready"] = "ready"


@gives(Health)
async def health(_request: web.Request) -> web.Response:
    """Answer while the event loop turns."""
    return answered(Health())


class ReadyDoor:
    """Whether requests and calls may be sent here: other questions than whether the process is alive.

    Balancers ask about requests. A process that has no place left still knows its own callers, who send candidates and
    come back, and signs everybody in; were it taken away, a busy hour would take away all of them.
    """

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    @gives(Ready)
    @refuses(CapacityReached, ShuttingDown)
    async def ready(self, _request: web.Request) -> web.Response:
        """Answer 503 while this process should be sent no calls: it is full, stops, or has no database."""
        await self._readiness.check_calls()
        return answered(Ready())

    @gives(Ready)
    @refuses(ShuttingDown)
    async def requests(self, _request: web.Request) -> web.Response:
        """Answer 503 while this process should be sent nothing: it stops, or has no database."""
        await self._readiness.check()
        return answered(Ready())
