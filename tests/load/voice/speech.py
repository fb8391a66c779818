"""What the callers of a load test say: recordings of a folder, or the embedded voice."""

from pathlib import Path

from pipelines.caller.recordings import read_wav, voiced_samples
from pipelines.limits import BYTES_PER_SAMPLE
from pipelines.providers.embedded.speech import HibariEngine

RATE_HZ = 16_000
# Longer recordings are cut: a turn of a conversation.
LONGEST_S = 6.0
QUESTIONS = (
    "What time do you close today?",
    "Do you have any ferns at the moment?",
    "How much is the big clay pot?",
    "Can I bring a plant back if it dies?",
    "Where can I park my car?",
    "Are you open on Sunday?",
)


async def utterances(folder: Path | None) -> list[bytes]:
    """Return what is said, 16-bit LE mono at RATE_HZ, each from its first voiced sample to its last."""
    said = await _asked() if folder is None else _recorded(folder)
    return [_voiced(pcm) for pcm in said]


def _recorded(folder: Path) -> list[bytes]:
    return [read_wav(path, rate_hz=RATE_HZ) for path in sorted(folder.glob("*.wav"))]


async def _asked() -> list[bytes]:
    voice = HibariEngine.load()
    try:
        return [
            b"".join([part async for part in voice.speak(question, sample_rate_hz=RATE_HZ)]) for question in QUESTIONS
        ]
    finally:
        voice.close()


def _voiced(pcm: bytes) -> bytes:
    first, last = voiced_samples(pcm[: round(LONGEST_S * RATE_HZ) * BYTES_PER_SAMPLE], rate_hz=RATE_HZ)
    return pcm[first * BYTES_PER_SAMPLE : last * BYTES_PER_SAMPLE]
