"""The main job by telephone: recorded speech at 8 kHz in, transcript and spoken answer out, with real models."""

import asyncio
import subprocess
from pathlib import Path

import aiohttp
import jiwer
import pytest
from hibari import Hibari
from yarl import URL

from pipelines.caller.recordings import read_wav
from pipelines.providers.embedded.moonshine import MoonshineEngine
from server.demo import DEMO_PASSWORD, DEMO_STORE_EMAIL, STORE_SLUG
from telephony.twilio.messages import RATE_HZ, decoded, encoded
from telephony.twilio.simulator.leg import new_sid
from telephony.twilio.simulator.network import Account, Simulator
from tests.commands import ROOT, command, environment
from tests.e2e.conftest import TWILIO
from tests.phone_world import CALLER, NUMBER
from tests.recordings import words
from tests.running import Running
from tests.twilio_api import ACCOUNT, TOKEN

pytestmark = [pytest.mark.models, pytest.mark.xdist_group("models")]


async def test_a_question_by_telephone_is_answered_in_speech(server: Running, voice: Hibari, tmp_path: Path) -> None:
    """The number is given to a store by one command; its assistant hears through the telephone, and is understood."""
    assigned = command("phone", "assign", NUMBER, STORE_SLUG, "--here-only")
    settings = environment(server.data_dir, **TWILIO)
    await asyncio.to_thread(subprocess.run, assigned, cwd=ROOT, env=settings, check=True, timeout=60)
    question = tmp_path / "question.wav"
    voice.save("How much is the snake plant?", str(question), seed=1)
    here = URL(server.url).with_host("127.0.0.1")
    account = Account(server=here, public_url=URL(TWILIO["PUBLIC_URL"]), account_sid=ACCOUNT, auth_token=TOKEN)
    sid = new_sid("CA")
    async with aiohttp.ClientSession() as http:
        simulator = Simulator(http, account)
        twiml = await simulator.ring(number=NUMBER, caller=CALLER, call_sid=sid)
        async with simulator.stream(twiml, sid) as leg:
            await leg.answer(since_s=0)
            leg.say(encoded(read_wav(question, rate_hz=RATE_HZ)))
            said_s = await leg.said()
            await leg.answer(since_s=said_s)
            reply = decoded(leg.heard.ulaw(since_s=said_s))
        host = {"Host": URL(server.store_url).authority}
        login = {"email": DEMO_STORE_EMAIL, "password": DEMO_PASSWORD}
        async with http.post(here / "store/auth/login", json=login, headers=host) as answer:
            bearer = {"Authorization": f"Bearer {(await answer.json())['access_token']}", **host}
        async with http.get(here / "store/phone/calls", headers=bearer) as answer:
            conversation = (await answer.json())["calls"][0]["conversation_id"]
        async with http.get(here / f"store/conversations/{conversation}", headers=bearer) as answer:
            turns = (await answer.json())["turns"]
    assert jiwer.wer("how much is the snake plant", words(turns[1]["text"])) <= 0.2
    assert "$29" in turns[2]["text"]
    ears = MoonshineEngine.load()
    try:
        heard = await ears.transcribe(reply, sample_rate_hz=RATE_HZ)
    finally:
        ears.close()
    assert "29" in heard
