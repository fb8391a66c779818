"""How much one caller may use, why a session ends, and how its socket says so."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

BYTES_PER_SAMPLE = 2


class EndReason(StrEnum):
    """Why a session ended; sent as the close reason and, unless it goes on elsewhere, stored with its conversation."""

    CALLER_LEFT = "caller_left"
    SAID_GOODBYE = "said_goodbye"
    TRANSFERRED = "transferred"
    MACHINE = "machine"
    IDLE = "idle"
    TIME_LIMIT = "time_limit"
    STORE_MINUTES_USED = "store_minutes_used"
    CLOSED = "closed"
    ENDED_BY_STORE = "ended_by_store"
    REVOKED = "revoked"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - no secret
    CONNECTION_LOST = "connection_lost"
    SHUTTING_DOWN = "shutting_down"
    HANDED_OFF = "handed_off"
    NOT_BINARY = "not_binary"
    NOT_UNDERSTOOD = "not_understood"
    WRONG_AUDIO = "wrong_audio"
    TOO_LARGE = "too_large"
    TOO_MUCH = "too_much"
    SLOW_READER = "slow_reader"
    PROVIDER_FAILED = "provider_failed"
    ERROR = "error"


class CloseCode(IntEnum):
    """Every code our websocket closes with. RFC 6455, section 7.4; 4000 and above are our own."""

    GOODBYE = 1000
    """The caller left, was handed over to a person, both said goodbye, or the store has ended the call."""
    GOING_AWAY = 1001
    """The server is shutting down: connect again, to another process."""
    NOT_BINARY = 1003
    """A text message; everything on this socket is a binary protobuf frame."""
    NOT_UNDERSTOOD = 1007
    """Three messages that are no protobuf frame of a kind this socket takes."""
    TOO_MUCH = 1008
    """Audio far faster than anybody speaks, too many messages, or a client that does not read."""
    TOO_LARGE = 1009
    """One message above VOICE_WS_MAX_PAYLOAD_KB."""
    FAILED = 1011
    """Something broke on our side."""
    REVOKED = 4001
    """Signed out, or the session was revoked: sign in again."""
    TOKEN_EXPIRED = 4002
    """The access token ended and no newer one came over the socket: refresh it and call again."""
    TIME_LIMIT = 4003
    """VOICE_WS_MAX_SECONDS or the assistant's `max_minutes` have passed."""
    IDLE = 4004
    """Nobody has said anything for a long time."""
    WRONG_AUDIO = 4005
    """Audio that is not 16-bit mono, or at a rate that VOICE_AUDIO_OTHER_RATES does not take."""
    STORE_MINUTES_USED = 4006
    """VOICE_STORE_MINUTES_PER_DAY of this store have passed: tomorrow again."""
    CLOSED = 4007
    """The store is closed, and its assistant has said when it opens."""
    HANDED_OFF = 4008
    """The conversation goes on in another process: come back at once, with the newest `resume-token`."""


CLOSE_CODES = {
    EndReason.CALLER_LEFT: CloseCode.GOODBYE,
    EndReason.SAID_GOODBYE: CloseCode.GOODBYE,
    EndReason.TRANSFERRED: CloseCode.GOODBYE,
    EndReason.MACHINE: CloseCode.GOODBYE,
    EndReason.IDLE: CloseCode.IDLE,
    EndReason.TIME_LIMIT: CloseCode.TIME_LIMIT,
    EndReason.STORE_MINUTES_USED: CloseCode.STORE_MINUTES_USED,
    EndReason.CLOSED: CloseCode.CLOSED,
    EndReason.ENDED_BY_STORE: CloseCode.GOODBYE,
    EndReason.REVOKED: CloseCode.REVOKED,
    EndReason.TOKEN_EXPIRED: CloseCode.TOKEN_EXPIRED,
    # Nobody is left to read it.
    EndReason.CONNECTION_LOST: CloseCode.GOODBYE,
    EndReason.SHUTTING_DOWN: CloseCode.GOING_AWAY,
    EndReason.HANDED_OFF: CloseCode.HANDED_OFF,
    EndReason.NOT_BINARY: CloseCode.NOT_BINARY,
    EndReason.NOT_UNDERSTOOD: CloseCode.NOT_UNDERSTOOD,
    EndReason.WRONG_AUDIO: CloseCode.WRONG_AUDIO,
    EndReason.TOO_LARGE: CloseCode.TOO_LARGE,
    EndReason.TOO_MUCH: CloseCode.TOO_MUCH,
    EndReason.SLOW_READER: CloseCode.TOO_MUCH,
    EndReason.PROVIDER_FAILED: CloseCode.FAILED,
    EndReason.ERROR: CloseCode.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one session may use. The first four are settings; the others suit every deployment so far."""

    max_session_s: float = 600
    max_payload_bytes: int = 64 * 1024
    sample_rate_hz: int = 16_000
    resample_other_rates: bool = True

    # How long before the end of the longest conversation, and of the caller's sign-in, they are told.
    warning_s: float = 30
    sign_in_warning_s: float = 60
    # How long nobody says anything before the assistant asks; as long again, and it says goodbye.
    idle_s: float = 60
    # How much faster than real time audio may come for long: clients' clocks differ, and networks stall and catch up.
    speed: float = 2
    # The JavaScript client sends at once what it recorded while it was connecting.
    burst_s: float = 10
    messages_per_s: float = 5
    messages_burst: float = 20
    # Unsent audio beyond what the kernel holds: one second, then the client counts as gone.
    unsent_s: float = 1
    kernel_send_buffer_bytes: int = 64 * 1024
    # How long the assistant may go on talking at the end, and when the process shuts down.
    goodbye_s: float = 4

    def shortened(self, max_minutes: int | None) -> "Limits":
        """The same for a conversation that may last only so long."""
        if max_minutes is None:
            return self
        return replace(self, max_session_s=min(self.max_session_s, 60 * max_minutes))

    def after(self, lasted_s: float) -> "Limits":
        """The same for one that has lasted so long already."""
        return replace(self, max_session_s=max(1.0, self.max_session_s - lasted_s))

    @property
    def bytes_per_s(self) -> int:
        """One second of audio on the wire, in either direction."""
        return self.sample_rate_hz * BYTES_PER_SAMPLE


class Allowance:
    """A token bucket: `burst` at once, then `per_s` a second."""

    def __init__(self, *, per_s: float, burst: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._monotonic = monotonic
        self._left = burst
        self._counted_at_s = monotonic()

    def spend(self, amount: float) -> bool:
        """Take `amount`; False when there is not that much, and then nothing is taken."""
        now_s = self._monotonic()
        self._left = min(self._burst, self._left + (now_s - self._counted_at_s) * self._per_s)
        self._counted_at_s = now_s
        if amount > self._left:
            return False
        self._left -= amount
        return True
