"""A past for the demo's store, so that its portal has something to show: calls, messages, a telephone."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import numpy as np

from pipelines.conversations.recording import OggFile
from pipelines.conversations.recordings import file_of
from pipelines.conversations.records import ConversationId
from server import database
from server.demo import DEMO_STORE_EMAIL

RATE_HZ = 16_000
TOLD_S = 24

_CALLS = """
    INSERT INTO conversations (store_id, assistant_id, channel, started_at, ended_at, end_reason, assistant_version,
                               summary, outcome, caller_number)
    SELECT store.id, assistant.id, (ARRAY['websocket', 'webrtc', 'phone'])[1 + n % 3], began, began + took,
           'caller_left', 1,
           (ARRAY['The caller asked about opening hours on Saturday and the price of a snake plant.',
                  'The caller asked whether orchids need direct sun, and was told.',
                  'The caller asked for somebody to call back about a large order.'])[1 + n % 3],
           CASE WHEN n % 7 = 0 THEN 'unanswered' ELSE 'answered' END,
           CASE WHEN n % 3 = 2 THEN '+1415555' || lpad((n % 10000)::text, 4, '0') END
    FROM generate_series(1, $2) AS n,
         LATERAL (SELECT $3::timestamptz - n * interval '11 minutes' AS began,
                         (20 + n * 37 % 240) * interval '1 second' AS took) AS times,
         stores AS store JOIN assistants AS assistant ON assistant.store_id = store.id
    WHERE store.email = $1
"""
_TURN = """
    INSERT INTO turns (conversation_id, position, speaker, text, started_at, ended_at, interrupted, answered_by,
                       endpoint_ms, transcript_ms, first_token_ms, first_audio_ms, on_wire_ms, basis, sources)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_TOOL_CALL = """
    INSERT INTO tool_calls (id, conversation_id, name, arguments, answer, outcome, started_at, duration_ms)
    VALUES ($1, $2, 'check_order', '{"order_number": "4512"}', 'It was sent on Thursday.', 'ok', $3, 212)
"""
_NOTED = """
    UPDATE conversations
    SET fields = '{"party_size": null, "wants_delivery": true, "plant": "snake plant"}'
    WHERE id = $1
"""
_VIEW = """
    INSERT INTO saved_views (id, store_id, name, filter)
    SELECT $1, id, 'Unanswered on the phone', '{"channel": "phone", "outcome": "unanswered"}'
    FROM stores
    WHERE email = $2
"""
NUMBER = "+12025550143"
_NUMBER = """
    INSERT INTO phone_numbers (id, number, provider, store_id, assigned_at)
    SELECT $1, $3, 'twilio', id, $4 FROM stores WHERE email = $2
"""
_PHONE_CALL = """
    INSERT INTO phone_calls (id, provider_call_id, provider, store_id, number, started_at, direction, caller_number,
                             state, end_reason, answered_by, transferred_to, duration_s, cost, currency, ended_at)
    SELECT $1, 'CA' || $1::uuid, 'twilio', id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
           CASE WHEN $12::numeric IS NOT NULL THEN 'USD' END, CASE WHEN $7::text = 'ended' THEN $4::timestamptz END
    FROM stores WHERE email = $2
"""
# Which way, with whom, its state, why it ended, who answered, to whom it was handed over, its seconds and their cost.
_TELEPHONE = [
    ("inbound", "+14155550117", "ringing", None, None, None, None, None),
    ("outbound", "+14155550162", "live", None, "human", None, None, None),
    ("inbound", "+14155550184", "ended", "said_goodbye", None, None, 93, Decimal("0.0085")),
    ("inbound", None, "ended", "caller_left", None, None, 12, None),
    ("inbound", "+14155550139", "ended", "transferred", None, "Rosa", 204, Decimal("0.0340")),
    ("outbound", "+14155550121", "ended", "machine", "machine_start", None, 21, Decimal("0.0140")),
    ("outbound", "+14155550175", "ended", "busy", None, None, None, None),
    ("outbound", "+14155550108", "ended", "caller_left", "human", None, 1_871, Decimal("0.4480")),
]
_MESSAGE = """
    INSERT INTO messages (id, store_id, conversation_id, taken_at, name, number, text, confirmed)
    SELECT $1, store_id, id, ended_at, $3, '+14155550123', $4, $5 = 'yes' FROM conversations WHERE id = $2
"""


