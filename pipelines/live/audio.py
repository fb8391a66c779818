"""What both sides of a conversation sound like, for staff who listen in: stereo, 80 ms a notice."""

import asyncio
import base64
import time
from array import array
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import soxr
import structlog
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.processors.frame_processor import FrameProcessor

from auth.notices.listening import FeedLost
from pipelines.conversations.recording import GAP_S, Track
from pipelines.conversations.records import ConversationId
from pipelines.live.telling import Sends
from pipelines.processors.recorder import Stations

RATE_HZ = 16_000
# 5,120 bytes of stereo, 6,828 in base64: a notice holds less than 8,000.
CHUNK_S = 0.08
CHUNK_BYTES = round(CHUNK_S * RATE_HZ) * 4
# Whoever listens says so more often.
LEASE_S = 13.0
# Each side's clock stands still for no longer than this; what is more is a client that sends ahead of time.
MAX_WAITING_S = 2.0

log = structlog.get_logger()


def channel_of(conversation_id: ConversationId) -> str:
    """Where a conversation is heard; an empty notice is its end."""
    return f"live_audio_{conversation_id.hex}"


class Side:
    """One voice at RATE_HZ, on the listener's clock; 16-bit mono at any rate comes in."""

    def __init__(self) -> None:
        self._track = Track(RATE_HZ)
        self._resampling: soxr.ResampleStream | None = None
        self._rate_hz = RATE_HZ

    def add(self, pcm: bytes, rate_hz: int, *, at_s: float) -> None:
        """Append what is heard now."""
        if len(self._track) < MAX_WAITING_S * RATE_HZ:
            self._track.add(pcm if rate_hz == RATE_HZ else self._resampled(pcm, rate_hz), at_s=at_s)

    def take(self, until_s: float) -> "array[int]":
        """Remove and return everything up to a moment."""
        return self._track.take(until_s)

    def _resampled(self, pcm: bytes, rate_hz: int) -> bytes:
        if self._resampling is None or rate_hz != self._rate_hz:
            self._rate_hz = rate_hz
            self._resampling = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="int16", quality="QQ")
        resampled: bytes = self._resampling.resample_chunk(np.frombuffer(pcm, "<i2")).tobytes()
        return resampled


class Tap:
    """Listens at one pipeline while somebody listens in, and not at all otherwise."""

    def __init__(
        self,
        conversation_id: ConversationId,
        stations: Stations,
        sends: Sends,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._channel = channel_of(conversation_id)
        self._stations = stations
        self._sends = sends
        self._monotonic = monotonic
        self._until_s = 0.0
        self._began_s = 0.0
        self._caller, self._assistant = Side(), Side()
        self._sending: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Let whoever listens hear the next LEASE_S."""
        self._until_s = self._monotonic() + LEASE_S
        if self._sending is None or self._sending.done():
            self._began_s = self._monotonic()
            self._caller, self._assistant = Side(), Side()
            self._stations.vad.add_event_handler("on_before_push_frame", self._hear_caller)
            self._stations.output.add_event_handler("on_before_push_frame", self._hear_assistant)
            self._sending = asyncio.create_task(self._send(), name="listening in")

    async def close(self) -> None:
        """Let nobody hear any more; they are told."""
        if self._sending and not self._sending.done():
            self._sending.cancel()
            await asyncio.wait({self._sending})
            with suppress(FeedLost):
                await self._sends.send(self._channel, "")

    def _hear_caller(self, _vad: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, InputAudioRawFrame):
            self._caller.add(frame.audio, frame.sample_rate, at_s=self._elapsed_s())

    def _hear_assistant(self, _output: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, OutputAudioRawFrame):
            self._assistant.add(frame.audio, frame.sample_rate, at_s=self._elapsed_s())

    async def _send(self) -> None:
        sent_s = 0.0
        try:
            while self._monotonic() < self._until_s:
                sent_s += CHUNK_S
                # What is on its way for a little longer still finds its place.
                await asyncio.sleep(max(0.0, sent_s + GAP_S - self._elapsed_s()))
                stereo = array("h", bytes(CHUNK_BYTES))
                stereo[0::2], stereo[1::2] = self._caller.take(sent_s), self._assistant.take(sent_s)
                await self._sends.send(self._channel, base64.b64encode(stereo.tobytes()).decode())
        except FeedLost as error:
            log.warning("listening_lost", reason=str(error))
        finally:
            self._stations.vad.remove_event_handler("on_before_push_frame", self._hear_caller)
            self._stations.output.remove_event_handler("on_before_push_frame", self._hear_assistant)

    def _elapsed_s(self) -> float:
        return self._monotonic() - self._began_s
