"""The WebRTC door with a real peer on loopback, a real database and doubles for the providers.

Each test ends with `doors` making sure that no session, task, socket or decoder is left.
"""

import asyncio
import socket
from typing import Self

import asyncpg
import pytest

from auth.principals import Kind
from pipelines.limits import CloseCode, EndReason, Limits
from pipelines.transports import wire
from pipelines.transports.webrtc import connection
from pipelines.transports.webrtc.ice import Network
from tests.doubles import Doubles
from tests.voice_world import DEADLINE_S, World, doors
from tests.webrtc_world import Browser, call, page

LONG = "word " * 200


async def test_a_conversation(pool: asyncpg.Pool) -> None:
    """Greeting, question, answer, goodbye, as on the websocket: audio as Opus, RTVI on the data channel."""
    async with doors(pool) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-ready")
        await browser.hear("bot-stopped-speaking")
        greeted_s = browser.loud_seconds()
        await browser.say()
        heard = await browser.hear("user-transcription")
        await browser.hear("bot-stopped-speaking")
        await browser.tell("disconnect-bot")

        assert await browser.ended() == EndReason.CALLER_LEFT
        assert heard["data"]["text"] == "hello there"
        assert "You said hello there." in browser.said()
        assert 0.2 <= greeted_s <= 0.5
        await world.empty()
        assert world.notebook.ended == [EndReason.CALLER_LEFT]


async def test_a_store_talks_to_its_own_assistant(pool: asyncpg.Pool) -> None:
    """The store host has the same door."""
    async with doors(pool) as world, call(world, kind=Kind.STORE) as browser:
        await browser.ready()
        await browser.hear("bot-started-speaking")


async def test_the_answer_takes_audio_alone(pool: asyncpg.Pool) -> None:
    """Opus with error correction; video is there and does nothing."""
    async with doors(pool) as world, call(world) as browser:
        audio, video, _ = browser.answer.split("m=")[1:]

        assert "useinbandfec=1" in audio
        assert "a=sendrecv" in audio
        assert audio.count("a=rtpmap:") == 1
        assert "a=inactive" in video


async def test_who_speaks_is_listened_to(pool: asyncpg.Pool) -> None:
    """Barge-in stops a long answer at once, and the next question is answered."""
    answers = iter([LONG, "short"])
    async with doors(pool, providers=Doubles(answer=lambda _: next(answers))) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-stopped-speaking")
        await browser.say()
        await browser.hear("bot-started-speaking")
        await browser.speak(seconds=1.0)
        await browser.hear("bot-stopped-speaking")
        long_s = browser.loud_seconds()
        await browser.speak(seconds=0.4, level=0)
        await browser.hear("bot-stopped-speaking")

        assert long_s < 5
        assert "short" in browser.said()


async def test_who_closes_the_page_is_gone(pool: asyncpg.Pool) -> None:
    """The session ends at once."""
    async with doors(pool) as world:
        async with call(world) as browser:
            await browser.ready()
            await browser.hear("bot-ready")
        await world.empty()
        assert world.notebook.ended == [EndReason.CALLER_LEFT]


# Who may not come in is refused before aiortc does anything.


async def test_a_ticket_admits_one_call(pool: asyncpg.Pool) -> None:
    """While it lasts and after."""
    async with doors(pool) as world, page(world) as browser, call(world) as other:
        await browser.negotiate()
        await browser.connected()
        browser.pc_id = None
        sdp = str(browser.pc.localDescription.sdp)

        assert await _refusal(browser, sdp) == (401, "ticket_refused")
        other.pc_id = None
        assert await _refusal(other, sdp) == (401, "ticket_refused")


async def test_who_has_no_ticket_of_this_host_is_refused(pool: asyncpg.Pool) -> None:
    """None, a made up one, and one of the other host."""
    async with doors(pool) as world, page(world) as browser:
        sdp = await browser.offered()
        token = browser.endpoint.partition("=")[2]
        for endpoint in (
            str(world.user / "user/voice/offer"),
            str(world.user / "user/voice/offer" % {"token": "made-up"}),
            str(world.store / "store/voice/offer" % {"token": token}),
        ):
            browser.endpoint = endpoint
            assert await _refusal(browser, sdp) == (401, "ticket_refused")


