"""What doubles of models that hear, think and speak at once have in common."""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from ssl import SSLContext

from aiohttp import web

from pipelines.providers.cloud import BuildSpeechToSpeech

MODEL_HZ = 24_000
QUESTION, ANSWER = "Are you open?", "Until six."
WORD_FOR_WORD = "Say exactly these words to the caller, and nothing else: "

# A tool's name, and its arguments as JSON.
Called = tuple[str, str]


class Company(ABC):
    """A company's server for one conversation: it understands QUESTION, whatever it hears, and says ANSWER.

    Its answers last `seconds`. It `breaks` instead of answering, in one of its ways, or `calls` a tool first, once.
    """

    # Of a server that its company's client wants to reach by TLS alone.
    tls: SSLContext | None = None

    def __init__(self, *, seconds: float = 0.3, breaks: str = "", calls: Called | None = None) -> None:
        self.seconds = seconds
        self.breaks = breaks
        self.calls = calls
        self.instructions = self.voice = ""
        self.offered: set[str] = set()
        self.heard = bytearray()
        # What it was asked: "speech", or what was written; and what tools have found.
        self.asked: list[str] = []
        self.found: list[str] = []

    @abstractmethod
    def opened(self, url: str) -> AbstractAsyncContextManager[BuildSpeechToSpeech]:
        """Our way to it."""

    @abstractmethod
    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Talk."""
