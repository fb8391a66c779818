"""Translate between websocket messages and what they say: RTVI's protobuf frames.

One binary websocket message is one `pipecat.Frame`. Of its kinds two may cross here, audio and JSON messages.
The others (text, transcription, interruption) would let a client put words into the pipeline.
https://github.com/pipecat-ai/pipecat/blob/v1.14.0/src/pipecat/frames/frames.proto
"""

import json
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from pipecat.frames.protobufs import frames_pb2

from pipelines.limits import BYTES_PER_SAMPLE

# The generated module builds its classes while it is imported, so nothing states their types.
_Frame: Any = frames_pb2.Frame  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Audio:
    """pcm: 16-bit LE, `channels` interleaved; 640 bytes = 20 ms of mono at 16 kHz."""

    pcm: bytes
    sample_rate_hz: int
    channels: int = 1

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return len(self.pcm) / (BYTES_PER_SAMPLE * self.channels * self.sample_rate_hz)


@dataclass(frozen=True, slots=True)
class Message:
    """One JSON object, in RTVI `{"label": "rtvi-ai", "type": …, "id": …, "data": …}`."""

    body: dict[str, Any]


class Unreadable(Exception):
    """Bytes that are no frame, or a frame of a kind that may not cross."""


def encode(content: Audio | Message) -> bytes:
    """Return `content` as one binary websocket message."""
    frame = _Frame()
    if isinstance(content, Audio):
        frame.audio.audio = content.pcm
        frame.audio.sample_rate = content.sample_rate_hz
        frame.audio.num_channels = content.channels
    else:
        frame.message.data = json.dumps(content.body)
    encoded: bytes = frame.SerializeToString()
    return encoded


def decode(data: bytes) -> Audio | Message:
    """Return what one binary websocket message says; raise Unreadable if it is not one of the two kinds."""
    try:
        frame = _Frame.FromString(data)
    except DecodeError as error:
        raise Unreadable("no protobuf frame") from error
    match frame.WhichOneof("frame"):
        case "audio":
            return Audio(frame.audio.audio, frame.audio.sample_rate, frame.audio.num_channels)
        case "message":
            return Message(json_object(frame.message.data))
        case kind:
            raise Unreadable(f"a frame of kind {kind}")


def json_object(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object that `text` is; raise Unreadable if it is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON") from error
    if not isinstance(body, dict):
        raise Unreadable("no JSON object")
    return body