async def test_a_revoked_sign_in_makes_its_ticket_worthless(pool: asyncpg.Pool) -> None:
    """Signed out between start and offer."""
    async with doors(pool) as world:
        bearer = world.sign_in()
        async with page(world, bearer) as browser:
            world.guard.revoked.add(world.guard.principals[bearer].session_id)

            assert await _refusal(browser, await browser.offered()) == (401, "session_ended")


async def test_pages_of_other_sites_are_refused(pool: asyncpg.Pool) -> None:
    """By their Origin, for offers and for candidates."""
    async with doors(pool, origins=("https://ours.test",)) as world, page(world) as browser:
        browser.origin = "https://theirs.test"

        assert await _refusal(browser, await browser.offered()) == (403, "origin_refused")
        assert await browser.patch(pc_id="x") == 403


async def test_a_full_house_answers_503(pool: asyncpg.Pool) -> None:
    """Of a hundred offers that came with tickets, the one with a place is answered."""
    async with doors(pool, capacity=1) as world, page(world) as browser:
        offer = {"sdp": await browser.offered(), "type": "offer"}

        async def answered(endpoint: str) -> tuple[int, str | None]:
            async with world.http.post(endpoint, json=offer) as response:
                return response.status, (await response.json()).get("error", {}).get("code")

        answers = await asyncio.gather(*[answered(await _endpoint(world)) for _ in range(100)])
        assert sorted(answers, key=str) == [(200, None), *[(503, "capacity_reached")] * 99]
        await world.end_all()


async def test_a_port_range_bounds_the_calls(pool: asyncpg.Pool) -> None:
    """A call is on a port of WEBRTC_PORTS, and without one there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        network = Network(ports=range(port, port + 1), public_address="127.0.0.1", private_peers=True)
        async with doors(pool, network=network) as world:
            async with page(world) as browser:
                assert await _refusal(browser, await browser.offered()) == (503, "capacity_reached")
            taken.close()
            async with call(world) as browser:
                assert f" 127.0.0.1 {port} typ host" in browser.answer


async def test_a_forwarded_address_is_announced(pool: asyncpg.Pool) -> None:
    """WEBRTC_PUBLIC_ADDRESS is a router's: it is announced, and we listen on every interface."""
    async with doors(pool, network=Network(public_address="203.0.113.7")) as world, page(world) as browser:
        status, answer = await browser.post(await browser.offered())

        assert status == 200
        announced = {line.split()[4] for line in answer["sdp"].splitlines() if line.startswith("a=candidate:")}
        assert announced == {"203.0.113.7"}
        await world.end_all()


@pytest.mark.parametrize(
    ("sdp", "refusal"),
    [
        ("v=0\r\n", (400, "offer_unreadable")),
        ("hello", (400, "offer_unreadable")),
        ("x" * 40_000, (400, "invalid_request")),
        ("", (400, "invalid_request")),
    ],
)
async def test_what_is_no_offer_is_refused(pool: asyncpg.Pool, sdp: str, refusal: tuple[int, str]) -> None:
    """With a ticket or not, it costs nothing."""
    async with doors(pool) as world, page(world) as browser:
        assert await _refusal(browser, sdp) == refusal


async def test_an_offer_of_video_alone_is_refused(pool: asyncpg.Pool) -> None:
    """There is nobody to look."""
    async with doors(pool) as world, page(world) as browser:
        sdp = await browser.offered()
        video = sdp.replace("m=audio", "m=ignored").replace("a=sendrecv", "a=inactive", 1)

        assert await _refusal(browser, video) == (400, "offer_without_audio")


# Later offers and candidates.


async def test_candidates_may_follow(pool: asyncpg.Pool) -> None:
    """An address that comes by PATCH is tried; so is none that came from somebody else."""
    async with doors(pool) as world, page(world) as browser, _Address() as known, _Address() as foreign:
        sdp = await browser.offered()
        status, answer = await browser.post(sdp)
        assert status == 200
        browser.pc_id = answer["pc_id"]

        assert await browser.patch(foreign.candidate, pc_id="somebody-else's") == 404
        assert await browser.patch(known.candidate, "", "nonsense") == 204
        await known.tried()
        assert not foreign.heard.is_set()
        await world.end_all()


