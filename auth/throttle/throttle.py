"""Limits on guessing and flooding, which hold across processes and lock nobody out.

Each request takes from several buckets, one for each layer of its rule, and is refused when one of them is empty:

    address     one IPv4 address, or one IPv6 /64, whatever it asks for
    place       one account from one address. After a success it is trusted for TRUST: its owner has been there
    crowd       one account from all places that are not trusted. It never refuses; while it is empty, every such
                place gets one attempt where it otherwise had SURCHARGE
    account     one account from anywhere, where guessing needs the password already, or each request sends a mail
    everyone    all requests from places that are not trusted: what the hashing of passwords can bear

So a stranger who fails at an account closes it to their own address, makes other new addresses slower, and leaves the
places where its owner has been as they were. From a new one the right password opens at the first attempt, however
many attack. (OWASP ASVS 5.0, 6.1.1 and 6.3.1;
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies, with the address as the device,
since an app has no cookies. https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html)

What is taken is taken before the password is looked at, so that guesses which cross cannot outrun the count. A success
fills the account's own buckets again, and never the address's: with one account of their own, nobody earns guesses at
others. Accounts are counted by what was typed, whether or not it exists, so that a refusal tells nothing either.

When PostgreSQL cannot be reached, nobody passes.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from auth.errors import TooBusy, TooManyAttempts
from auth.http.asking import asker_of, device_of, is_known
from auth.http.operations import Gate
from auth.principals import Kind
from auth.throttle.queries import Bucket, Layer, ThrottleQueries

# As long as a session that nobody uses: whoever comes back later is a stranger again.
TRUST = timedelta(days=14)

# As many attempts as a new place has at once, so that under attack it still has one.
SURCHARGE = 5

# Of everyone's bucket there are so many, chosen by address, so that requests do not queue for one row.
SHARDS = 8

# How many refused addresses a process remembers: about 2 MB.
MAX_REFUSED = 10_000

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limit:
    """So many at once; then one more each time `every` has passed."""

    burst: int
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one kind of request may take in each layer; a layer without a limit is not counted."""

    name: str
    address: Limit
    account: Limit | None = None
    place: Limit | None = None
    crowd: Limit | None = None
    everyone: Limit | None = None


# Behind one address may be a whole office, but its people seldom sign in in the same minute. A place's five are a
# person's typing errors; then 1,440 a day, of which the commonest passwords are refused at sign-up. Everyone's twenty a
# second leave more than half of one process's hashing (50 a second) to trusted places.
LOG_IN = Rule(
    name="log_in",
    address=Limit(60, timedelta(seconds=3)),
    place=Limit(SURCHARGE, timedelta(minutes=1)),
    crowd=Limit(20, timedelta(seconds=30)),
    everyone=Limit(240, timedelta(milliseconds=50)),
)
# Each tells whether an e-mail address has an account, hashes a password and keeps a row.
SIGN_UP = Rule(
    name="sign_up", address=Limit(20, timedelta(minutes=1)), everyone=Limit(160, timedelta(milliseconds=500))
)
# Only refused ones are counted. Nobody guesses 256 bits; this spares the database.
REFRESH = Rule(name="refresh", address=Limit(30, timedelta(seconds=2)))
# Each may send a mail. Whoever uses up an account's three has sent its owner three mails that work.
FORGOT = Rule(
    name="forgot",
    address=Limit(10, timedelta(minutes=1)),
    account=Limit(3, timedelta(minutes=10)),
    everyone=Limit(160, timedelta(seconds=1)),
)
# Tokens from mails: 256 bits, as above.
MAILED_TOKEN = Rule(name="mailed_token", address=Limit(30, timedelta(seconds=2)))
# Somebody who is signed in repeats the password, as a thief of the device would try to.
REPEATED_PASSWORD = Rule(
    name="repeated_password", address=Limit(60, timedelta(seconds=3)), account=Limit(5, timedelta(minutes=1))
)
# Guesses at one account's codes are counted in auth/factors; this bounds what a stranger makes us keep and look at.
SECOND_FACTOR = Rule(name="second_factor", address=Limit(60, timedelta(seconds=3)))
# Only unknown ones are counted. Nobody guesses 190 bits; this spares the database.
API_KEY = Rule(name="api_key", address=Limit(30, timedelta(seconds=2)))
# Each reads all there is of an account.
EXPORT = Rule(name="export", address=Limit(20, timedelta(minutes=1)), account=Limit(3, timedelta(minutes=5)))
# Each keeps a ticket for thirty seconds.
VOICE_START = Rule(
    name="voice_start", address=Limit(120, timedelta(seconds=1)), account=Limit(30, timedelta(seconds=2))
)


# The same for visitors of a store's page, who are nobody in particular; its account is the page.
WIDGET_START = Rule(
    name="widget_start", address=Limit(20, timedelta(seconds=6)), account=Limit(120, timedelta(seconds=1))
)
# Each spends a ticket; those without one are guesses, or mischief.
WIDGET_OFFER = Rule(name="widget_offer", address=Limit(20, timedelta(seconds=6)))


