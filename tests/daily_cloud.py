"""Daily's cloud behind the real client: it lets people into rooms, and carries what they say, send and dial.

`daily.CallClient` is constructed for real and asked for all that needs no cloud. What does is answered here, from a
thread of its own, as the native client does; events go to the real `DailyTransportClient`.
"""

import array
import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from types import SimpleNamespace
from typing import Any, Literal
from uuid import uuid4

import daily
import pytest
from pipecat.transports.daily import transport as pipecat_daily

from tests.daily_api import DOMAIN, DailyRest
from tests.doubles import CHUNK_S, tone

RATE_HZ = 16_000
Json = dict[str, Any]


@dataclass(eq=False)
class Person:
    """Somebody in a room who is not us: through an app, or by telephone."""

    cloud: "Cloud"
    room: str
    user_id: str | None
    id: str = field(default_factory=lambda: str(uuid4()))
    told: list[Json] = field(default_factory=list)
    present: bool = True

    @property
    def info(self) -> Json:
        """As daily-python describes them."""
        known = {"userId": self.user_id} if self.user_id else {}
        return {"id": self.id, "info": {"isLocal": False, "isOwner": False, **known}, "media": {}}

    def speak(self, *, seconds: float, level: int = 8_000) -> None:
        """Say something, in frames of 20 ms, all at once: VAD counts frames and not time."""
        frame = tone(seconds=CHUNK_S, rate_hz=RATE_HZ, level=level)
        audio = SimpleNamespace(
            audio_frames=frame, sample_rate=RATE_HZ, num_channels=1, num_audio_frames=len(frame) // 2
        )
        for call in self.cloud.calls_in(self.room):
            for _ in range(round(seconds / CHUNK_S)):
                self.cloud.later(call.hear, self.id, audio)

    def say(self) -> None:
        """Speak a sentence and fall silent."""
        self.speak(seconds=0.4)
        self.speak(seconds=0.4, level=0)

    def send(self, message: object) -> None:
        """Send an app message to everybody."""
        for call in self.cloud.calls_in(self.room):
            self.cloud.later(call.handler.on_app_message, message, self.id)

    def tell(self, kind: str, data: Json | None = None) -> None:
        """Send an RTVI message."""
        self.send({"label": "rtvi-ai", "type": kind, "id": "1", "data": data})

    def press(self, tone: str) -> None:
        """Press a key of the telephone."""
        for call in self.cloud.calls_in(self.room):
            self.cloud.later(call.handler.on_dtmf_event, {"sessionId": self.id, "tone": tone})

    def leave(self, reason: str = "leftCall") -> None:
        """Go."""
        self.cloud.remove(self, reason)

    def said(self, kind: str) -> list[Json]:
        """The RTVI messages of a type that came so far."""
        return [message for message in self.told if message.get("type") == kind]


class Microphone:
    """What we say: the real source, and a copy of what it took."""

    def __init__(self, rate_hz: int, channels: int, auto_silence: bool) -> None:  # noqa: FBT001 - their signature
        self.real = daily.CustomAudioSource(rate_hz, channels, auto_silence)
        self.pcm = bytearray()

    def write_frames(self, frame: bytes, completion: Callable[[int], None] | None = None) -> int:
        """As the real one, which takes a frame when it is due."""
        self.pcm += frame
        return self.real.write_frames(frame, completion=completion)

    @property
    def loud(self) -> bool:
        """Whether anything was said so far."""
        return any(abs(sample) > 1_000 for sample in array.array("h", bytes(self.pcm)))


