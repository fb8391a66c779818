"""Staff of a store listens to a conversation in another process, and speaks in the assistant's place."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp import WSMsgType
from yarl import URL

from pipelines.limits import CloseCode
from pipelines.live import attended
from server import demo
from tests.doubles import Doubles, loudness, tone
from tests.live_world import STORE_HOST, USER_HOST, LiveWorld, Staff, two_processes, until
from tests.voice_world import DEADLINE_S, Caller
from tests.webrtc_world import Browser

RATE_HZ = 16_000
CHUNK_S = 0.1
STAFF_LEVEL, CALLER_LEVEL = 3_000, 8_000


class Headset:
    """What staff hears and says on one socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def tell(self, kind: str) -> None:
        """Ask for something."""
        await self.socket.send_str(json.dumps({"type": kind}))

    async def told(self, kind: str) -> dict[str, Any]:
        """Wait for a text message of this kind."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self.socket.receive()
                assert message.type in {WSMsgType.TEXT, WSMsgType.BINARY}, message
                if message.type is WSMsgType.TEXT and (body := json.loads(message.data))["type"] == kind:
                    told: dict[str, Any] = body
                    return told

    async def hears(self) -> tuple[int, int]:
        """The loudest sample of each side in the next chunk, the caller first."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                message = await self.socket.receive()
                assert message.type in {WSMsgType.TEXT, WSMsgType.BINARY}, message
                if message.type is WSMsgType.BINARY:
                    stereo = np.frombuffer(message.data, "<i2")
                    return int(np.abs(stereo[0::2]).max()), int(np.abs(stereo[1::2]).max())

    async def speak(self, *, chunks: int, level: int = STAFF_LEVEL) -> None:
        """Speak at the pace of speech."""
        for _ in range(chunks):
            await self.socket.send_bytes(tone(seconds=CHUNK_S, rate_hz=RATE_HZ, level=level))
            await asyncio.sleep(CHUNK_S)


def _heard(audio: bytes) -> str:
    return "What would you plant in your own garden?" if loudness(audio) > STAFF_LEVEL else "Here is Sue, the owner."


@pytest.fixture
def asked() -> list[str]:
    """What the model was asked."""
    return []


@pytest.fixture
async def world(database_url: str, tmp_path: Path, asked: list[str]) -> AsyncIterator[LiveWorld]:
    """Two processes; callers and staff are told apart by how loud they are."""

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "I would plant a tree."

    async with two_processes(database_url, tmp_path, providers=Doubles(heard=_heard, answer=answer)) as world:
        yield world


async def _ticket(staff: Staff, conversation_id: str) -> tuple[str, str]:
    started = await staff.told("POST", f"/live/{conversation_id}/listen")
    url = URL(started["wsUrl"])
    assert (url.scheme, url.host) == ("ws", STORE_HOST)
    return url.path, started["token"]


@asynccontextmanager
async def _listening(staff: Staff, conversation_id: str) -> AsyncIterator[Headset]:
    path, token = await _ticket(staff, conversation_id)
    url = URL(path).with_query(token=token)
    async with staff.process.client.ws_connect(url, headers={"Host": STORE_HOST}, autoclose=False) as socket:
        yield Headset(socket)


@asynccontextmanager
async def _quiet_call(world: LiveWorld) -> AsyncIterator[tuple[Caller, str]]:
    """A call whose greeting is over, and its id."""
    async with world.here.call() as caller:
        conversation_id = (await world.staff.on_record())["id"]
        await caller.hear("bot-stopped-speaking")
        yield caller, conversation_id


