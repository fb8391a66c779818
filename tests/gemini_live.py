"""Google's live server, as far as we use it (https://ai.google.dev/api/live)."""

import base64
import json
import re
from contextlib import AbstractAsyncContextManager
from typing import Any

from aiohttp import web

from pipelines.providers import cloud
from pipelines.providers.cloud import BuildSpeechToSpeech
from tests.doubles import tone
from tests.whole_models import ANSWER, MODEL_HZ, QUESTION, WORD_FOR_WORD, Called, Company

PATH = "ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
HANDLE = "the-rest-of-it"
# An answer of so many seconds is still being made when somebody interrupts it.
LONG_S = 5
LATE = "too late"


def _camel(message: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Either name of a field is good, as in all JSON of protobuf (https://protobuf.dev/programming-guides/json)."""
    if isinstance(message, list):
        return [_camel(part) for part in message]
    if isinstance(message, dict):
        return {re.sub("_([a-z])", lambda found: found[1].upper(), key): _camel(part) for key, part in message.items()}
    return message


class Gemini(Company):
    """It tells of its turns, but not of ours; answers what is written once more comes; and breaks off for speech."""

    def __init__(self, *, seconds: float = 0.3, breaks: str = "", calls: Called | None = None) -> None:
        super().__init__(seconds=seconds, breaks=breaks, calls=calls)
        self.connections = 0
        # What it was told without being asked, and when the caller's turns began and ended.
        self.events: list[str] = []
        self._listening = self._answering = False
        self._written = ""

    def opened(self, url: str) -> AbstractAsyncContextManager[BuildSpeechToSpeech]:
        """Our way to it."""
        return cloud.gemini_live(api_key="google-key", model="gemini-3.8-test", voice="Kore", base_url=url)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Talk."""
        assert request.path.strip("/") == PATH
        assert request.headers["X-Goog-Api-Key"] == "google-key"
        if self.breaks == "refuses":
            return web.Response(status=401)
        self.connections += 1
        self._socket = web.WebSocketResponse()
        await self._socket.prepare(request)
        self._set_up(_camel(await self._socket.receive_json())["setup"])
        await self._tell(setupComplete={})
        async for message in self._socket:
            ((kind, content),) = _camel(json.loads(message.data)).items()
            await {"clientContent": self._read, "realtimeInput": self._hear, "toolResponse": self._find}[kind](content)
        return self._socket

    def _set_up(self, setup: dict[str, Any]) -> None:
        assert setup["model"] == "models/gemini-3.8-test"
        assert setup["realtimeInputConfig"]["automaticActivityDetection"]["disabled"]
        assert setup["contextWindowCompression"] == {"slidingWindow": {}}
        assert setup["sessionResumption"] == ({} if self.connections == 1 else {"handle": HANDLE})
        generation = setup["generationConfig"]
        assert generation["responseModalities"] == ["AUDIO"]
        self.instructions = setup["systemInstruction"]["parts"][0]["text"]
        self.voice = generation["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"]
        self.offered = {
            each["name"] for tool in setup.get("tools", ()) for each in tool.get("functionDeclarations", ())
        }

    async def _read(self, content: dict[str, Any]) -> None:
        assert not self._listening
        ((part,),) = [turn["parts"] for turn in content["turns"]]
        if content["turnComplete"]:
            self._written = part["text"]
        else:
            self.events.append(part["text"])

    async def _hear(self, content: dict[str, Any]) -> None:
        ((kind, heard),) = content.items()
        match kind:
            case "text":
                # Models of this kind begin to answer what was written once there is something in real time.
                text, self._written = self._written, ""
                if not text.startswith(WORD_FOR_WORD):
                    self.asked.append(text)
                await self._answer(text)
            case "activityStart":
                self.events.append(kind)
                self._listening = True
                self.heard.clear()
                await self._break_off()
            case "audio":
                assert self._listening
                assert heard["mimeType"] == "audio/pcm;rate=16000"
                self.heard += base64.urlsafe_b64decode(heard["data"])
            case "activityEnd":
                self.events.append(kind)
                self._listening = False
                self.asked.append("speech")
                for piece in (QUESTION[:3], QUESTION[3:]):
                    await self._say(inputTranscription={"text": piece})
                await self._answer("")
            case _:
                raise AssertionError(kind)

    async def _find(self, content: dict[str, Any]) -> None:
        (response,) = content["functionResponses"]
        assert response["id"] == "call-1"
        self.found.append(response["response"]["result"])
        await self._answer(response["response"]["result"])

    async def _break_off(self) -> None:
        if self._answering:
            await self._speak(LATE, 1)
            self._answering = False
        # It says so for nothing, too.
        await self._say(interrupted=True)
        await self._say(turnComplete=True)

    async def _answer(self, text: str) -> None:
        word_for_word = text.startswith(WORD_FOR_WORD)
        if self.breaks == "goes away" and not word_for_word:
            await self._socket.close()
            return
        if self.calls and not word_for_word:
            (name, arguments), self.calls = self.calls, None
            await self._tell(
                toolCall={"functionCalls": [{"id": "call-1", "name": name, "args": json.loads(arguments)}]}
            )
            return
        words = text.removeprefix(WORD_FOR_WORD) if word_for_word else ANSWER
        await self._speak(words, round(self.seconds / 0.1))
        self._answering = self.seconds > LONG_S
        if not self._answering:
            await self._tell(
                serverContent={"turnComplete": True}, usageMetadata={"promptTokenCount": 9, "responseTokenCount": 3}
            )
        if self.breaks == "for a while" and self.connections == 1:
            await self._tell(sessionResumptionUpdate={"newHandle": HANDLE, "resumable": True})
            await self._socket.close()

    async def _speak(self, words: str, tenths: int) -> None:
        """Say the words one by one, each as long as the others."""
        chunk = base64.b64encode(tone(seconds=0.1, rate_hz=MODEL_HZ)).decode()
        audio = {"modelTurn": {"parts": [{"inlineData": {"mimeType": f"audio/pcm;rate={MODEL_HZ}", "data": chunk}}]}}
        for word in (pieces := words.split(" ")):
            await self._say(outputTranscription={"text": f" {word}"})
            for _ in range(max(1, tenths // len(pieces))):
                await self._say(**audio)

    async def _say(self, **content: object) -> None:
        await self._tell(serverContent=content)

    async def _tell(self, **message: object) -> None:
        # As Google does: JSON in binary frames.
        await self._socket.send_bytes(json.dumps(message).encode())