class Call:
    """A `daily.CallClient` whose cloud is this one."""

    def __init__(self, cloud: "Cloud", handler: daily.EventHandler) -> None:
        self._real = daily.CallClient(event_handler=handler)
        self.cloud = cloud
        self.handler: Any = handler
        self.id = str(uuid4())
        self.room: str | None = None
        self.token: Json = {}
        self.microphone: Microphone | None = None
        self.released = False
        self._renderers: dict[str, Callable[..., None]] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the real one has
        return getattr(self._real, name)

    def release(self) -> None:
        """Let go of the real one."""
        self.released = True
        self.cloud.gone(self)
        self._real.release()

    def participants(self) -> Mapping[str, Any]:
        """Us, and whoever is there."""
        people = {one.id: one.info for one in self.cloud.people if one.room == self.room}
        return {**self._real.participants(), **people}

    def join(
        self,
        url: str,
        token: str | None = None,
        client_settings: Json | None = None,
        completion: Callable[..., None] = lambda *_: None,
    ) -> None:
        """Come in, if the token opens the room."""
        wanted = (client_settings or {})["inputs"]["microphone"]["settings"]["customTrack"]["id"]
        self.microphone = self.cloud.microphones[wanted]
        self.cloud.later(self.cloud.admit, self, url, token, completion)

    def leave(self, completion: Callable[..., None] = lambda *_: None) -> None:
        """Go."""
        self.cloud.later(self.cloud.let_go, self, completion)

    def update_subscriptions(self, *_: object, completion: Callable[..., None], **__: object) -> None:
        """Agree."""
        completion(None)

    def set_audio_renderer(self, participant_id: str, callback: Callable[..., None], **_: object) -> None:
        """Who is heard."""
        self._renderers[participant_id] = callback

    def hear(self, participant_id: str, audio: object) -> None:
        """Somebody speaks; only who is subscribed to is heard."""
        renderer = self._renderers.get(participant_id)
        if renderer is not None:
            renderer(participant_id, audio, "microphone")

    def send_app_message(
        self, message: Json, participant_id: str | None, completion: Callable[..., None] = lambda *_: None
    ) -> None:
        """To one, or to all."""
        for one in self.cloud.people:
            if one.room == self.room and participant_id in {None, one.id}:
                one.told.append(message)
        completion(None)

    def start_dialout(self, settings: Json, completion: Callable[..., None]) -> None:
        """Call a number, if we may."""
        self.cloud.dial_out(self, settings, completion)

    def stop_dialout(self, participant_id: str, completion: Callable[..., None]) -> None:
        """Ring no longer."""
        self.cloud.dialled.pop(participant_id)
        completion(None)

    def sip_call_transfer(self, settings: Json, completion: Callable[..., None]) -> None:
        """Hand somebody over."""
        self.cloud.transfer(self, "sipCallTransfer", settings, completion)

    def sip_refer(self, settings: Json, completion: Callable[..., None]) -> None:
        """The same, without Daily from then on."""
        self.cloud.transfer(self, "sipRefer", settings, completion)