async def test_staff_hears_both_sides(world: LiveWorld) -> None:
    """The caller on the left, the assistant on the right; the end of the call ends it."""
    async with world.here.call() as caller:
        conversation_id = (await world.staff.on_record())["id"]
        async with _listening(world.staff, conversation_id) as headset:
            hearing = asyncio.create_task(caller.hear("bot-stopped-speaking"))
            while (await headset.hears())[1] < CALLER_LEVEL // 2:
                pass
            await hearing
            await caller.speak(seconds=0.4)
            while (await headset.hears())[0] < CALLER_LEVEL // 2:
                pass
            for live in world.here.services.registry.sessions():
                await world.staff.ask("POST", f"/live/{live.id}/end")
            await caller.closing()
            async with asyncio.timeout(DEADLINE_S):
                while (message := await headset.socket.receive()).type is WSMsgType.BINARY:
                    pass
            assert message.data == CloseCode.GOODBYE


async def test_staff_speaks_in_the_assistants_place(world: LiveWorld, asked: list[str]) -> None:
    """The caller hears them and nobody else; the record knows who said what; afterwards the assistant does, too."""
    async with _quiet_call(world) as (caller, conversation_id), _listening(world.staff, conversation_id) as headset:
        await headset.tell("take-over")
        await headset.told("taken-over")
        heard = len(caller.audio())
        await headset.speak(chunks=8)
        await headset.speak(chunks=2, level=0)
        await caller.say(level=CALLER_LEVEL)
        await headset.speak(chunks=3, level=0)
        await caller.hear("user-transcription")
        async with asyncio.timeout(DEADLINE_S):
            while max((loudness(each.pcm) for each in caller.audio()[heard:]), default=0) < STAFF_LEVEL // 2:
                await caller.receive()
        assert asked == []
        await headset.tell("hand-back")
        await headset.told("handed-back")
        await caller.say(level=CALLER_LEVEL)
        await until(lambda: len(asked) == 1)
        await caller.hear("bot-stopped-speaking")
    await world.here.empty()
    turns = (await world.staff.told("GET", f"/conversations/{conversation_id}"))["turns"]
    said = [(turn["speaker"], turn["text"]) for turn in turns[1:]]
    assert ("staff", "Here is Sue, the owner.") in said
    assert said[-1] == ("assistant", "I would plant a tree.")
    assert [speaker for speaker, _ in said].count("caller") == 2
    notes = (await world.staff.told("GET", "/audit"))["events"]
    assert [note["event"] for note in notes[:2]] == ["took_over", "listened_in"]


