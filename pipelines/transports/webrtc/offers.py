"""A caller's SDP offer (RFC 8866), judged before anything is built for it, and what our answer adds."""

import re
from dataclasses import dataclass

from aiortc.sdp import MediaDescription, SessionDescription

# The JavaScript client offers four: audio, camera, screen, data channel.
MAX_MEDIA = 8

_OPUS = re.compile(r"^a=rtpmap:(\d+) opus/48000/2\r\n", re.MULTILINE | re.IGNORECASE)
_CANDIDATE = re.compile(r"^a=(candidate:[^\r\n]*|end-of-candidates)\r?\n", re.MULTILINE)


class OfferUnreadable(Exception):
    """No SDP that we could answer."""


class OfferWithoutAudio(Exception):
    """No audio in both directions, or none in Opus."""


@dataclass(frozen=True, slots=True)
class Offer:
    """`sdp` without its candidates, which are judged one by one; `mid` names the caller's audio."""

    sdp: str
    candidates: tuple[str, ...]
    mid: str
    has_channel: bool


def read(sdp: str) -> Offer:
    """Return the offer. Raises OfferUnreadable or OfferWithoutAudio."""
    bare = _CANDIDATE.sub("", sdp)
    try:
        media = SessionDescription.parse(bare).media
    except Exception as error:
        # Whatever trips over a stranger's text is the text's fault.
        raise OfferUnreadable from error
    if not 0 < len(media) <= MAX_MEDIA:
        raise OfferUnreadable
    audio = next((section for section in media if _is_conversation(section)), None)
    # Ours is the first audio: aiortc pairs sections in their order.
    if audio is None or audio is not next(section for section in media if section.kind == "audio"):
        raise OfferWithoutAudio
    candidates = tuple(line for line in _CANDIDATE.findall(sdp) if line.startswith("candidate:"))
    return Offer(bare, candidates, audio.rtp.muxId, any(section.kind == "application" for section in media))


def with_error_correction(answer: str) -> str:
    """Say in the answer that we want in-band forward error correction (RFC 7587, section 6.1)."""
    return _OPUS.sub(r"\g<0>a=fmtp:\1 minptime=10;useinbandfec=1\r\n", answer)


def _is_conversation(section: MediaDescription) -> bool:
    opus = any(codec.mimeType.lower() == "audio/opus" for codec in section.rtp.codecs)
    return section.kind == "audio" and section.direction == "sendrecv" and section.port != 0 and opus
