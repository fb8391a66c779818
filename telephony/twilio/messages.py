"""What is said on a media stream, as text: JSON in which numbers are strings.

https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

import audioop
import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.limits import BYTES_PER_SAMPLE
from pipelines.transports.wire import Unreadable, json_object

RATE_HZ = 8_000
FRAME_MS = 20
FRAME_BYTES = RATE_HZ * FRAME_MS // 1000
# Characters of base64 in one message; Twilio sends 20 ms, which are 216.
MAX_PAYLOAD = 100 * FRAME_BYTES
MAX_NAME_CHARACTERS = 64
MAX_DIGITS = 12
KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message; there is no stream yet."""


@dataclass(frozen=True, slots=True)
class Start:
    """The stream begins: `parameters` are those of our TwiML."""

    stream_sid: str
    call_sid: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Media:
    """Audio of the caller: 8-bit µ-law (G.711) at RATE_HZ, mono. `chunk` counts from 1; 0 where none is told."""

    ulaw: bytes
    chunk: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """All was played that was sent before the mark of this name, or it was cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class Dtmf:
    """A key of the caller's telephone."""

    digit: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream is over; what comes after it counts for nothing."""


Message = Connected | Start | Media | Mark | Dtmf | Stop


def read(text: str) -> Message | None:
    """Return what a message says, None for a kind that we do not know. Raises Unreadable."""
    body = json_object(text)
    event = body.get("event")
    if not isinstance(event, str):
        raise Unreadable("no event")
    reader = _READERS.get(event)
    return reader(body.get(event)) if reader else None


def decoded(ulaw: bytes) -> bytes:
    """8-bit µ-law (G.711) as 16-bit LE mono."""
    return audioop.ulaw2lin(ulaw, BYTES_PER_SAMPLE)


def encoded(pcm: bytes) -> bytes:
    """16-bit LE mono as 8-bit µ-law."""
    return audioop.lin2ulaw(pcm, BYTES_PER_SAMPLE)


def media(stream_sid: str, ulaw: bytes) -> str:
    """Audio for the caller, as `Media` has it."""
    return _written(stream_sid, "media", {"media": {"payload": b64encode(ulaw).decode()}})


def mark(stream_sid: str, name: str) -> str:
    """Ask to be told when all was played that was sent before."""
    return _written(stream_sid, "mark", {"mark": {"name": name}})


def clear(stream_sid: str) -> str:
    """Drop what was not played."""
    return _written(stream_sid, "clear", {})


def _written(stream_sid: str, event: str, body: dict[str, Any]) -> str:
    return json.dumps({"event": event, "streamSid": stream_sid, **body}, separators=(",", ":"))


def _media(about: object) -> Media | None:
    match about:
        case {"track": "outbound"}:
            # Our own words; we only ever ask for the caller's side.
            return None
        case {"payload": str(payload)} if len(payload) <= MAX_PAYLOAD:
            return Media(_decoded(payload), _number(about.get("chunk")) if isinstance(about, dict) else 0)
        case _:
            raise Unreadable("a broken media")


def _decoded(payload: str) -> bytes:
    try:
        return b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("no base64") from error


def _number(text: object) -> int:
    return int(text) if isinstance(text, str) and len(text) <= MAX_DIGITS and text.isdecimal() else 0


def _start(about: object) -> Start:
    match about:
        case {
            "streamSid": str(stream),
            "callSid": str(call),
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000 | "8000", "channels": 1 | "1"},
        }:
            given = about.get("customParameters") if isinstance(about, dict) else None
            texts = given.items() if isinstance(given, dict) else ()
            return Start(stream, call, {name: value for name, value in texts if isinstance(value, str)})
        case _:
            raise Unreadable("a broken start, or another audio format")


def _mark(about: object) -> Mark:
    match about:
        case {"name": str(name)}:
            return Mark(name[:MAX_NAME_CHARACTERS])
        case _:
            raise Unreadable("a broken mark")


def _dtmf(about: object) -> Dtmf:
    match about:
        case {"digit": str(digit)} if digit in KEYS:
            return Dtmf(digit)
        case _:
            raise Unreadable("a broken dtmf")


_READERS: Mapping[str, Callable[[object], Message | None]] = {
    "connected": lambda _about: Connected(),
    "start": _start,
    "media": _media,
    "mark": _mark,
    "dtmf": _dtmf,
    "stop": lambda _about: Stop(),
}