@dataclass(eq=False)
class Cloud:
    """All rooms of the domain. `join_error` refuses us, `deaf` never answers."""

    rest: DailyRest
    people: list[Person] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    microphones: dict[str, Microphone] = field(default_factory=dict)
    join_error: str | None = None
    deaf: bool = False
    dialled: dict[str, tuple[Call, Json]] = field(default_factory=dict)
    transfers: list[tuple[str, Json]] = field(default_factory=list)
    transfer_error: str | None = None
    whoever_is_rung: Literal["answers", "declines", "waits"] = "answers"
    """What somebody does to whom a caller is handed over."""
    _worker: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=1, thread_name_prefix="daily-double")
    )

    def __post_init__(self) -> None:
        self.rest.put_out = self._put_out
        self.rest.put_through = self._put_through

    def later(self, do: Callable[..., object], *args: object) -> None:
        """Do it from the cloud's own thread."""
        self._worker.submit(do, *args)

    def close(self) -> None:
        """End the thread."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def calls_in(self, room: str) -> list[Call]:
        """Ours in a room."""
        return [call for call in self.calls if call.room == room and not call.released]

    def enter(self, url: str, token: str | None = None, *, user_id: str | None = None) -> Person:
        """An app comes in; a private room wants a token. Raises PermissionError."""
        name = url.removeprefix(f"{DOMAIN}/")
        properties = self._opened(name, token)
        limit = self.rest.rooms[name]["config"].get("max_participants", 200)
        if len(self.rest.present.get(name, {})) >= limit:
            raise PermissionError("meeting-full")
        return self._appear(name, properties.get("user_id", user_id))

    def admit(self, call: Call, url: str, token: str | None, completion: Callable[..., None]) -> None:
        """We come in, or not."""
        if self.deaf:
            return
        name = url.removeprefix(f"{DOMAIN}/")
        try:
            if self.join_error:
                raise PermissionError(self.join_error)
            call.token = self._opened(name, token)
        except PermissionError as error:
            completion(None, f"Connection(Api({error}))")
            return
        call.room = name
        self.calls.append(call)
        self.rest.present.setdefault(name, {})[call.id] = call.token.get("user_id", "")
        completion({"participants": {"local": {"id": call.id}}, "meetingSession": {"id": "m"}}, None)
        call.handler.on_call_state_updated("joined")
        for one in self.people:
            if one.room == name:
                call.handler.on_participant_joined(one.info)
        if "sip" in self.rest.rooms[name]["config"]:
            call.handler.on_dialin_ready(self.rest.rooms[name]["config"]["sip_uri"]["endpoint"])

    def let_go(self, call: Call, completion: Callable[..., None]) -> None:
        """We go."""
        self.gone(call)
        completion(None)

    def gone(self, call: Call) -> None:
        """We are no longer there."""
        if call.room is not None:
            self.rest.present.get(call.room, {}).pop(call.id, None)
            call.room = None

    def remove(self, person: Person, reason: str) -> None:
        """Somebody is no longer there."""
        if not person.present:
            return
        person.present = False
        self.people.remove(person)
        self.rest.present.get(person.room, {}).pop(person.id, None)
        for call in self.calls_in(person.room):
            self.later(call.handler.on_participant_left, person.info, reason)

    def dial_out(self, call: Call, settings: Json, completion: Callable[..., None]) -> None:
        """Ring a telephone, if Daily would; the test answers or declines it."""
        allowed = {"phoneNumber", "callerId", "displayName", "userId"}
        assert call.room is not None
        if not self.rest.rooms[call.room]["config"].get("enable_dialout") or not call.token.get("is_owner"):
            return completion("", "dial-out is not enabled")
        if not set(settings) <= allowed or settings["callerId"] not in self.rest.numbers.values():
            return completion("", "invalid settings")
        session = str(uuid4())
        self.dialled[session] = (call, settings)
        return completion(session, None)

    def answer(self, session: str) -> Person:
        """Whom we called picks up."""
        call, settings = self.dialled[session]
        assert call.room is not None
        self.later(call.handler.on_dialout_connected, {"sessionId": session})
        person = self._appear(call.room, settings.get("userId"), known=session)
        self.later(call.handler.on_dialout_answered, {"sessionId": session})
        return person

    def decline(self, session: str) -> None:
        """Whom we called does not."""
        call, _ = self.dialled[session]
        self.later(call.handler.on_dialout_error, {"sessionId": session, "errorMsg": "sip 486 busy"})

    def transfer(self, call: Call, how: str, settings: Json, completion: Callable[..., None]) -> None:
        """Take somebody out of the room, and connect them elsewhere."""
        person = next((one for one in self.people if one.id == settings.get("sessionId")), None)
        to = settings.get("toEndPoint", "")
        assert call.room is not None
        if self.transfer_error or person is None or not call.token.get("is_owner"):
            return completion(self.transfer_error or "invalid settings")
        if not to.startswith("sip:" if how == "sipRefer" else ("sip:", "+")):
            return completion("invalid endpoint")
        if to.startswith("+") and not self.rest.rooms[call.room]["config"].get("enable_dialout"):
            return completion("dial-out not enabled for room. add enable_dialout property to room")
        self.transfers.append((how, settings))
        # It is said to be done before whoever is rung has picked up.
        self.later(completion, None)
        rung = {"sessionId": str(uuid4())}
        if how == "sipCallTransfer" and self.whoever_is_rung == "declines":
            return self.later(call.handler.on_dialout_error, {**rung, "errorMsg": "sip 486 busy"})
        if how == "sipCallTransfer" and self.whoever_is_rung == "waits":
            return None
        if how == "sipCallTransfer":
            self.later(call.handler.on_dialout_answered, rung)
        self.later(call.handler.on_dialin_stopped, {"sessionId": person.id})
        return self.remove(person, "leftCall")

    def _opened(self, name: str, token: str | None) -> Json:
        room = self.rest.rooms.get(name)
        if room is None:
            raise PermissionError("no-room")
        if token is None and room["privacy"] == "private":
            raise PermissionError("not-allowed")
        properties = self.rest.tokens.get(token or "", {})
        if token is not None and (properties.get("room_name") != name or properties["exp"] < time()):
            raise PermissionError("exp-token")
        return properties

    def _appear(self, room: str, user_id: str | None, *, known: str | None = None) -> Person:
        person = Person(self, room, user_id, known or str(uuid4()))
        self.people.append(person)
        self.rest.present.setdefault(room, {})[person.id] = user_id or ""
        for call in self.calls_in(room):
            self.later(call.handler.on_participant_joined, person.info)
        return person

    def _put_out(self, room: str, participant: str) -> None:
        for person in [one for one in self.people if one.id == participant]:
            self.remove(person, "ejected")
        for call in [one for one in self.calls_in(room) if one.id == participant]:
            self.gone(call)
            self.later(call.handler.on_call_state_updated, "left")

    def _put_through(self, call_id: str, room: str) -> None:
        for call in self.calls_in(room):
            self.later(call.handler.on_dialin_connected, {"sessionId": call_id})
        self._appear(room, None, known=call_id)


@asynccontextmanager
async def clouded(rest: DailyRest) -> AsyncIterator[Cloud]:
    """For the block, daily-python's calls go through this cloud; afterwards none of its threads may be left."""
    cloud = Cloud(rest)

    def track(microphone: Microphone) -> daily.CustomAudioTrack:
        made = daily.CustomAudioTrack(microphone.real)
        cloud.microphones[made.id] = microphone
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipecat_daily, "CallClient", lambda event_handler: Call(cloud, event_handler))
        patch.setattr(pipecat_daily, "CustomAudioSource", Microphone)
        patch.setattr(pipecat_daily, "CustomAudioTrack", track)
        try:
            yield cloud
        finally:
            await asyncio.to_thread(cloud.close)
    assert not any("daily-double" in thread.name for thread in threading.enumerate())
    assert not pipecat_daily.DailyTransportClient._daily_initialized  # noqa: SLF001 - so the native client has ended
