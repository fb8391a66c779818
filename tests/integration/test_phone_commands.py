"""`python -m server phone`: numbers are given to stores, and Twilio is told where to ask about them."""

import asyncio
from pathlib import Path

from server import demo
from tests.commands import command, environment
from tests.phone_world import NUMBER, phone_world
from tests.twilio_api import ACCOUNT, APP, TOKEN

PUBLIC = "https://store.example.com"
OURS = "+12025550177"


async def test_a_number_is_assigned_here_and_set_up_there(database_url: str, tmp_path: Path) -> None:
    """The number and the app ask our webhooks, and a flow of Twilio's own while we are down, which is made once.

    A number that the account does not have is refused.
    """
    async with phone_world(database_url, tmp_path) as world:
        world.api.numbers = {"PN1": {"sid": "PN1", "phone_number": OURS, "voice_url": "https://old.example.com"}}
        settings = environment(
            tmp_path,
            DATABASE_URL=database_url,
            ENVIRONMENT="development",
            STORE_API_HOSTS="store.example.com",
            PUBLIC_URL=PUBLIC,
            TELEPHONY_PROVIDER="twilio",
            TELEPHONY_TWILIO_ACCOUNT_SID=ACCOUNT,
            TELEPHONY_TWILIO_AUTH_TOKEN=TOKEN,
            TELEPHONY_TWILIO_APP_SID=APP,
            TELEPHONY_TWILIO_API_URL=str(world.api.url),
        )

        async def phone(*arguments: str) -> tuple[int | None, str]:
            process = await asyncio.create_subprocess_exec(
                *command("phone", *arguments),
                cwd=tmp_path,
                env=settings,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            told, _ = await process.communicate()
            return process.returncode, told.decode()

        for _ in range(2):
            status, told = await phone("assign", OURS, demo.STORE_SLUG)
            taken = "takes voicemails itself while nobody answers there."
            assert (status, told.splitlines()) == (
                0,
                [f"{OURS} is answered by {demo.STORE_SLUG}.", f"Twilio asks {PUBLIC} about its calls, and {taken}"],
            )
        (flow,) = world.api.flows.values()
        (record,) = [state for state in flow["definition"]["states"] if state["type"] == "record-voicemail"]
        assert record["properties"]["recording_status_callback_url"] == f"{PUBLIC}/phone/twilio/voicemail/recorded"
        voice, fallback = f"{PUBLIC}/phone/twilio/voice", flow["webhook_url"]
        assert world.api.applications[APP]["VoiceUrl"] == voice
        assert world.api.applications[APP]["VoiceFallbackUrl"] == fallback
        number = world.api.numbers["PN1"]
        assert (number["VoiceApplicationSid"], number["VoiceUrl"], number["VoiceFallbackUrl"]) == (APP, voice, fallback)

        status, told = await phone("assign", "+12025550178", demo.STORE_SLUG)
        assert (status, told.splitlines()[-1]) == (1, "The Twilio account has no number +12025550178.")
        _, told = await phone("numbers")
        assert {line.split()[0] for line in told.splitlines()} == {NUMBER, OURS, "+12025550178"}
