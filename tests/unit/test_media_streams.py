"""The telephone's wire: what is read, what is written, and how much of it was heard."""

import asyncio
import json
from base64 import b64decode
from contextlib import suppress
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.limits import EndReason, Limits
from pipelines.registry import LiveSession
from pipelines.transports.socket import Socket
from pipelines.transports.wire import Unreadable
from telephony.numbers import NumberRefused, dialable, e164, masked
from telephony.twilio.media import MEDIA_IDLE_S, MediaStream
from telephony.twilio.messages import (
    FRAME_MS,
    Connected,
    Dtmf,
    Mark,
    Media,
    Start,
    Stop,
    clear,
    decoded,
    encoded,
    mark,
    media,
    read,
)
from telephony.twilio.playback import MARK_EVERY_S, Playback
from telephony.twilio.resampling import Resampler
from telephony.twilio.simulator.ear import ProtocolBroken
from telephony.twilio.simulator.network import stream_of

# Twilio's own examples. https://www.twilio.com/docs/voice/media-streams/websocket-messages
EXAMPLES = {
    '{"event":"connected","protocol":"Call","version":"1.0.0"}': Connected(),
    """{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA1",
        "tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},
        "customParameters":{"FirstName":"Jane","token":"t"}},"streamSid":"MZ1"}""": Start(
        "MZ1", "CA1", {"FirstName": "Jane", "token": "t"}
    ),
    """{"event":"media","sequenceNumber":"3","media":{"track":"inbound","chunk":"1","timestamp":"5","payload":"//8="},
        "streamSid":"MZ1"}""": Media(b"\xff\xff", chunk=1),
    '{"event":"media","media":{"track":"inbound","chunk":"x","payload":"//8="}}': Media(b"\xff\xff"),
    '{"event":"media","media":{"track":"outbound","payload":"//8="},"streamSid":"MZ1"}': None,
    '{"event":"stop","sequenceNumber":"5","stop":{"accountSid":"AC1","callSid":"CA1"},"streamSid":"MZ1"}': Stop(),
    '{"event":"dtmf","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"#"},"streamSid":"MZ1"}': Dtmf("#"),
    '{"event":"mark","sequenceNumber":"4","mark":{"name":"7"},"streamSid":"MZ1"}': Mark("7"),
    '{"event":"something-new"}': None,
}


@pytest.mark.parametrize(("text", "message"), EXAMPLES.items())
def test_what_twilio_sends_is_read(text: str, message: object) -> None:
    """Every message of their documentation; what is not ours or not known is nothing."""
    assert read(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"event":7}',
        '{"event":"media"}',
        '{"event":"media","media":{"payload":"%"}}',
        '{"event":"dtmf","dtmf":{"digit":"12"}}',
        '{"event":"mark","mark":{"name":7}}',
        '{"event":"start","start":{"streamSid":"MZ1","callSid":"CA1","mediaFormat":{"encoding":"audio/l16"}}}',
        json.dumps({"event": "media", "media": {"payload": "A" * 20_000}}),
    ],
)
def test_what_twilio_never_sends_is_refused(text: str) -> None:
    """With one error, whatever is wrong."""
    with pytest.raises(Unreadable):
        read(text)


@given(
    st.text() | st.recursive(st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)).map(json.dumps)
)
def test_nothing_else_comes_of_any_text(text: str) -> None:
    """A message, nothing, or Unreadable."""
    with suppress(Unreadable):
        read(text)


def test_what_is_sent_has_the_three_forms_that_twilio_takes() -> None:
    """Each with the stream's id."""
    sent = [json.loads(text) for text in (media("MZ1", b"\xff"), mark("MZ1", "7"), clear("MZ1"))]
    assert [message.pop("streamSid") for message in sent] == ["MZ1"] * 3
    assert b64decode(sent[0]["media"]["payload"]) == b"\xff"
    assert sent[1:] == [{"event": "mark", "mark": {"name": "7"}}, {"event": "clear"}]


def test_speech_survives_the_telephone() -> None:
    """µ-law keeps each sample to within 3.5 %, and silence all but silent."""
    samples = np.arange(-32_000, 32_000, 7, dtype="<i2")
    heard = np.frombuffer(decoded(encoded(samples.tobytes())), "<i2").astype(float)
    assert np.all(np.abs(heard - samples) <= 10 + 0.035 * np.abs(samples.astype(float)))