async def furnish(data_dir: Path, *, calls: int) -> UUID:
    """Give the demo's store so many past calls, and return the newest, which has words, a recording and messages."""
    with database.embedded(data_dir) as url:
        return await furnish_at(url, data_dir, calls=calls)


async def furnish_at(url: str, data_dir: Path, *, calls: int) -> UUID:
    """The same, in a database that is there."""
    connection = await asyncpg.connect(url)
    try:
        began = datetime.now(UTC) - timedelta(minutes=5)
        await connection.execute(_CALLS, DEMO_STORE_EMAIL, calls, began)
        # Whoever has talked to this server before did so later than these.
        newest = await connection.fetchval(
            "SELECT id FROM conversations WHERE started_at <= $1 ORDER BY started_at DESC LIMIT 1", began
        )
        await _tell(connection, newest)
        await _telephone(connection, began)
    finally:
        await connection.close()
    _record(file_of(data_dir / "recordings", ConversationId(newest)))
    return UUID(str(newest))


async def _tell(connection: asyncpg.Connection, call: UUID) -> None:
    began = await connection.fetchval("SELECT started_at FROM conversations WHERE id = $1", call)
    entry = await connection.fetchrow("SELECT id, title FROM knowledge_entries ORDER BY title LIMIT 1")
    assert entry is not None, "the demo's store knows something"
    sources = json.dumps([{"entry_id": str(entry["id"]), "title": entry["title"]}])
    # Speaker, words, when in seconds, whether cut off; by what and from what answered, in how many milliseconds.
    said = [
        ("assistant", "Hello, this is Ivy at Marlow Garden. How can I help?", 0.4, 3.8, False, None, None, None),
        ("caller", "What time do you open on Saturday?", 4.6, 6.5, False, None, None, None),
        ("assistant", "On Saturday we're open from 9 AM to 5:30 PM, and", 6.9, 9.7, True, "grounded", "hours", 339),
        ("caller", "And how much is the snake plant?", 9.8, 11.9, False, None, None, None),
        ("assistant", "The snake plant is $29.", 12.3, 14.6, False, "grounded", "price", 362),
        ("caller", "Would it do well in a dark hallway with a cat around?", 15.4, 18.2, False, None, None, None),
        (
            "assistant",
            "It copes with little light, but keep it away from the cat: it upsets their stomach.",
            20.1,
            23.8,
            False,
            "model",
            "facts",
            1_894,
        ),
    ]
    for position, (speaker, text, begins_s, ends_s, cut, by, basis, total_ms) in enumerate(said):
        stages = [None] * 5 if total_ms is None else [305, 298, total_ms - 60, total_ms - 12, total_ms]
        moments = [began + timedelta(seconds=seconds) for seconds in (begins_s, ends_s)]
        known = sources if basis in {"price", "facts"} else "[]"
        await connection.execute(_TURN, call, position, speaker, text, *moments, cut, by, *stages, basis, known)
    await connection.execute(_TOOL_CALL, uuid4(), call, began + timedelta(seconds=19))
    await connection.execute(_NOTED, call)
    await connection.execute(_VIEW, uuid4(), DEMO_STORE_EMAIL)
    wish = "Please call me back about twelve ferns for our office, before Friday if you can."
    await connection.execute(_MESSAGE, uuid4(), call, "Dana Whitfield", wish, "yes")
    await connection.execute(_MESSAGE, uuid4(), call, None, "Do you deliver on Sundays?", "no")


async def _telephone(connection: asyncpg.Connection, began: datetime) -> None:
    await connection.execute(_NUMBER, uuid4(), DEMO_STORE_EMAIL, NUMBER, began)
    for nth, call in enumerate(_TELEPHONE):
        started_at = began - nth * timedelta(minutes=19)
        await connection.execute(_PHONE_CALL, uuid4(), DEMO_STORE_EMAIL, NUMBER, started_at, *call)


def _record(file: Path) -> None:
    """Two voices that take turns: hums, the caller's lower."""
    seconds = np.arange(TOLD_S * RATE_HZ) / RATE_HZ
    swell = np.abs(np.sin(seconds * 2.1)) * 9_000
    caller = np.sin(seconds * 2 * np.pi * 140) * swell * (seconds % 6 > 3.5)
    assistant = np.sin(seconds * 2 * np.pi * 210) * swell * (seconds % 6 < 3.2)
    stereo = np.stack([caller, assistant], axis=1).astype(np.int16)
    encoder = OggFile(file, sample_rate_hz=RATE_HZ)
    encoder.write(stereo.tobytes())
    encoder.close()
