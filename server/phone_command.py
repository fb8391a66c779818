"""`python -m server phone`: give numbers to stores, set them up at their carrier, and ring a server as Twilio would."""

import argparse
import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiohttp
from yarl import URL

from pipelines.caller.recordings import NotARecording, last_voiced_sample, read_wav
from pipelines.providers.embedded.moonshine import MoonshineEngine
from server import database, logs, settings
from server.daily_account import api_of, signatures_of
from server.errors import CannotStart
from server.settings import Settings
from server.twilio import account_of
from telephony.calls import Provider
from telephony.carriers import CarrierFailed
from telephony.daily.phone_rest import WEBHOOK_PATH, PhoneRest
from telephony.number_queries import NumberQueries
from telephony.numbers import e164
from telephony.twilio.messages import RATE_HZ, decoded, encoded
from telephony.twilio.simulator.ear import Closed, ProtocolBroken
from telephony.twilio.simulator.leg import new_sid
from telephony.twilio.simulator.network import Account, Simulator, TurnedAway, stream_of


def phone(options: argparse.Namespace) -> int:
    """Do what was asked; return the exit status, after one line on standard error if it failed."""
    read = settings.load()
    logs.configure("WARNING")
    try:
        return int(asyncio.run(_ACTIONS[options.action](options, read)))
    except (CarrierFailed, ProtocolBroken, NotARecording, aiohttp.ClientError, TimeoutError, OSError) as error:
        sys.stderr.write(f"phone: {error}\n")
        return 1


async def _numbers(_options: argparse.Namespace, read: Settings) -> int:
    async with _opened(read) as numbers:
        for number, slug in await numbers.all():
            _print(f"{number.number}  {number.provider}  {slug}  {number.assistant or '(default assistant)'}")
    return 0


async def _assign(options: argparse.Namespace, read: Settings) -> int:
    number, provider = _number(options.number), provider_of(options.provider, read)
    async with _opened(read) as numbers:
        if not await numbers.assign(number, provider, options.store, now=datetime.now(UTC)):
            raise CannotStart(f"There is no store with the slug {options.store}.")
    _print(f"{number} is answered by {options.store}.")
    if provider in read.telephony_provider and not options.here_only:
        await _SET_UP[provider](read, number)
    return 0


def provider_of(named: str | None, read: Settings) -> Provider:
    """The carrier that was named, or the only one that is set. Raises CannotStart."""
    known = [name for name in read.telephony_provider if name != "none"]
    if named is None and len(known) > 1:
        raise CannotStart("Say whose number it is: --provider twilio or --provider daily.")
    return Provider(named or next(iter(known), Provider.TWILIO))


async def set_up_daily(read: Settings, number: str) -> None:
    """Have Daily ask us about calls to a number. Raises CannotStart or CarrierFailed."""
    if read.public_url is None:
        raise CannotStart("Daily has to reach us: set PUBLIC_URL, or give --here-only.")
    webhook = f"{read.public_url}{WEBHOOK_PATH}"
    async with aiohttp.ClientSession() as http:
        rest = PhoneRest(api_of(read, http))
        if await rest.number_id(number) is None:
            raise CannotStart(f"The Daily domain has no number {number}.")
        secret = signatures_of(read.data_dir / "keys", lambda: datetime.now(UTC)).secret
        await rest.configure(number, webhook=webhook, secret=secret)
    _print(f"Daily asks {webhook} about its calls.")


async def _set_up_twilio(read: Settings, number: str) -> None:
    async with aiohttp.ClientSession() as http:
        account = account_of(read, http)
        found = [one for one in await account.numbers() if one.number == number]
        if not found:
            raise CannotStart(f"The Twilio account has no number {number}.")
        try:
            fallback_url, while_down = await account.take_voicemails(), "takes voicemails itself"
        except CarrierFailed as error:
            # Not every region has Studio.
            fallback_url, while_down = account.own_fallback_url, f"takes no voicemails ({error.reason})"
        await account.configure_application(fallback_url=fallback_url)
        await account.configure(found[0], fallback_url=fallback_url)
    _print(f"Twilio asks {read.public_url} about its calls, and {while_down} while nobody answers there.")


async def _release(options: argparse.Namespace, read: Settings) -> int:
    async with _opened(read) as numbers:
        if not await numbers.release(_number(options.number)):
            raise CannotStart("No store has this number.")
    return 0


@dataclass(frozen=True, slots=True)
class _Reply:
    """One answer: how long after the caller's last sound it began, and its audio (16-bit LE mono at RATE_HZ)."""

    voice_to_voice_ms: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class _Talk:
    """What one call came to; `gaps` are silences within the assistant's speech, where audio came late."""

    greeting: bytes
    replies: Sequence[_Reply]
    gaps: int