class Throttle:
    """The limits of one kind of principal.

    `key` is secret: without it the stored hashes cannot be tried against a list of e-mail addresses. `generosity`
    multiplies every burst.
    """

    def __init__(
        self, queries: ThrottleQueries, kind: Kind, *, key: bytes, now: Callable[[], datetime], generosity: int = 1
    ) -> None:
        self._queries = queries
        self._kind = kind
        self._key = key
        self._now = now
        self._generosity = generosity

    async def take(self, rule: Rule, *, address: str, account: str | None = None) -> None:
        """Count one request, before anything of it is done. Raises TooManyAttempts.

        `account` is what was typed to name one, in its canonical form; without it those layers are not counted.
        """
        wait = await self._queries.take(self._buckets(rule, address, account), surcharge=SURCHARGE, now=self._now())
        if wait is not None:
            _log.info("throttled", rule=rule.name, kind=self._kind, wait_s=round(wait.total_seconds(), 1))
            raise TooManyAttempts(retry_after=wait)

    @asynccontextmanager
    async def attempt(self, rule: Rule, *, address: str, account: str) -> AsyncIterator[None]:
        """Count the block as a guess; as none once it succeeds, or when nobody had time to look.

        Raises TooManyAttempts.
        """
        await self.take(rule, address=address, account=account)
        buckets = self._buckets(rule, address, account)
        try:
            yield
        except TooBusy:
            for bucket in buckets:
                if bucket.layer in {Layer.PLACE, Layer.ACCOUNT}:
                    await self._queries.give_back(bucket)
            raise
        for bucket in buckets:
            if bucket.layer is Layer.PLACE:
                await self._queries.trust(bucket, now=self._now(), until=self._now() + TRUST)
            elif bucket.layer is Layer.ACCOUNT:
                await self._queries.fill(bucket, now=self._now())

    def limited(self, rule: Rule) -> Gate:
        """Count every request by its address, and behind `auth.http.asking.require` by who asks."""

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            account = str(asker_of(request).id) if is_known(request) else None
            await self.take(rule, address=device_of(request).address, account=account)
            return await handler(request)

        return Gate(count, (TooManyAttempts,))

    def limited_refusals(self, rule: Rule, *refusals: type[Exception]) -> Gate:
        """Count by address the requests that end in one of `refusals`; the others cost nothing, not even a query."""
        refused = _Refused(self._now)

        @web.middleware
        async def count_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
            address = device_of(request).address
            refused.check(neighbourhood(address))
            try:
                return await handler(request)
            except refusals:
                try:
                    await self.take(rule, address=address)
                except TooManyAttempts as error:
                    refused.note(neighbourhood(address), error.retry_after)
                    raise
                raise

        return Gate(count_refusals, (TooManyAttempts,))

    def _buckets(self, rule: Rule, address: str, account: str | None) -> list[Bucket]:
        near = neighbourhood(address)
        buckets = [self._bucket(rule, Layer.ADDRESS, rule.address, near)]
        if rule.everyone:
            shard = blake2b(near.encode(), digest_size=1).digest()[0] % SHARDS
            share = Limit(rule.everyone.burst // SHARDS, rule.everyone.every * SHARDS)
            buckets.append(self._bucket(rule, Layer.EVERYONE, share, str(shard)))
        if account is not None:
            if rule.account:
                buckets.append(self._bucket(rule, Layer.ACCOUNT, rule.account, account))
            if rule.place:
                buckets.append(self._bucket(rule, Layer.PLACE, rule.place, f"{near}\n{account}"))
            if rule.crowd:
                buckets.append(self._bucket(rule, Layer.CROWD, rule.crowd, account))
        return buckets

    def _bucket(self, rule: Rule, layer: Layer, limit: Limit, whose: str) -> Bucket:
        named = f"{self._kind}\n{rule.name}\n{layer}\n{whose}"
        key = blake2b(named.encode(), key=self._key, digest_size=16).digest()
        return Bucket(layer, key, cost=limit.every, room=limit.every * limit.burst * self._generosity)


class _Refused:
    """Whom this process has refused, until they may ask again: further requests cost a look-up."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._until: dict[str, datetime] = {}

    def check(self, whose: str) -> None:
        """Raise TooManyAttempts for whoever was refused and has not waited."""
        wait = self._until[whose] - self._now() if whose in self._until else timedelta()
        if wait > timedelta():
            raise TooManyAttempts(retry_after=wait)
        self._until.pop(whose, None)

    def note(self, whose: str, wait: timedelta) -> None:
        """Remember; when there are too many, forget the oldest, who has waited longest."""
        if len(self._until) >= MAX_REFUSED:
            del self._until[next(iter(self._until))]
        self._until[whose] = self._now() + wait


def neighbourhood(address: str) -> str:
    """The address as limits count it: IPv6 by the 64 bits that a network gives to one subscriber (RFC 6177)."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if not isinstance(read, IPv6Address):
        return str(read)
    if read.ipv4_mapped:
        return str(read.ipv4_mapped)
    return f"{IPv6Address(int(read) >> 64 << 64)}/64"
