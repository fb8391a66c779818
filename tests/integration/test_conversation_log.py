"""What a conversation leaves in the log at its most talkative: ids on every line, and nothing that anybody said."""

import asyncio
import io
import json
import re
from pathlib import Path

import asyncpg
from loguru import logger as loguru_logger

from server.settings import Settings
from tests.doubles import Doubles
from tests.raw_http import DEADLINE_S, exchange, request
from tests.talking import ASKED, QUESTION, house

ANSWERED = "A fern likes that Zebedee."
BROKEN = "the model is away"
UNSAID = re.compile("zebedee|bathroom|fern|marlow@|demo@|watering", re.IGNORECASE)


def lines(written: io.StringIO) -> list[dict[str, object]]:
    """Every line, each of which is one JSON object."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


async def test_a_conversation_is_logged_by_its_ids_alone(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path, written: io.StringIO
) -> None:
    """A question answered, one at which the model fails, and pipecat's own words: who, which call, and no what."""
    answers = iter([ANSWERED])

    def answer(_question: str) -> str:
        said = next(answers, None)
        if said is None:
            raise RuntimeError(BROKEN)
        loguru_logger.warning(f"{{}}: could not speak [{ANSWERED}]", "tts")
        return said

    settings = Settings(_env_file=None, data_dir=tmp_path, recordings="on")
    async with house(settings, database_url, Doubles(heard=lambda _: ASKED, answer=answer)) as there:
        async with there.call() as caller:
            await caller.say(QUESTION)
            unanswered = asyncio.create_task(caller.say(QUESTION))
            async with asyncio.timeout(DEADLINE_S):
                while "voice_pipeline_error" not in written.getvalue():  # noqa: ASYNC110 - a log has no event
                    await asyncio.sleep(0.01)
            unanswered.cancel()
        await exchange(there.port, request("GET", "/user/me?token=secret", "Authorization: Bearer secret"))
    logged = lines(written)
    names = [line["event"] for line in logged]
    first, last = names.index("voice_session_started"), names.index("voice_session_ended")
    request_id = logged[first]["request_id"]
    within = [line for line in logged[first : last + 1] if line.get("request_id") == request_id]
    session_id = str(await pool.fetchval("SELECT id FROM sessions WHERE user_id IS NOT NULL ORDER BY created_at DESC"))
    ids = {"conversation_id": str(await pool.fetchval("SELECT id FROM conversations")), "session_id": session_id}
    assert [line for line in within if not ids.items() <= line.items()] == []
    # Ours, pipecat's own, and what breaks in a provider.
    assert {line.get("logger") for line in within} >= {None, __name__}
    assert "voice_pipeline_error" in {line["event"] for line in within}
    started = next(line for line in logged if line.get("path") == "/user/voice/start")
    assert started["session_id"] == session_id
    stranger = next(line for line in logged if line.get("path") == "/user/me")
    assert "session_id" not in stranger
    found = [line for line in logged if UNSAID.search(json.dumps(line)) or "secret" in json.dumps(line)]
    assert found == []
