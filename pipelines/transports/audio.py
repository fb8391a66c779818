"""What pipecat's transports are told of audio: the same at every door."""

from typing import TypeVar

from pipecat.transports.base_transport import TransportParams

from pipelines.limits import Limits

# What the packets of WebRTC and the telephone hold.
CHUNK_MS = 20
# What a websocket's messages hold, which no door's chunks exceed: pipecat's own default. Of 20 ms each, twice as many
# cost a fifth more of all that a conversation costs.
MESSAGE_MS = 40

Params = TypeVar("Params", bound=TransportParams)


def both_ways(
    kind: type[Params], limits: Limits, *, playback_rate_hz: int, chunk_ms: int = CHUNK_MS, **more: bool
) -> Params:
    """Hear the caller at the pipeline's rate, and speak at this one, in chunks of `chunk_ms`."""
    return kind(
        audio_in_enabled=True,
        audio_in_sample_rate=limits.sample_rate_hz,
        audio_out_enabled=True,
        audio_out_sample_rate=playback_rate_hz,
        audio_out_10ms_chunks=chunk_ms // 10,
        audio_out_end_silence_secs=0,
        **more,
    )
