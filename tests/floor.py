"""A caller's strategy for barging in, and what it does."""

from pipecat.frames.frames import Frame
from pipecat.turns.user_start import BaseUserTurnStartStrategy

from pipelines.transports.pausable import PauseOutputFrame, ResumeOutputFrame
from pipelines.turns.barge_in import BargeIn
from pipelines.turns.profiles import NORMAL

WHAT: dict[type[Frame], str] = {PauseOutputFrame: "pause", ResumeOutputFrame: "resume"}


class Floor:
    """A BargeIn, and what it does, in order."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self._strategy = BargeIn(decide_s=NORMAL.decide_s)
        self._strategy.add_event_handler("on_push_frame", self._push)
        self._strategy.add_event_handler("on_user_turn_started", self._start)
        self._strategy.add_event_handler("on_reset_aggregation", self._forget)

    async def hear(self, *frames: Frame) -> "Floor":
        """Take the frames."""
        for frame in frames:
            await self._strategy.process_frame(frame)
        return self

    async def end_turn(self) -> "Floor":
        """End the caller's turn."""
        await self._strategy.handle_user_turn_stopped()
        return self

    def _push(self, _: BaseUserTurnStartStrategy, frame: Frame, *_direction: object) -> None:
        self.did.append(WHAT[type(frame)])

    async def _start(self, strategy: BaseUserTurnStartStrategy, *_: object) -> None:
        self.did.append("turn")
        await strategy.handle_user_turn_started()  # type: ignore[no-untyped-call]  # pipecat leaves it unannotated

    def _forget(self, _: BaseUserTurnStartStrategy) -> None:
        self.did.append("forget")
