"""Record what both sides heard: one Ogg file for a call, Opus, the caller on the left, the assistant on the right.

Audio is only queued where it passes; a thread encodes it, a second at a time, straight to disk. While a call lasts its
file is called `….ogg.part`; such a file that a killed process left is whole up to its last seconds.
"""

import asyncio
import contextlib
import time
from array import array
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

import av
import structlog
from av.audio.stream import AudioStream
from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.processors.frame_processor import FrameProcessor

from pipelines.conversations.recordings import part_of
from pipelines.conversations.records import NOTHING_YET, Past
from pipelines.conversations.tool_calls import ToolCall
from pipelines.limits import EndReason
from pipelines.processors.recorder import Stations

ENCODE_EVERY_S = 1.0
# Both sides speak well at this rate, in 14 MB an hour. https://wiki.xiph.org/Opus_Recommended_Settings
BITS_PER_S = 32_000
# What arrives this much later than it is due follows a silence; sooner it is only the network's unsteadiness.
GAP_S = 0.2
# A disk that is away for longer costs the part of the recording that does not fit.
MAX_WAITING_BYTES = 8_000_000
CLOSE_TIMEOUT_S = 3.0

log = structlog.get_logger()


class Encoding(Protocol):
    """Where the recording goes; its methods block, and are called one at a time."""

    def write(self, stereo: bytes) -> None:
        """Append interleaved 16-bit samples."""

    def close(self, *, over: bool = True) -> None:
        """Make the file whole and, once the call is over, give it its name."""


class Track:
    """One side, on the call's own clock: silence where nothing was said."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate = sample_rate_hz
        self._samples = array("h")
        self._taken = 0

    def begin(self, at_s: float) -> None:
        """Leave out what is recorded already."""
        self._taken = round(at_s * self._rate)

    def add(self, pcm: bytes, *, at_s: float) -> None:
        """Append what ended `at_s` into the call; 16-bit mono."""
        added = array("h", pcm)
        missing = round(at_s * self._rate) - self._taken - len(self._samples) - len(added)
        if missing > GAP_S * self._rate:
            self._samples.extend(array("h", bytes(2 * missing)))
        self._samples.extend(added)

    def take(self, until_s: float) -> "array[int]":
        """Remove and return everything up to a moment of the call."""
        wanted = max(0, round(until_s * self._rate) - self._taken)
        taken = self._samples[:wanted]
        del self._samples[:wanted]
        taken.extend(array("h", bytes(2 * (wanted - len(taken)))))
        self._taken += wanted
        return taken

    def __len__(self) -> int:
        return len(self._samples)


class CallRecording:
    """Records one call. `end` takes at most CLOSE_TIMEOUT_S; what goes wrong costs the recording and not the call.

    `open_file` is told how many seconds of the call another process has recorded.
    """

    def __init__(
        self,
        open_file: Callable[[float], Encoding],
        *,
        sample_rate_hz: int,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_file = open_file
        self._monotonic = monotonic
        self._rate = sample_rate_hz
        self._caller, self._assistant = Track(sample_rate_hz), Track(sample_rate_hz)
        self._started_s = self._recorded_s = 0.0
        self._handed_off = False
        self._writing: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self._lost = False

    def attach(self, stations: Stations) -> None:
        """Listen; before the pipeline starts."""
        stations.vad.add_event_handler("on_before_push_frame", self._hear_caller)
        # The output transport pushes audio on once it has written it.
        stations.output.add_event_handler("on_before_push_frame", self._hear_assistant)

    def begin(self, past: Past = NOTHING_YET) -> None:
        """Start the call's clock, or go on with it."""
        self._started_s = self._monotonic() - past.lasted_s
        for track in (self._caller, self._assistant):
            track.begin(past.lasted_s)
        self._recorded_s = past.lasted_s
        self._writing = asyncio.create_task(self._write(), name="recording")

    def note(self, _call: ToolCall) -> None:
        """Nothing of it can be heard."""

    async def end(self, reason: str) -> None:
        """Write what is left."""
        self._handed_off = reason == EndReason.HANDED_OFF
        self._ended.set()
        if self._writing:
            # A thread that hangs in the file system cannot be ended; nobody waits for it.
            await asyncio.wait({self._writing}, timeout=CLOSE_TIMEOUT_S)
            self._writing.cancel()
        if self._lost:
            log.error("recording_incomplete")

    def staff_said(self, text: str, *, started_at: datetime, whispered: bool) -> None:
        """Their voice is on the assistant's track already."""

    def _hear_caller(self, _vad: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, InputAudioRawFrame):
            self._hear(self._caller, frame.audio)

    def _hear_assistant(self, _output: FrameProcessor, frame: Frame) -> None:
        if isinstance(frame, OutputAudioRawFrame):
            self._hear(self._assistant, frame.audio)

    def _hear(self, track: Track, pcm: bytes) -> None:
        if 2 * len(track) + len(pcm) > MAX_WAITING_BYTES:
            self._lost = True
        elif not self._lost:
            track.add(pcm, at_s=self._monotonic() - self._started_s)

    async def _write(self) -> None:
        try:
            encoding = await asyncio.to_thread(self._open_file, self._recorded_s)
            try:
                while not self._ended.is_set():
                    await _set_within(self._ended, ENCODE_EVERY_S)
                    # What is on its way for a little longer still finds its place.
                    await asyncio.to_thread(encoding.write, self._stereo(self._elapsed_s() - GAP_S))
                await asyncio.to_thread(encoding.write, self._stereo(self._elapsed_s()))
            finally:
                await asyncio.to_thread(encoding.close, over=not self._handed_off)
        except (OSError, av.FFmpegError) as error:
            self._lost = True
            log.warning("recording_failed", error=type(error).__name__)

    def _elapsed_s(self) -> float:
        return self._monotonic() - self._started_s

    def _stereo(self, until_s: float) -> bytes:
        left, right = self._caller.take(until_s), self._assistant.take(until_s)
        both = array("h", bytes(4 * len(left)))
        both[0::2], both[1::2] = left, right
        return both.tobytes()


