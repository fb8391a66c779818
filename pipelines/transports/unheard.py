"""What was sent to a caller and has not arrived as far as we know: all that is lost when their network is."""

from collections import deque

from pipelines.transports.wire import Audio, Message

# While a caller is away only messages are added, and a session without its caller has few to tell.
MAX_KEPT = 1_000


class Unheard:
    """The newest things sent, as many as fit into the bytes that the other side has not acknowledged."""

    def __init__(self) -> None:
        self._sent: deque[tuple[Audio | Message, int]] = deque(maxlen=MAX_KEPT)

    def add(self, content: Audio | Message, size_bytes: int) -> None:
        """Note what is sent now."""
        self._sent.append((content, size_bytes))

    def keep_last(self, unacknowledged_bytes: int | None) -> None:
        """Forget all that has arrived: everything but the end that these bytes reach into. None says nothing new."""
        if unacknowledged_bytes is None:
            return
        kept_bytes = sum(size_bytes for _, size_bytes in self._sent)
        while self._sent and kept_bytes - self._sent[0][1] >= unacknowledged_bytes:
            kept_bytes -= self._sent.popleft()[1]

    def __len__(self) -> int:
        return len(self._sent)

    @property
    def audio_s(self) -> float:
        """How much speech it is."""
        return sum(content.duration_s for content, _ in self._sent if isinstance(content, Audio))

    def drop_audio(self) -> None:
        """Forget speech that the caller interrupted."""
        messages = [sent for sent in self._sent if isinstance(sent[0], Message)]
        self._sent = deque(messages, maxlen=MAX_KEPT)

    def take(self) -> list[Audio | Message]:
        """Return it all, oldest first, and begin anew."""
        content = [content for content, _ in self._sent]
        self._sent.clear()
        return content