@pytest.mark.parametrize("how", ["socket", "microphone"])
async def test_whoever_is_gone_has_handed_back(
    world: LiveWorld, asked: list[str], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """With the socket, or once their microphone is silent for too long, the assistant answers again."""
    monkeypatch.setattr(attended, "GONE_AFTER_S", 0.2 if how == "microphone" else 60)
    async with _quiet_call(world) as (caller, conversation_id), _listening(world.staff, conversation_id) as headset:
        await headset.tell("take-over")
        await headset.told("taken-over")
        if how == "socket":
            await headset.socket.close()
        async with asyncio.timeout(DEADLINE_S):
            while not asked:
                await caller.say(level=CALLER_LEVEL)
                await asyncio.sleep(0.2)


async def test_one_at_a_time_has_the_floor(world: LiveWorld) -> None:
    """The second one is told so."""
    async with _quiet_call(world) as (_, conversation_id), _listening(world.staff, conversation_id) as first:
        await first.tell("take-over")
        await first.told("taken-over")
        async with _listening(world.staff, conversation_id) as second:
            await second.tell("take-over")
            assert (await second.told("refused"))["code"] == "taken_over"


async def test_staff_speaks_over_webrtc(world: LiveWorld) -> None:
    """As on a socket: the caller hears them, as Opus."""
    headers = {"Host": USER_HOST, "Authorization": f"Bearer {await world.here.log_in('user')}"}
    wanted = {"store": demo.STORE_SLUG, "transport": "webrtc"}
    async with aiohttp.ClientSession(base_url=world.here.url, headers={"Host": USER_HOST}) as http:
        started = await http.post("/user/voice/start", json=wanted, headers=headers)
        browser = Browser(http, URL((await started.json())["webrtcRequestParams"]["endpoint"]).path_qs)
        try:
            await browser.negotiate()
            await browser.connected()
            await browser.ready()
            await browser.hear("bot-stopped-speaking")
            async with _listening(world.staff, (await world.staff.on_record())["id"]) as headset:
                await headset.tell("take-over")
                await headset.told("taken-over")
                heard = len(browser.audio())
                speaking = asyncio.create_task(headset.speak(chunks=20))
                async with asyncio.timeout(DEADLINE_S):
                    while max((loudness(each.pcm) for each in browser.audio()[heard:]), default=0) < STAFF_LEVEL // 2:
                        await browser.receive()
                await speaking
        finally:
            await browser.leave()


async def test_whoever_watches_is_told_who_has_the_floor(world: LiveWorld) -> None:
    """At once, and when they begin to watch later; and that the assistant has it again."""
    async with _quiet_call(world) as (_, conversation_id), _listening(world.staff, conversation_id) as headset:
        async with world.staff.watching() as stream:
            assert [each["taken_over"] for each in (await stream.next("conversations"))["conversations"]] == [False]
            await headset.tell("take-over")
            assert (await stream.next("floor"))["taken_over"] is True
            assert [each["taken_over"] for each in (await stream.next("conversations"))["conversations"]] == [True]
            await headset.tell("hand-back")
            assert (await stream.next("floor"))["taken_over"] is False
        assert [each["taken_over"] for each in await world.staff.running()] == [False]


async def test_a_sign_in_that_ends_ends_listening(world: LiveWorld) -> None:
    """Signed out in another process: the socket closes with its own code."""
    staff = Staff(world.there, await world.there.log_in("store"))
    async with _quiet_call(world) as (_, conversation_id), _listening(staff, conversation_id) as headset:
        await headset.hears()
        assert (await Staff(world.here, world.staff.bearer).ask("DELETE", "/sessions")).status == 204
        async with asyncio.timeout(DEADLINE_S):
            while (message := await headset.socket.receive()).type is WSMsgType.BINARY:
                pass
        assert message.data == CloseCode.REVOKED


async def test_half_a_sample_is_not_put_through(world: LiveWorld) -> None:
    """To the caller everything after it would be noise: the socket is closed, and the assistant goes on."""
    async with _quiet_call(world) as (_, conversation_id), _listening(world.staff, conversation_id) as headset:
        await headset.tell("take-over")
        await headset.told("taken-over")
        await headset.socket.send_bytes(b"\0\0\0")
        async with asyncio.timeout(DEADLINE_S):
            while (message := await headset.socket.receive()).type is WSMsgType.BINARY:
                pass
        assert message.data == CloseCode.NOT_UNDERSTOOD


async def _refused(staff: Staff, path: str, token: str, *, host: str = STORE_HOST) -> tuple[int, str]:
    headers = {
        "Host": host,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with staff.process.client.get(URL(path).with_query(token=token), headers=headers) as answer:
        return answer.status, (await answer.json())["error"]["code"]


async def test_no_ticket_opens_more_than_it_was_given_for(world: LiveWorld) -> None:
    """Once, this conversation, this door; and none is given for what is another store's, or over."""
    refused = (401, "ticket_refused")
    async with _quiet_call(world) as (_, conversation_id):
        path = f"/live/{conversation_id}/listen"
        assert await world.others.refused("POST", path) == (404, "conversation_not_found")
        _, token = await _ticket(world.staff, conversation_id)
        assert await _refused(world.staff, "/store/voice/ws", token) == refused
        assert await _refused(world.staff, f"/store{path}", token) == refused
        _, token = await _ticket(world.staff, conversation_id)
        assert await _refused(world.staff, "/store/live/00000000-0000-0000-0000-000000000000/listen", token) == refused
        talking = await world.staff.told("POST", "/voice/start")
        assert await _refused(world.staff, f"/store{path}", talking["token"]) == refused
    await world.here.empty()
    assert await world.staff.refused("POST", path) == (409, "conversation_over")