async def _simulate(options: argparse.Namespace, read: Settings) -> int:
    if "twilio" not in read.telephony_provider:
        raise CannotStart("Set TELEPHONY_PROVIDER=twilio and its settings as the server has them.")
    recordings = [read_wav(path, rate_hz=RATE_HZ) for path in options.files]
    account = Account(
        server=URL(options.server or f"http://127.0.0.1:{read.port}"),
        public_url=URL(read.public_url or ""),
        account_sid=read.telephony_twilio_account_sid or "",
        auth_token=read.telephony_twilio_auth_token.get_secret_value() if read.telephony_twilio_auth_token else "",
    )
    async with aiohttp.ClientSession() as http:
        simulator = Simulator(http, account)
        number, caller = _number(options.number), _number(options.caller)
        callers = [f"{caller[:-4]}{(int(caller[-4:]) + at) % 10_000:04}" for at in range(options.calls)]
        talking = (_talk(simulator, number, each, recordings) for each in callers)
        ended = await asyncio.gather(*talking, return_exceptions=True)
    talks = [each for each in ended if isinstance(each, _Talk)]
    if talks:
        await _report(talks, options.files)
    if turned_away := sum(isinstance(each, TurnedAway) for each in ended):
        _print(f"{turned_away} of {len(callers)} callers found every line taken, and were asked to leave a voicemail")
    failed = [each for each in ended if isinstance(each, BaseException) and not isinstance(each, TurnedAway)]
    problems = Counter(str(each) or type(each).__name__ for each in failed)
    for problem, calls in problems.items():
        sys.stderr.write(f"phone: {calls} of {len(callers)} calls failed: {problem}\n")
    return 1 if problems else 0


async def _talk(simulator: Simulator, number: str, caller: str, recordings: Sequence[bytes]) -> _Talk:
    sid, began_s = new_sid("CA"), time.monotonic()
    told = partial(simulator.form, sid, number=number, caller=caller)
    twiml = await simulator.ring(number=number, caller=caller, call_sid=sid)
    replies: list[_Reply] = []
    async with simulator.stream(twiml, sid) as leg:
        try:
            await leg.answer(since_s=0)
        except Closed:
            # As Twilio does; whoever found no place is turned away then.
            stream_of(await simulator.after(twiml, told(status="in-progress")))
            raise
        greeting = decoded(leg.heard.ulaw())
        for recording in recordings:
            # What follows the last word is silence anyway.
            leg.say(encoded(recording[: 2 * last_voiced_sample(recording, rate_hz=RATE_HZ)]))
            said_s = await leg.said()
            answered_s = await leg.answer(since_s=said_s)
            replies.append(_Reply(round(1000 * (answered_s - said_s)), decoded(leg.heard.ulaw(since_s=said_s))))
        gaps = len(leg.heard.gaps_s)
        duration_s = round(time.monotonic() - began_s)
    form = told(status="completed", CallDuration=str(duration_s))
    await simulator.post(str(simulator.account.public_url.with_path("/phone/twilio/status")), form)
    return _Talk(greeting, replies, gaps)


async def _report(talks: Sequence[_Talk], files: Sequence[Path]) -> None:
    ears = MoonshineEngine.load()

    async def told(heard: Sequence[bytes]) -> None:
        texts = Counter([await ears.transcribe(pcm, sample_rate_hz=RATE_HZ) for pcm in heard])
        for text, calls in texts.most_common():
            of_all = f"  (in {calls} of {len(heard)} calls)" if len(heard) > 1 else ""
            _print(f"Assistant  {text}{of_all}")

    try:
        await told([talk.greeting for talk in talks])
        for position, path in enumerate(files):
            replies = [talk.replies[position] for talk in talks]
            _print(f"You        ({path})")
            await told([reply.pcm for reply in replies])
            _print(f"           {_took(replies)} from your last sound to the assistant's first")
    finally:
        ears.close()
    answers, gaps = sum(len(talk.replies) for talk in talks), sum(talk.gaps for talk in talks)
    _print(f"{len(talks)} calls, {answers} answers, {gaps} gaps; nothing came back that Twilio would refuse")


def _took(replies: Sequence[_Reply]) -> str:
    took_ms = [reply.voice_to_voice_ms for reply in replies]
    if len(took_ms) == 1:
        return f"{took_ms[0]} ms"
    return f"median {statistics.median(took_ms):.0f} ms, slowest {max(took_ms)} ms"


@asynccontextmanager
async def _opened(read: Settings) -> AsyncIterator[NumberQueries]:
    with database.opened(read) as url:
        database.migrate(url)
        async with database.open_pool(url) as pool:
            yield NumberQueries(pool)


def _number(text: str) -> str:
    number = e164(text)
    if number is None:
        raise CannotStart("Write numbers in full international form, such as +14155550123.")
    return number


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


_SET_UP: Mapping[Provider, Callable[[Settings, str], Coroutine[object, object, None]]] = {
    Provider.TWILIO: _set_up_twilio,
    Provider.DAILY: set_up_daily,
}
_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Settings], Coroutine[object, object, int]]] = {
    "numbers": _numbers,
    "assign": _assign,
    "release": _release,
    "simulate": _simulate,
}
