"""How a conversation leaves its process, so that another one can go on with it."""

from dataclasses import dataclass

from pipecat.frames.frames import InterruptionFrame

from pipelines.limits import EndReason, Limits
from pipelines.observing import Worker
from pipelines.parts import Connection, Recorder
from pipelines.processors.heard import UnheardFrame
from pipelines.processors.rtvi import tell
from pipelines.registry import LiveSession
from pipelines.stopping import HARD_STOP_S
from pipelines.watch import Floor

# An output that waits for its caller would not end by itself.
NOTED_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """One session's way out; `pipelines.handoffs` is the way in."""

    live: LiveSession
    connection: Connection
    recorder: Recorder
    limits: Limits

    @property
    def alone(self) -> bool:
        """Whether the caller is not here any more, and perhaps waits in another process."""
        return self.live.resumption.wanted_elsewhere or self.live.resumption.waiting

    @property
    def ends_within_s(self) -> float:
        """How long the pipeline may take to end; what was said goes on record at once."""
        return NOTED_S if self.alone else HARD_STOP_S

    async def break_off(self, worker: Worker, floor: Floor) -> None:
        """Stop the assistant, so that its turn ends with what was heard; what the caller says is waited for."""
        if not self.alone:
            await floor.caller_silent(timeout_s=self.limits.goodbye_s)
        await self.connection.output().push_frame(UnheardFrame(self.connection.unheard_s()))
        await worker.queue_frame(InterruptionFrame())

    async def hand_off(self) -> None:
        """Let go once all is on record, and only then send the caller away; after the pipeline has ended."""
        await self.recorder.end(EndReason.HANDED_OFF)
        resumption = self.live.resumption
        free = await resumption.hand_off()
        if free and resumption.token and not self.connection.by_telephone:
            now = {"type": "resume-now", "token": resumption.token, "within_s": resumption.within_s}
            await tell(self.connection.output(), now)
        await self.connection.close(EndReason.HANDED_OFF if free else EndReason.SHUTTING_DOWN)
