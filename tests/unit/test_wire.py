"""The wire takes any bytes and gives audio, a JSON object, or Unreadable; nothing else, and nothing more."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipecat.frames.protobufs import frames_pb2

from pipelines.transports.wire import Audio, Message, Unreadable, decode, encode

UINT32 = st.integers(min_value=0, max_value=2**32 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(pcm=st.binary(max_size=2_000), rate_hz=UINT32, channels=UINT32)
def test_audio_returns_as_it_was_sent(pcm: bytes, rate_hz: int, channels: int) -> None:
    """Every byte, rate and number of channels survives; judging them is the door's business."""
    audio = Audio(pcm, rate_hz, channels)

    assert decode(encode(audio)) == audio or (audio == Audio(b"", 0, 0))


@given(body=st.dictionaries(st.text(), JSON, max_size=4))
def test_messages_return_as_they_were_sent(body: dict[str, object]) -> None:
    """Any JSON object survives."""
    assert decode(encode(Message(body))) == Message(body)


@given(data=st.binary(max_size=400))
def test_any_bytes_are_either_read_or_refused(data: bytes) -> None:
    """No input makes the codec raise anything but Unreadable."""
    try:
        content = decode(data)
    except Unreadable:
        return
    assert isinstance(content, Audio | Message)


@pytest.mark.parametrize("kind", ["text", "transcription", "interruption"])
def test_kinds_that_put_words_into_the_pipeline_are_refused(kind: str) -> None:
    """Text, transcriptions and interruptions cannot be injected."""
    frame = frames_pb2.Frame()  # type: ignore[attr-defined]  # built at import
    getattr(frame, kind).name = "injected"

    with pytest.raises(Unreadable):
        decode(frame.SerializeToString())


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', "1e999999", "[" * 60_000, '{"a":' * 60_000])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    """Broken JSON, JSON of another type, and JSON so deep that it exhausts the parser."""
    frame = frames_pb2.Frame()  # type: ignore[attr-defined]  # built at import
    frame.message.data = text

    with pytest.raises(Unreadable):
        decode(frame.SerializeToString())


def test_names_and_timestamps_of_the_client_are_dropped() -> None:
    """A frame's id, name and presentation time are the pipeline's own; a client cannot set them."""
    frame = frames_pb2.Frame()  # type: ignore[attr-defined]  # built at import
    frame.audio.id, frame.audio.name, frame.audio.pts = 7, "StartFrame", 2**62
    frame.audio.audio, frame.audio.sample_rate, frame.audio.num_channels = b"\1\2", 16_000, 1

    assert decode(frame.SerializeToString()) == Audio(b"\1\2", 16_000, 1)


def test_messages_are_plain_json_on_the_wire() -> None:
    """Any RTVI client can read what is sent."""
    frame = frames_pb2.Frame.FromString(encode(Message({"label": "rtvi-ai"})))  # type: ignore[attr-defined]  # as above

    assert json.loads(frame.message.data) == {"label": "rtvi-ai"}
