"""The one way out for requests to addresses that a store has chosen: to public addresses only, and to no other.

Whoever may name a URL could otherwise have the server knock at doors of its own network (server-side request forgery).
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from auth.principals import StoreId

MAX_URL_CHARS = 2_000
MAX_ANSWER_BYTES = 64 * 1024
MAX_CONNECTIONS = 256
# Of one store: when its endpoints hang, they hold up nobody else's.
MAX_PER_STORE = 8
_PIECE_BYTES = 16 * 1024
_LAST_PORT = 65_535

# Everything that is routed is in here; all else is reserved. https://www.iana.org/assignments/ipv6-address-space
_UNICAST = IPv6Network("2000::/3")
# Addresses with an IPv4 address within, which a gateway would unwrap: Teredo and 6to4; the relays of 6to4; and what is
# for documentation only, which Python 3.11 does not know yet (RFC 9637).
_REFUSED = tuple(map(ip_network, ("2001::/32", "2002::/16", "192.88.99.0/24", "3fff::/20")))
# What resolvers of the system take for IPv4, besides four decimals: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)
_LOOPBACK_NAMES = ("localhost", "localhost.")


@dataclass
class UrlRefused(Exception):
    """Nothing is sent to this URL; `reason` is a sentence without it."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass
class Unreachable(Exception):
    """Nobody answered; trying again may help."""

    reason: str


class AnswerTooLong(Exception):
    """The answer has more than MAX_ANSWER_BYTES, and was not read on."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered. A redirect is an answer like any other, and is not followed."""

    status: int
    body: bytes


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether anybody may be sent there: no loopback, private, link-local, shared, multicast or reserved address.

    Forms of IPv6 that carry an IPv4 address are refused, whatever is in them.
    """
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    if isinstance(address, IPv6Address) and (address not in _UNICAST or address.scope_id):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def check(text: str, *, loopback: bool = False) -> URL:
    """Return the URL if it may be called, as far as that can be told without resolving it. Raises UrlRefused.

    `loopback`: let this machine be called, and over http, for whoever develops on it.
    """
    if len(text) > MAX_URL_CHARS or not text.isprintable() or "\\" in text or " " in text:
        raise UrlRefused("This is no URL.")
    try:
        url = URL(text)
        host, port, authority = url.raw_host, url.port, urlsplit(text).netloc
    except ValueError:
        raise UrlRefused("This is no URL.") from None
    if not url.absolute or not host:
        raise UrlRefused("The URL has to begin with https:// and a host.")
    if "@" in authority:
        raise UrlRefused("A URL must not hold a name or password.")
    if "#" in text:
        raise UrlRefused("A URL to call has no fragment.")
    if port is None or not 1 <= port <= _LAST_PORT:
        raise UrlRefused("This is no port.")
    here = _is_loopback(host)
    if url.scheme != "https" and not (url.scheme == "http" and loopback and here):
        raise UrlRefused("Only https is called.")
    if not (loopback and here):
        _require_public_host(host)
    return url


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address.is_loopback if address else host in _LOOPBACK_NAMES


def _require_public_host(host: str) -> None:
    address = _address(host)
    if address is None and (_NUMERIC.fullmatch(host) or ":" in host):
        raise UrlRefused("This is no address that everybody reads alike.")
    if address and not is_public(address):
        raise UrlRefused("This address is not a public one.")
    if address is None and ("." not in host.rstrip(".") or host.rstrip(".").endswith((".localhost", ".local"))):
        raise UrlRefused("This host is not a public one.")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


class PublicResolver(AbstractResolver):
    """Resolves each host once for a connection, and lets it be made only to what was checked.

    A name that means a private address among public ones is refused whole; nobody asks it a second time.
    """

    def __init__(self, resolver: AbstractResolver, *, loopback: bool = False) -> None:
        self._resolver = resolver
        self._loopback = loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host. Raises UrlRefused or OSError."""
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            address = ip_address(one["host"])
            if not (is_public(address) or (self._loopback and host in _LOOPBACK_NAMES and address.is_loopback)):
                raise UrlRefused("This host is not a public one.")
        return found

    async def close(self) -> None:
        """Close the resolver that was given."""
        await self._resolver.close()


class Outgoing:
    """Sends requests to checked URLs. Made by `opened`."""

    def __init__(self, http: aiohttp.ClientSession, *, loopback: bool) -> None:
        self._http = http
        self._loopback = loopback
        # Each is there while somebody waits for it or has it.
        self._shares: WeakValueDictionary[StoreId, asyncio.Semaphore] = WeakValueDictionary()

    async def post(self, text: str, body: bytes, headers: Mapping[str, str], *, of: StoreId, timeout_s: float) -> Reply:
        """Send a POST to an endpoint of a store's, and return the answer.

        `timeout_s` is for all of it, so that an endpoint that drips bytes holds nobody up, and for waiting while
        MAX_PER_STORE requests of the store's are under way. Raises UrlRefused, Unreachable or AnswerTooLong.
        """
        url = check(text, loopback=self._loopback)
        share = self._shares.setdefault(of, asyncio.Semaphore(MAX_PER_STORE))
        try:
            async with (
                asyncio.timeout(timeout_s),
                share,
                self._http.post(url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return Reply(response.status, await _read(response))
        except TimeoutError:
            raise Unreachable("It took too long.") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(type(error).__name__) from error


@asynccontextmanager
async def opened(*, loopback: bool = False, resolver: AbstractResolver | None = None) -> AsyncIterator[Outgoing]:
    """Keep connections for the length of the block. No proxy, no cookies, nothing unpacked, no redirect followed."""
    public = PublicResolver(resolver or aiohttp.ThreadedResolver(), loopback=loopback)
    connector = aiohttp.TCPConnector(resolver=public, use_dns_cache=False, limit=MAX_CONNECTIONS)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "Storeline"},
    ) as http:
        try:
            yield Outgoing(http, loopback=loopback)
        finally:
            await public.close()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    async for piece in response.content.iter_chunked(_PIECE_BYTES):
        read += piece
        if len(read) > MAX_ANSWER_BYTES:
            # The rest stays in the socket, which is closed.
            response.close()
            raise AnswerTooLong
    return bytes(read)
