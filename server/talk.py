"""`python -m server talk`: call the assistant, and print what was heard, what was said, how fast."""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from pipelines.caller.client import USER_HOST, Refused, Unreachable, VoiceClient, open_http
from pipelines.caller.line import Exchange, HungUp, NoAnswer
from pipelines.caller.recordings import NotARecording, read_wav, write_wav
from server.demo import DEMO_PASSWORD, DEMO_USER_EMAIL, STORE_SLUG

# The names of the stages in the JSON line, and the server's names for them.
STAGES = {
    "endpoint": "endpoint",
    "stt": "transcript",
    "llm_first_token": "first_token",
    "tts_first_audio": "first_audio",
    "on_wire": "on_wire",
}


# What shows the assistant to somebody who has no recording at hand: hours, a price, and something for the model.
QUESTIONS = (
    "What time do you close today?",
    "How much is the monstera?",
    "Which plant would you give to somebody who forgets to water?",
)


@dataclass(frozen=True, slots=True)
class Said:
    """What the caller says: 16-bit LE mono at the line's rate, and where it is from."""

    source: str
    pcm: bytes


def parser() -> argparse.ArgumentParser:
    """Return the command's arguments; `parents=[parser()]` makes it a sub-command."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE.wav", help="recordings of the caller, in order")
    parser.add_argument(
        "--say",
        action="append",
        default=[],
        metavar="TEXT",
        help="what the caller says after them, in the voice that ships; may be repeated. By default a few questions",
    )
    parser.add_argument("--url", type=_url, default=URL(f"http://{USER_HOST}:8080"), help="default: %(default)s")
    parser.add_argument("--email", default=DEMO_USER_EMAIL, help="the user's account; default: the demo user")
    parser.add_argument("--password", default=DEMO_PASSWORD)
    parser.add_argument("--store", default=STORE_SLUG, help="the slug of the store to call; default: %(default)s")
    parser.add_argument(
        "--rate", type=int, choices=(8000, 16000), default=16000, help="the server's VOICE_AUDIO_SAMPLE_RATE_HZ"
    )
    parser.add_argument("--out", type=Path, metavar="REPLY.wav", help="write the spoken reply; -1, -2, … for several")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    return parser


def talk(args: argparse.Namespace) -> int:
    """Hold one conversation; return the exit code: 0, or 1 after one line on standard error."""
    try:
        # All of them first: a call that breaks off at the third file helps nobody.
        said = [Said(str(path), read_wav(path, rate_hz=args.rate)) for path in args.files]
        texts = args.say or ([] if said else QUESTIONS)
        asyncio.run(_converse(args, [*said, *asyncio.run(_spoken(texts, rate_hz=args.rate))]))
    except (NotARecording, Unreachable, Refused, HungUp, NoAnswer, OSError) as error:
        sys.stderr.write(f"talk: {error}\n")
        return 1
    return 0


async def _spoken(texts: Sequence[str], *, rate_hz: int) -> list[Said]:
    if not texts:
        return []
    # Loaded only here: it takes a second.
    from pipelines.providers.embedded.speech import HibariEngine

    voice = await asyncio.to_thread(HibariEngine.load)
    try:
        pieces = [[pcm async for pcm in voice.speak(text, sample_rate_hz=rate_hz)] for text in texts]
        return [Said("in the voice that ships", b"".join(pcm)) for pcm in pieces]
    finally:
        voice.close()


async def _converse(args: argparse.Namespace, recordings: Sequence[Said]) -> None:
    exchanges: list[Exchange] = []
    async with open_http() as http:
        client = VoiceClient(http, args.url)
        await client.sign_in(email=args.email, password=args.password)
        async with client.line(store=args.store, rate_hz=args.rate) as line:
            greeting = await line.greeting()
            _print(f"Assistant  {greeting.said}")
            for recording, out in zip(recordings, _outputs(args.out, len(recordings)), strict=True):
                exchange = await line.say(recording.pcm)
                exchanges.append(exchange)
                _print(f"You        {exchange.heard}   ({recording.source})")
                _print(f"Assistant  {exchange.said}")
                _print(f"           {_in_words(exchange)}")
                if out:
                    write_wav(out, exchange.reply_pcm, rate_hz=args.rate)
    if args.json:
        _print(json.dumps(_report(greeting, recordings, exchanges), ensure_ascii=False))


def _outputs(out: Path | None, count: int) -> Iterator[Path | None]:
    for number in range(1, count + 1):
        yield out.with_stem(f"{out.stem}-{number}") if out and count > 1 else out


def _in_words(exchange: Exchange) -> str:
    first = f"{exchange.voice_to_voice_ms} ms from your last sound to the assistant's first"
    stages = ", ".join(f"{stage.replace('_', ' ')} {ms}" for stage, ms in exchange.stages_ms.items() if ms is not None)
    return "; ".join(part for part in (first, stages, exchange.answered_by) if part)


def _report(greeting: Exchange, recordings: Sequence[Said], exchanges: Sequence[Exchange]) -> dict[str, object]:
    """The last exchange at the top, all of them under `turns`, and the median of each latency."""
    turns = [
        {
            "file": recording.source,
            "transcript": exchange.heard,
            "reply": exchange.said,
            "answered_by": exchange.answered_by,
            "latency_ms": _latency_ms(exchange),
        }
        for recording, exchange in zip(recordings, exchanges, strict=True)
    ]
    last = exchanges[-1]
    return {
        "conversation_id": last.conversation_id,
        "greeting": greeting.said,
        "transcript": last.heard,
        "reply": last.said,
        "latency_ms": _latency_ms(last),
        "latency_ms_median": _median([_latency_ms(exchange) for exchange in exchanges]),
        "turns": turns,
    }


def _latency_ms(exchange: Exchange) -> dict[str, int | None]:
    """All in ms: `voice_to_voice` as measured here, the stages by the server from the end of speech."""
    stages = {name: exchange.stages_ms.get(stage) for name, stage in STAGES.items()}
    return {"voice_to_voice": exchange.voice_to_voice_ms, **stages}


def _median(latencies_ms: Sequence[dict[str, int | None]]) -> dict[str, int | None]:
    known = {name: [ms for each in latencies_ms if (ms := each[name]) is not None] for name in latencies_ms[0]}
    return {name: round(statistics.median(values)) if values else None for name, values in known.items()}


def _url(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise argparse.ArgumentTypeError(f"{text!r} is not a URL: it begins with http:// or https:// and a host")
    return url


def _print(line: str) -> None:
    # At once, also into a pipe: a conversation is watched while it goes on.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