class OggFile:
    """An Opus file that grows on disk; the first `recorded_s` are those of the process that had the call before."""

    def __init__(self, file: Path, recorded_s: float = 0.0, *, sample_rate_hz: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = file
        before = file.with_suffix(".ogg.before")
        if recorded_s and part_of(file).exists():
            part_of(file).rename(before)
        self._rate = sample_rate_hz
        self._container = av.open(str(part_of(file)), "w", format="ogg")
        self._stream: AudioStream = self._container.add_stream("libopus", rate=sample_rate_hz, layout="stereo")
        self._stream.bit_rate = BITS_PER_S
        self._written = 0
        if recorded_s:
            if before.exists():
                self._copy(before)
                before.unlink()
            self.write(bytes(4 * max(0, round(recorded_s * sample_rate_hz) - self._written)))

    def _copy(self, before: Path) -> None:
        """Take over its packets, as they are. One that breaks off, for its process was killed, is whole up to there."""
        self._container.start_encoding()
        with contextlib.suppress(av.FFmpegError), av.open(str(before)) as container:
            for packet in container.demux(audio=0):
                if packet.pts is None or packet.duration is None or packet.time_base is None:
                    continue
                self._written = round((packet.pts + packet.duration) * packet.time_base * self._rate)
                packet.stream = self._stream
                self._container.mux(packet)

    def write(self, stereo: bytes) -> None:
        """Append interleaved 16-bit samples."""
        if not stereo:
            return
        frame = av.AudioFrame(format="s16", layout="stereo", samples=len(stereo) // 4)
        frame.planes[0].update(stereo)
        frame.sample_rate, frame.pts = self._rate, self._written
        self._written += frame.samples
        self._container.mux(self._stream.encode(frame))

    def close(self, *, over: bool = True) -> None:
        """Make the file whole and, once the call is over, give it its name."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        if over:
            part_of(self._file).rename(self._file)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
