"""Checks of the chosen providers, and of STUN and TURN servers."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

import aiohttp

from pipelines.conversations.recordings import RecordingsAway
from pipelines.doors.ice_servers import IceServers
from pipelines.offers import OLLAMA_URL, SPEECH_TO_SPEECH
from pipelines.providers import ProviderUnavailable
from pipelines.providers.key_checks import CHECKS, Check, KeyNotTaken, check_key
from pipelines.providers.local_checks import STAGES, check_local
from pipelines.providers.openers import Choice, require_package
from pipelines.transports.webrtc.stun import NoStunAnswer, StunServer, ask
from pipelines.transports.webrtc.turn import NoRelay, relayed
from server import recordings, run
from server.doctor.findings import Finding, bad, ok
from server.errors import CannotStart
from server.settings import Settings
from server.voice import turn_of


async def providers(
    settings: Settings, http: aiohttp.ClientSession, *, checks: Mapping[str, Check] = CHECKS
) -> list[Finding]:
    """One line for each provider of each stage, and one for each company's key."""
    chosen = run.choice(settings)
    found = []
    companies = set()
    if whole := chosen.speech_to_speech:
        return [await _whole(whole, chosen, checks, http)]
    for stage, (offered, _) in STAGES.items():
        for position, name in enumerate(getattr(chosen, stage)):
            detailed = chosen if position == 0 else chosen.without_details()
            found.append(await _provider(stage, name, detailed, http))
            if company := offered[name].company:
                companies.add(company)
    asked = (_key(company, checks[company], chosen.keys[company], http) for company in sorted(companies))
    return [*found, *await asyncio.gather(*asked)]


async def _whole(name: str, chosen: Choice, checks: Mapping[str, Check], http: aiohttp.ClientSession) -> Finding:
    offer = SPEECH_TO_SPEECH[name]
    try:
        require_package(name, offer)
    except ProviderUnavailable as error:
        return bad(name, str(error))
    company = offer.company or ""
    return await _key(company, checks[company], chosen.keys[company], http)


async def _provider(stage: str, name: str, choice: Choice, http: aiohttp.ClientSession) -> Finding:
    subject = f"{stage} {name}"
    try:
        await check_local(stage, name, choice)
    except ProviderUnavailable as error:
        return bad(subject, str(error))
    if name in {"ollama", "compatible"}:
        return await _own_server(subject, choice.llm_url or OLLAMA_URL, choice.llm_key, http)
    return ok(subject, "is installed")


async def _own_server(subject: str, url: str, key: str | None, http: aiohttp.ClientSession) -> Finding:
    listed = Check(url=f"{url.rstrip('/')}/models", scheme="Bearer ")
    try:
        await check_key(http, listed, key or "none")
    except KeyNotTaken as error:
        return bad(subject, f"{url} {error}. See VOICE_LLM_URL and VOICE_LLM_API_KEY.")
    return ok(subject, f"{url} answers")


async def _key(company: str, check: Check, key: str, http: aiohttp.ClientSession) -> Finding:
    try:
        await check_key(http, check, key)
    except KeyNotTaken as error:
        mended = f"Set {company.upper()}_API_KEY to one that it takes." if error.refused else "Try again later."
        return bad(company, f"{company} {error}. {mended}")
    return ok(company, "takes the key")


async def bucket(settings: Settings) -> list[Finding]:
    """Whether recordings can be put into the bucket, got and deleted."""
    if settings.recordings_bucket is None:
        return []
    try:
        await recordings.check(settings)
    except CannotStart as error:
        return [bad("bucket", str(error))]
    except RecordingsAway as error:
        return [bad("bucket", f"{settings.recordings_bucket}: {error.reason}. See RECORDINGS_BUCKET and S3_….")]
    return [ok("bucket", f"{settings.recordings_bucket} takes, gives and deletes")]


async def ice(settings: Settings) -> list[Finding]:
    """Whether each STUN server tells where it sees us, and each TURN server lends callers a relay."""
    return [
        *[await _stun(url) for url in settings.ice_servers],
        *[await _turn(url, settings) for url in settings.turn_urls],
    ]


async def _stun(url: str) -> Finding:
    try:
        address = await ask(StunServer.parse(url))
    except NoStunAnswer as error:
        return bad("stun", f"{url}: {error}. See ICE_SERVERS.")
    return ok("stun", f"{url} sees this machine at {address}")


async def _turn(url: str, settings: Settings) -> Finding:
    servers = IceServers(urls=(), turn=turn_of(settings), now=lambda: datetime.now(UTC))
    (callers,) = servers.for_caller(uuid4())
    username, credential = callers.username or "", callers.credential or ""
    try:
        relay = await relayed(StunServer.parse(url), username=username, credential=credential)
    except NoRelay as error:
        if error.refused:
            mended = "Give it TURN_SECRET as its static-auth-secret, and set both clocks by NTP."
            return bad("turn", f"{url} does not take what callers are given. {mended}")
        return bad("turn", f"{url}: {error}. See TURN_URLS, and what the firewall lets through.")
    return ok("turn", f"{url} lends a relay at {relay}")