async def test_a_call_is_nobody_elses(pool: asyncpg.Pool) -> None:
    """Its id alone, or with another's ticket or at the other host, opens nothing."""
    async with doors(pool) as world, call(world) as mine, call(world) as theirs:
        own, sdp = theirs.endpoint, str(theirs.pc.localDescription.sdp)
        theirs.pc_id = mine.pc_id
        for endpoint in (own, str(world.user / "user/voice/offer"), mine.endpoint.replace("user", "store")):
            theirs.endpoint = endpoint.replace(str(world.user.port), str(world.store.port), "store" in endpoint)
            assert await theirs.patch() == 404
            assert await _refusal(theirs, sdp, restart_pc=True) == (404, "no_such_call")


async def test_a_client_may_renegotiate(pool: asyncpg.Pool) -> None:
    """A second offer on the same connection is answered, and the conversation goes on."""
    async with doors(pool) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-stopped-speaking")
        await browser.negotiate()
        await browser.say()
        await browser.hear("user-transcription")


async def test_a_client_may_begin_anew(pool: asyncpg.Pool) -> None:
    """With another connection in the same call: the conversation goes on, and the old connection is closed."""
    async with doors(pool) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-stopped-speaking")
        old, call_id = browser.pc, browser.pc_id
        browser.begin_anew()
        await browser.negotiate(restart=True)
        await browser.connected()
        await browser.say()
        await browser.hear("user-transcription")
        await browser.hear("bot-stopped-speaking")

        assert browser.pc_id == call_id
        assert len(browser.told("bot-ready")) == 1
        assert len(world.registry) == 1
        await world.until(lambda: old.connectionState == "closed")


async def test_a_broken_new_beginning_leaves_the_call_alone(pool: asyncpg.Pool) -> None:
    """An offer that cannot be answered is refused, and the conversation goes on."""
    async with doors(pool) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-stopped-speaking")
        sdp = str(browser.pc.localDescription.sdp).replace("a=ice-ufrag", "a=no-ufrag")

        assert await _refusal(browser, sdp, restart_pc=True) == (400, "offer_unreadable")
        await browser.say()
        await browser.hear("user-transcription")


async def test_no_call_changes_for_ever(pool: asyncpg.Pool) -> None:
    """Ten offers are more than any network needs."""
    async with doors(pool) as world, call(world) as browser:
        refusals = [await _refusal(browser, "hello") for _ in range(10)]

        assert refusals == [(400, "offer_unreadable")] * 9 + [(409, "too_many_signals")]


# Ends.


