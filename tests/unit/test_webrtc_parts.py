"""The parts of the WebRTC door that need no network: offers, candidates, Opus."""

import array
import asyncio
import random

import pytest
from aiortc import RTCPeerConnection
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket

from pipelines.transports.webrtc import opus
from pipelines.transports.webrtc.ice import Network, reachable
from pipelines.transports.webrtc.jitter import PATIENCE_PACKETS, InOrder
from pipelines.transports.webrtc.offers import OfferUnreadable, OfferWithoutAudio, read, with_error_correction
from pipelines.transports.webrtc.opus import FRAME_TICKS, OpusVoice
from tests.doubles import tone

RATE_HZ = 16_000
PUBLIC = "203.0.113.7"


async def offered(*media: tuple[str, str], channel: bool = True) -> str:
    """An offer of these kinds and directions."""
    connection = RTCPeerConnection()
    for kind, direction in media:
        connection.addTransceiver(kind, direction=direction)
    if channel:
        connection.createDataChannel("chat")
    sdp = str((await connection.createOffer()).sdp)
    await connection.close()
    return sdp


async def test_an_offer_is_read() -> None:
    """The audio's name, whether there is a data channel, and the candidates, which do not stay in it."""
    sdp = await offered(("audio", "sendrecv"), ("video", "sendrecv"))
    found = f"candidate:1 1 udp 1 {PUBLIC} 5000 typ host"
    offer = read(sdp + f"a={found}\r\na=end-of-candidates\r\n")

    assert (offer.mid, offer.has_channel, offer.candidates) == ("0", True, (found,))
    assert offer.sdp == sdp


@pytest.mark.parametrize(
    "media",
    [
        [],
        [("video", "sendrecv")],
        [("audio", "recvonly")],
        [("audio", "sendonly")],
        [("audio", "inactive"), ("audio", "sendrecv")],
    ],
)
async def test_an_offer_without_a_conversation_is_refused(media: list[tuple[str, str]]) -> None:
    """No audio, or the first of it not in both directions."""
    sdp = await offered(*media)
    with pytest.raises(OfferWithoutAudio):
        read(sdp)


async def test_an_offer_without_opus_is_refused() -> None:
    """Telephone codecs alone are no use here."""
    sdp = await offered(("audio", "sendrecv"))
    with pytest.raises(OfferWithoutAudio):
        read(sdp.replace("opus/48000/2", "isac/48000/2"))


@pytest.mark.parametrize(
    "sdp", ["hello", "v=0\r\n", "m=", "m=audio x y z\r\n", "\0", "v=0\r\nm=audio 9 UDP\r\na=rtpmap:"]
)
def test_what_is_no_offer_is_refused(sdp: str) -> None:
    """Whatever it is, it is a refusal and no failure of ours."""
    with pytest.raises((OfferUnreadable, OfferWithoutAudio)):
        read(sdp)


async def test_too_much_media_is_refused() -> None:
    """Each section of an offer costs memory."""
    sdp = await offered(("audio", "sendrecv"), *[("video", "sendrecv")] * 8, channel=False)
    with pytest.raises(OfferUnreadable):
        read(sdp)


def test_the_answer_wants_error_correction() -> None:
    """Said of Opus, whatever number it has."""
    line = "a=rtpmap:111 opus/48000/2\r\n"

    assert with_error_correction(f"m=audio\r\n{line}") == (
        f"m=audio\r\n{line}a=fmtp:111 minptime=10;useinbandfec=1\r\n"
    )


