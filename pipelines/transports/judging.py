"""What a caller sends, judged before any work is done for it."""

from pipelines.limits import BYTES_PER_SAMPLE, Allowance, EndReason, Limits
from pipelines.transports import wire

MAX_BROKEN_MESSAGES = 3
# What a message costs beside its bytes, so that a flood of tiny ones is one too: 2 ms of audio at 16 kHz.
MESSAGE_OVERHEAD_BYTES = 64


class Judge:
    """Keeps count for one session, over all its sockets."""

    def __init__(self, limits: Limits) -> None:
        self._sample_rate_hz = limits.sample_rate_hz
        self._bytes = Allowance(per_s=limits.speed * limits.bytes_per_s, burst=limits.burst_s * limits.bytes_per_s)
        self._messages = Allowance(per_s=limits.messages_per_s, burst=limits.messages_burst)
        self._broken = 0

    def judged(self, data: bytes) -> wire.Audio | wire.Message | EndReason | None:
        """Return what one binary message says, None if it is forgiven, or the rule that it breaks."""
        if not self._bytes.spend(len(data) + MESSAGE_OVERHEAD_BYTES):
            return EndReason.TOO_MUCH
        try:
            content = wire.decode(data)
        except wire.Unreadable:
            self._broken += 1
            return EndReason.NOT_UNDERSTOOD if self._broken == MAX_BROKEN_MESSAGES else None
        if isinstance(content, wire.Message):
            return content if self._messages.spend(1) else EndReason.TOO_MUCH
        return content if self._is_speakable(content) else EndReason.WRONG_AUDIO

    def _is_speakable(self, audio: wire.Audio) -> bool:
        mono_at_our_rate = audio.channels == 1 and audio.sample_rate_hz == self._sample_rate_hz
        return mono_at_our_rate and len(audio.pcm) % BYTES_PER_SAMPLE == 0