async def test_who_never_connects_is_dropped(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its place is free again, and no conversation has begun."""
    monkeypatch.setattr(connection, "SETUP_S", 0.1)
    async with doors(pool) as world, page(world) as browser:
        status, _ = await browser.post(await browser.offered())

        assert status == 200
        await world.empty()
        assert world.notebook.ended == []


async def test_who_vanishes_is_missed(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a goodbye the call waits for a new connection, and ends when none comes."""
    async with doors(pool) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-ready")
        browser.vanish()
        monkeypatch.setattr(connection, "GONE_AFTER_S", 0.2)
        await world.empty()

        assert world.notebook.ended == [EndReason.CONNECTION_LOST]


async def test_who_comes_back_hears_the_rest(pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The assistant waits in its sentence for who has lost the network, and says again what they missed."""
    monkeypatch.setattr(connection, "AWAY_AFTER_S", 0.3)
    monkeypatch.setattr(connection, "CHECK_EVERY_S", 0.05)
    async with doors(pool, greeting="word " * 30) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-started-speaking")
        await browser.listen(seconds=0.5)
        browser.vanish()
        await asyncio.sleep(2 * connection.AWAY_AFTER_S)
        browser.begin_anew()
        await browser.negotiate(restart=True)
        await browser.hear("bot-stopped-speaking")
        # aiortc's buffer, here the client's, keeps back 80 ms of each connection, and messages overtake what is in it.
        await browser.listen(seconds=2.8)
        # What was on its way is heard twice.
        assert browser.loud_seconds() <= 3.1 + connection.AWAY_AFTER_S


async def test_a_revoked_sign_in_ends_the_call(pool: asyncpg.Pool) -> None:
    """The client is told why."""
    async with doors(pool) as world:
        bearer = world.sign_in()
        async with call(world, bearer) as browser:
            await browser.ready()
            await browser.hear("bot-ready")
            world.registry.close_auth_session(world.guard.principals[bearer].session_id)
            goodbye = await browser.hear_server("session-ended")

            assert (goodbye["code"], goodbye["reason"]) == (CloseCode.REVOKED, EndReason.REVOKED)
            await browser.hear("signalling")


async def test_the_time_limit_holds_here_too(pool: asyncpg.Pool) -> None:
    """The session's limits are those of every door."""
    async with doors(pool, limits=Limits(max_session_s=0.5)) as world, call(world) as browser:
        assert await browser.ended() == EndReason.TIME_LIMIT


@pytest.mark.parametrize(
    ("message", "times", "reason"),
    [
        ("x" * 65_537, 1, EndReason.TOO_LARGE),
        ("no JSON", 3, EndReason.NOT_UNDERSTOOD),
        (b"\0", 3, EndReason.NOT_UNDERSTOOD),
        ("[]", 3, EndReason.NOT_UNDERSTOOD),
        ('{"type": "x"}', 60, EndReason.TOO_MUCH),
        ("ping", 60, EndReason.TOO_MUCH),
    ],
)
async def test_messages_are_judged(pool: asyncpg.Pool, message: str | bytes, times: int, reason: EndReason) -> None:
    """Too large, not understood three times, too many: each ends the call with its reason."""
    async with doors(pool) as world, call(world) as browser:
        await browser.ready()
        await browser.hear("bot-ready")
        assert browser.channel is not None
        for _ in range(times):
            browser.channel.send(message)

        assert await browser.ended() == reason


async def test_what_rtvi_does_not_allow_is_refused(pool: asyncpg.Pool) -> None:
    """The same processor stands behind every door."""
    async with doors(pool) as world, call(world) as browser:
        await browser.ready()
        await browser.tell("llm-function-call-result", {"function_name": "x"})

        assert (await browser.hear("error-response"))["id"] == "1"


async def test_the_clients_own_signalling_does_nothing(pool: asyncpg.Pool) -> None:
    """The JavaScript client tells of its muted camera, and pings once a second."""
    async with doors(pool) as world, call(world) as browser:
        assert browser.channel is not None
        browser.channel.send("ping: 1")
        await browser.send(
            wire.Message(
                {"type": "signalling", "message": {"type": "trackStatus", "receiver_index": 1, "enabled": False}}
            )
        )
        await browser.ready()
        await browser.hear("bot-ready")

        assert browser.told("error-response") == []


async def test_far_too_much_audio_ends_the_call(pool: asyncpg.Pool) -> None:
    """As on the websocket: a burst is forgiven, a flood is not."""
    async with doors(pool, limits=Limits(burst_s=1)) as world, call(world) as browser:
        await browser.ready()
        await browser.speak(seconds=8)

        assert await browser.ended() == EndReason.TOO_MUCH


class _Address:
    """A UDP address of the test's own, that notes whether anybody tries it."""

    async def __aenter__(self) -> Self:
        self.heard = asyncio.Event()
        address = self

        class Listening(asyncio.DatagramProtocol):
            def datagram_received(self, *_: object) -> None:
                address.heard.set()

        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(Listening, local_addr=("127.0.0.1", 0))
        port = self._transport.get_extra_info("sockname")[1]
        self.candidate = f"candidate:1 1 udp 2130706431 127.0.0.1 {port} typ host"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    async def tried(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            await self.heard.wait()


async def _endpoint(world: World) -> str:
    started = await world.start(world.sign_in(), transport="webrtc")
    return str(started["webrtcRequestParams"]["endpoint"])


async def _refusal(browser: Browser, sdp: str, **fields: object) -> tuple[int, str]:
    status, answer = await browser.post(sdp, **fields)
    return status, answer["error"]["code"]
