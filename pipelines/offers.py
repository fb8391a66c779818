"""Which providers there are for each stage, what each needs, and what its key looks like.

Names only, so that settings can be read without loading a model; `pipelines/providers/opened.py` opens what is chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One provider for one stage.

    company: whose key it needs, see KEYS; package: what has to be importable; url: needs VOICE_LLM_URL.
    """

    company: str | None = None
    package: str | None = None
    url: bool = False


STT: Mapping[str, Offer] = {
    "embedded": Offer(),
    "whisper": Offer(package="faster_whisper"),
    "assemblyai": Offer(company="assemblyai"),
    "deepgram": Offer(company="deepgram", package="deepgram"),
    "openai": Offer(company="openai"),
}
LLM: Mapping[str, Offer] = {
    "embedded": Offer(),
    "ollama": Offer(),
    "compatible": Offer(url=True),
    "anthropic": Offer(company="anthropic", package="anthropic"),
    "google": Offer(company="google", package="google.genai"),
    "groq": Offer(company="groq"),
    "openai": Offer(company="openai"),
}
TTS: Mapping[str, Offer] = {
    "embedded": Offer(),
    "kokoro": Offer(package="kokoro_onnx"),
    "piper": Offer(package="piper"),
    "cartesia": Offer(company="cartesia"),
    "deepgram": Offer(company="deepgram"),
    "elevenlabs": Offer(company="elevenlabs"),
    "openai": Offer(company="openai"),
}

# What speaks OpenAI's protocol, and the model that is asked for unless another one is named.
OPENAI_MODEL = "gpt-4.1-mini"
GROQ_MODEL, GROQ_URL = "openai/gpt-oss-120b", "https://api.groq.com/openai/v1"
OLLAMA_MODEL, OLLAMA_URL = "qwen2.5:3b", "http://localhost:11434/v1"

# One model for all three stages; it is named in each of them, alone.
SPEECH_TO_SPEECH: Mapping[str, Offer] = {
    "gemini-live": Offer(company="google", package="google.genai"),
    "openai-realtime": Offer(company="openai"),
}


# Rooms and calls through Daily: its client is native code.
DAILY = Offer(package="daily")


@dataclass(frozen=True, slots=True)
class Key:
    """What a company's API keys look like: a pattern for the whole key, and the same for people."""

    pattern: str
    looks: str


# Only what the companies themselves promise of their keys; a wrong paste is caught, an unknown format is not refused.
KEYS: Mapping[str, Key] = {
    "anthropic": Key(r"sk-ant-\S{16,}", "sk-ant-…"),
    "assemblyai": Key(r"[0-9a-f]{32}", "32 hexadecimal digits"),
    "cartesia": Key(r"\S{16,}", "16 characters or more"),
    "deepgram": Key(r"[0-9a-f]{40}", "40 hexadecimal digits"),
    "elevenlabs": Key(r"\S{16,}", "16 characters or more"),
    "google": Key(r"\S{16,}", "16 characters or more"),
    "groq": Key(r"gsk_\S{16,}", "gsk_…"),
    "openai": Key(r"sk-\S{16,}", "sk-…"),
}