@pytest.mark.parametrize(
    ("address", "elsewhere", "at_home"),
    [
        (PUBLIC.replace("203.0.113", "8.8.8"), True, True),
        ("2606:4700::1111", True, True),
        ("10.1.2.3", False, True),
        ("192.168.1.5", False, True),
        ("172.16.0.1", False, True),
        ("100.64.0.1", False, True),
        ("169.254.169.254", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("fe80::1", False, True),
        ("fd00::1", False, True),
        ("::ffff:10.1.2.3", False, True),
        ("224.0.0.1", False, False),
        ("0.0.0.0", False, False),  # noqa: S104 - not bound, refused
        ("9d1c0e52-8c1a-4d3c-a6b0-1d5f8a1f1a11.local", False, False),
        ("internal.example", False, False),
    ],
)
def test_whose_address_is_tried(address: str, *, elsewhere: bool, at_home: bool) -> None:
    """Private addresses only on somebody's own machine, and names nowhere."""
    line = f"candidate:1 1 udp 2130706431 {address} 5000 typ host"

    assert (reachable(line, Network()) is not None) is elsewhere
    assert (reachable(line, Network(private_peers=True)) is not None) is at_home


@pytest.mark.parametrize(
    "line",
    [
        "",
        "candidate:",
        "candidate:1 1 udp",
        "candidate:1 one udp 1 8.8.8.8 5000 typ host",
        "candidate:1 1 tcp 1 8.8.8.8 9 typ host tcptype active",
        "candidate:1 1 udp 1 8.8.8.8 0 typ host",
        "candidate:1 1 udp 1 8.8.8.8 70000 typ host",
        "candidate:1 1 udp 1 8.8.8.8 5000 typ prflx",
        "candidate:1 1 udp 1 8.8.8.8 5000 typ host " + "x" * 600,
    ],
)
def test_what_is_no_candidate_is_ignored(line: str) -> None:
    """Broken lines, TCP, and kinds that nobody may announce."""
    assert reachable(line, Network(private_peers=True)) is None


async def test_packets_carry_the_one_before() -> None:
    """Error correction is in the packets and not only in the SDP: RFC 6716, section 4.2.4, the LBRR flag."""
    voice = OpusVoice(sample_rate_hz=RATE_HZ)
    packets = []
    for level in range(2_000, 12_000, 200):
        voice.say(tone(seconds=0.02, rate_hz=RATE_HZ, level=level))
        packets.append(bytes(await voice.recv()))

    assert any(packet[1] >> 6 & 1 for packet in packets)


async def test_time_goes_on_in_silence() -> None:
    """Packets follow each other by 20 ms, and after a pause by the pause."""
    now_s = 0.0
    voice = OpusVoice(sample_rate_hz=RATE_HZ, monotonic=lambda: now_s)
    ticks = []
    for pause_s in (0, 0, 1.0):
        now_s += pause_s
        voice.say(bytes(640))
        ticks.append((await voice.recv()).pts)

    assert ticks == [0, FRAME_TICKS, 48_000]


async def test_what_was_taken_back_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an interruption comes silence."""
    monkeypatch.setattr(opus, "SILENCE_EVERY_S", 0.01)
    voice = OpusVoice(sample_rate_hz=RATE_HZ)
    for _ in range(3):
        voice.say(tone(seconds=0.02, rate_hz=RATE_HZ))
    spoken = len(bytes(await voice.recv()))
    voice.hush()

    assert len(bytes(await voice.recv())) < spoken


async def test_nobody_listens_and_nothing_piles_up() -> None:
    """Packets wait for a moment only."""
    voice = OpusVoice(sample_rate_hz=RATE_HZ)
    for _ in range(100):
        voice.say(array.array("h", [0] * 320).tobytes())
    waiting = 0
    while True:
        try:
            async with asyncio.timeout(0):
                await voice.recv()
        except TimeoutError:
            break
        waiting += 1

    assert waiting == opus.MAX_WAITING_PACKETS


async def test_a_stopped_voice_ends() -> None:
    """As every track does."""
    voice = OpusVoice(sample_rate_hz=RATE_HZ)
    voice.stop()
    with pytest.raises(MediaStreamError):
        await voice.recv()


def heard(*numbers: int) -> list[int]:
    """What comes out of the buffer when packets of these numbers come in."""
    buffer = InOrder()
    frames = []
    for number in numbers:
        packet = RtpPacket(sequence_number=number % 2**16, timestamp=number * 960 % 2**32)
        packet._data = str(number).encode()  # type: ignore[attr-defined]  # noqa: SLF001 - as aiortc's receiver fills it
        frames.append(buffer.add(packet)[1])
    return [int(frame.data) for frame in frames if frame is not None]


def test_packets_in_order_do_not_wait() -> None:
    """Each is heard when it comes, also when the numbers begin again."""
    assert heard(*range(65_530, 65_550)) == list(range(65_530, 65_550))


def test_overtaken_packets_are_put_in_order() -> None:
    """Two that come the wrong way round, and one that comes twice."""
    assert heard(0, 2, 1, 3, 3, 4, 5) == [0, 1, 2, 3, 4, 5]


def test_one_lost_packet_costs_itself_and_60_ms() -> None:
    """Nothing else is lost, and what comes after is late by three packets at most."""
    came = [number for number in range(50) if number != 20]

    assert heard(*came) == came[:-PATIENCE_PACKETS]


def test_what_comes_too_late_is_dropped() -> None:
    """Its turn has passed."""
    assert 1 not in heard(0, 2, 3, 4, 5, 1, 6)


def test_where_packets_often_come_late_they_are_waited_for() -> None:
    """Up to 200 ms of jitter: all but the first are heard; patience for even networks would lose one in nine."""
    chance = random.Random(1)  # noqa: S311 - no secret
    came = sorted(range(1_000), key=lambda number: number + chance.uniform(0, 10))

    assert len(heard(*came)) > 980


def test_a_sender_may_begin_anew() -> None:
    """With any number, before or after the last."""
    assert heard(30_000, 30_001, 5, 6, 7)[-3:] == [5, 6, 7]
    assert heard(5, 6, 30_000, 30_001, 30_002, 30_003)[-1:] == [30_000]
