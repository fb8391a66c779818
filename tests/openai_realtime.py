"""OpenAI's realtime server, as far as we use it (https://platform.openai.com/docs/api-reference/realtime)."""

import base64
import json
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from aiohttp import web

from pipelines.providers import cloud
from pipelines.providers.cloud import BuildSpeechToSpeech
from tests.doubles import tone
from tests.whole_models import ANSWER, MODEL_HZ, QUESTION, WORD_FOR_WORD, Called, Company


class OpenAI(Company):
    """It refuses a second answer while it makes one."""

    def __init__(self, *, seconds: float = 0.3, breaks: str = "", calls: Called | None = None) -> None:
        super().__init__(seconds=seconds, breaks=breaks, calls=calls)
        self.noted: list[str] = []
        self._busy = False
        self._answers = 0

    def opened(self, url: str) -> AbstractAsyncContextManager[BuildSpeechToSpeech]:
        """Our way to it."""
        build = cloud.openai_realtime(
            api_key="sk-key", model="gpt-realtime-test", voice="cedar", url=url.replace("http", "ws")
        )
        return nullcontext(build)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Talk."""
        assert request.headers["Authorization"] == "Bearer sk-key"
        assert request.query["model"] == "gpt-realtime-test"
        if self.breaks == "refuses":
            return web.Response(status=401)
        self._socket = web.WebSocketResponse()
        await self._socket.prepare(request)
        await self._tell("session.created", session={})
        async for message in self._socket:
            await self._take(json.loads(message.data))
        return self._socket

    def _set_up(self, session: dict[str, Any]) -> None:
        assert ("turn_detection", None) in session["audio"]["input"].items()
        assert session["audio"]["input"]["transcription"]["model"]
        self.instructions, self.voice = session["instructions"], session["audio"]["output"]["voice"]
        self.offered = {tool["name"] for tool in session.get("tools") or ()}

    async def _take(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "session.update":
                self._set_up(event["session"])
                await self._tell("session.updated", session={})
            case "input_audio_buffer.append":
                self.heard += base64.b64decode(event["audio"])
            case "input_audio_buffer.clear":
                self.heard.clear()
                self.noted.append("clear")
            case "input_audio_buffer.commit":
                self.asked.append("speech")
                await self._tell(
                    "conversation.item.input_audio_transcription.completed",
                    item_id="caller",
                    content_index=0,
                    transcript=QUESTION,
                )
            case "conversation.item.create":
                if event["item"]["type"] == "function_call_output":
                    assert event["item"]["call_id"] == "call-1"
                    self.found.append(event["item"]["output"])
                    # Only now, so that whoever asks for the next answer too soon is refused.
                    self._busy = False
                    await self._tell("response.done", response={"id": "r", "status": "completed", "output": []})
                else:
                    (content,) = event["item"]["content"]
                    self.asked.append(content["text"])
            case "response.create" if self._busy:
                await self._tell("error", error={"type": "invalid_request_error", "message": "one at a time"})
            case "response.create":
                await self._answer((event.get("response") or {}).get("instructions", ""))
            case "conversation.item.truncate":
                self.noted.append(f"truncate {event['item_id']}")
                self.truncated_ms = event["audio_end_ms"]
            case other:
                self.noted.append(other)

    async def _answer(self, instructions: str) -> None:
        if self.breaks and not instructions:
            if self.breaks == "error":
                await self._tell("error", error={"type": "server_error", "message": "not now"})
            else:
                await self._socket.close()
            return
        if self.calls and not instructions:
            await self._call(*self.calls)
            return
        self._answers += 1
        about = {"response_id": "r", "item_id": f"item-{self._answers}", "output_index": 0, "content_index": 0}
        await self._tell("response.created", response={"id": "r"})
        item = {"id": about["item_id"], "type": "message", "role": "assistant", "content": []}
        await self._tell("conversation.item.added", item=item)
        text = instructions.removeprefix(WORD_FOR_WORD) or ANSWER
        await self._tell("response.output_audio_transcript.delta", **about, delta=text)
        chunk = base64.b64encode(tone(seconds=0.1, rate_hz=MODEL_HZ)).decode()
        for _ in range(round(self.seconds / 0.1)):
            await self._tell("response.output_audio.delta", **about, delta=chunk)
        await self._tell("response.done", response={"id": "r", "status": "completed", "output": []})

    async def _call(self, name: str, arguments: str) -> None:
        """Call a tool in place of an answer, once."""
        self.calls = None
        self._busy = True
        await self._tell("response.created", response={"id": "r"})
        item = {"id": "fc", "type": "function_call", "name": name, "call_id": "call-1", "arguments": ""}
        await self._tell("conversation.item.added", item=item)
        about = {"response_id": "r", "item_id": "fc", "output_index": 0, "call_id": "call-1"}
        await self._tell("response.function_call_arguments.done", **about, arguments=arguments)

    async def _tell(self, kind: str, **content: object) -> None:
        await self._socket.send_json({"type": kind, "event_id": "e", **content})