@pytest.mark.parametrize(("from_hz", "to_hz"), [(8_000, 16_000), (16_000, 8_000), (8_000, 8_000)])
def test_another_rate_costs_two_milliseconds(from_hz: int, to_hz: int) -> None:
    """And a tone stays the same tone."""
    tone = (8_000 * np.sin(2 * np.pi * 440 * np.arange(from_hz) / from_hz)).astype("<i2").tobytes()
    resampler, frame = Resampler(from_hz=from_hz, to_hz=to_hz), 2 * from_hz * FRAME_MS // 1000
    heard = b"".join(resampler.resampled(tone[at : at + frame]) for at in range(0, len(tone), frame))
    assert len(heard) / 2 / to_hz >= 1 - 0.0021
    spectrum = np.abs(np.fft.rfft(np.frombuffer(heard, "<i2").astype(float), to_hz))
    assert spectrum.argmax() == 440


def test_marks_tell_how_far_the_ear_is_behind() -> None:
    """The audio of the last moments was not heard: as many as a mark took to come back, or has taken so far."""
    playback = Playback()
    names = [name for at in range(50) if (name := playback.sent(0.02, at_s=at * 0.02))]
    assert len(names) == round(50 * 0.02 / MARK_EVERY_S)
    for number, name in enumerate(names):
        assert playback.returned(name, at_s=(number + 1) * MARK_EVERY_S + 0.3)
    assert playback.all_heard
    assert playback.unheard_s(at_s=1.0) == pytest.approx(0.3)
    assert playback.unheard_s(at_s=9.0) == 0
    playback.cleared()
    assert playback.unheard_s(at_s=1.0) == 0
    assert not playback.returned("1", at_s=1.0)


def test_what_is_sent_ahead_is_heard_when_it_is_played() -> None:
    """And not when it leaves: of 160 ms that are sent at once, 110 are left after 50."""
    playback = Playback()
    for _ in range(8):
        playback.sent(0.02, at_s=0.0)
    assert playback.unheard_s(at_s=0.05) == pytest.approx(0.11)
    assert playback.unheard_s(at_s=0.2) == 0


def test_marks_that_stay_away_count_as_unheard() -> None:
    """Nothing was confirmed: nothing was heard since the first of them was sent."""
    playback = Playback()
    for at in range(50):
        playback.sent(0.02, at_s=at * 0.02)
    assert playback.unheard_s(at_s=1.0) == pytest.approx(1.0 - MARK_EVERY_S)


class _Silent:
    """A socket on which nothing comes."""

    async def receive_text(self) -> str:
        """Wait without end."""
        await asyncio.get_running_loop().create_future()
        return ""


async def test_a_line_without_media_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twilio sends frames of silence, too: ten seconds without any, and the call is over."""
    loop, ahead_s = asyncio.get_running_loop(), 0.0
    clock = loop.time
    monkeypatch.setattr(loop, "time", lambda: clock() + ahead_s)
    live = cast("LiveSession", None)
    stream = MediaStream(cast("Socket", _Silent()), Start("MZ1", "CA1"), live, Limits())
    receiving = asyncio.create_task(stream.receive())
    for passed_s in (0.0, MEDIA_IDLE_S - 1):
        ahead_s = passed_s
        await asyncio.sleep(0.01)
        assert not receiving.done()
    ahead_s = MEDIA_IDLE_S
    assert await receiving is EndReason.CONNECTION_LOST


@pytest.mark.parametrize(
    "twiml",
    [
        "<Response><Connect><Stream url='wss://h/m'/></Connect></Response>",
        "<Response><Connect><Stream url='wss://h/m?token=1'/></Connect><Hangup/></Response>",
        "<Response><Connect><Stream url='https://h/m'/></Connect><Hangup/></Response>",
    ],
)
def test_the_simulator_is_as_strict_as_twilio(twiml: str) -> None:
    """What the real one would not connect, ours does not either."""
    with pytest.raises(ProtocolBroken):
        stream_of(twiml)


def test_numbers_have_one_form() -> None:
    """Withheld ones have none, and a log shows neither."""
    assert e164("+1 (202) 555-0123") == "+12025550123"
    assert [e164(text) for text in ("anonymous", "", "client:store", "+266696687")] == [None] * 4
    assert (masked("+12025550123"), masked(None)) == ("+12…123", "withheld")


def test_only_named_countries_are_called() -> None:
    """That of the number we call from, unless the operator names others."""
    ours = "+12025550123"
    assert dialable("+49 30 901820", countries=[49], ours=ours) == "+4930901820"
    for countries in ([], [44]):
        with pytest.raises(NumberRefused):
            dialable("+49 30 901820", countries=countries, ours=ours)
